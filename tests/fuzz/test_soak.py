"""Commands side by side in one folder, killed at random: what is left works as if nothing was."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter

import pytest
from programs import alive

SMALL = ["--rows", "1", "--cols", "1", "--lanes", "1"]
LIGHT = [
    ["explain", "w4a8", "--json"],
    ["explain", "int2xint2", *SMALL, "--svg", "picture.svg"],
    ["list", "roundings"],
    ["generate", "int2xint2", *SMALL, "--force", "-o", "one"],
    ["generate", "int3xint2", *SMALL, "--force", "-o", "one"],
    ["generate", "int2xint2", *SMALL, "--force", "-o", "deep/two"],
]
VERIFY = ["verify", "int2xint2", *SMALL, "--tiles", "3", "--json"]
SYNTH = ["synth", "int2xint2", *SMALL, "--no-verify", "--force", "-o", "report", "--json"]

#: A command ends by itself, by one of our signals, or finds its folder taken by another one.
ENDS = {0, 2, 128 + signal.SIGTERM, 128 + signal.SIGINT, -signal.SIGKILL, -signal.SIGTERM,
        -signal.SIGINT}  # fmt: skip

#: What differs from run to run.
TIMES = ("seconds",)


#: Where our own code stands in a traceback, but for what runs before the command line does.
OURS = re.compile(r'File "[^"]*/(?:macsmith|golden|hw|sim|tools|boards)/(?!__init__|__main__)')


def too_early(code, err):
    """Whether Ctrl-C came while Python itself began, before any of our code could tell of it."""
    return code != 0 and "KeyboardInterrupt" in err and not OURS.search(err)


def started(words, folder, mark):
    environment = {**os.environ, "MACSMITH_CACHE": str(folder / "cache"), "MARK": mark}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "macsmith", *words],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def soaked(folder, lines, chance, width=2):
    """Run ``lines``, ``width`` at a time; two in three get a signal at some moment."""
    mark, waiting, running, ends = uuid.uuid4().hex, list(lines), [], []
    while waiting or running:
        while waiting and len(running) < width:
            words = waiting.pop(0)
            late = chance.choice(
                (0.3, 1.0, 2.0, 4.0, 10.0 if words[0] in ("verify", "synth") else 3.0)
            )
            when = time.monotonic() + chance.random() * late if chance.random() < 0.67 else None
            number = chance.choice((signal.SIGTERM, signal.SIGKILL, signal.SIGINT))
            running.append([started(words, folder, mark), words, when, number])
        for item in list(running):
            process, words, when, number = item
            if when is not None and time.monotonic() >= when:
                process.send_signal(number)
                item[2] = None
            if process.poll() is not None:
                out, err = process.communicate()
                ends.append((words, process.returncode, err))
                running.remove(item)
        time.sleep(0.01)
    deadline = time.monotonic() + 100
    while alive(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(mark), "a process is left"
    return ends


def done(words, folder):
    """What a command that nobody disturbs prints, without times."""
    process = started(words, folder, "none")
    out, err = process.communicate()
    assert process.returncode == 0, (words, err)
    if "--json" not in words:
        return out
    return {key: value for key, value in json.loads(out).items() if key not in TIMES}


def files(folder):
    """What lies in a folder but for the cache, by path; reports without times."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("cache/"):
            text = path.read_bytes()
            if path.name == "report.json":
                report = json.loads(text)
                text = json.dumps({k: v for k, v in report.items() if k not in TIMES}).encode()
            found[name] = text
    return found


def odd(folder):
    """Files and folders that are none of the results: hidden ones, and work under way."""
    hidden = [path.name for path in folder.rglob(".*")]
    return hidden + [path.name for path in folder.glob("cache/work/*")]


def checked(folder, count, kinds, seed):
    chance = random.Random(seed)
    soak, clean = folder / "soak", folder / "clean"
    for place in (soak, clean):
        place.mkdir()
    lines = [chance.choice(kinds) for _ in range(count)]
    ends = soaked(soak, lines, chance)
    print(Counter(code for _, code, _ in ends))  # what a failure shows
    for words, code, err in ends:
        if too_early(code, err):
            continue
        assert code in ENDS and "Traceback" not in err, (words, code, err[-2000:])
        said = [line for line in err.splitlines() if line.startswith("macsmith: ")]
        assert code <= 0 or len(said) >= 1, (words, code, err)
    for words in [line for number, line in enumerate(kinds) if line in lines]:
        assert done(words, soak) == done(words, clean), words
    assert files(soak) == files(clean)
    assert odd(soak) == odd(clean) == []
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.cases(0)
def test_twelve_commands(tmp_path):
    checked(tmp_path, 12, LIGHT[1:4], seed=1)


@pytest.mark.slow
def test_two_hundred_commands(build_folder):
    checked(build_folder, 200, [*LIGHT * 4, *[VERIFY] * 2, SYNTH], seed=2)
