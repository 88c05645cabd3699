"""Whatever is typed: an answer or one line, an exit code that is documented, no file elsewhere."""

import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path

import odd_calls
import pytest
from bounded import bounded
from macsmith.golden.errors import ToolFailed
from macsmith.tools import processes

from macsmith.cli import main

ROOT = Path(__file__).parent.parent.parent

#: Seconds of computing after which a call hangs, and bytes that none may take more.
LONG, MUCH = 120, 3 << 30


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A place whose home, cache and temporary files are its own; no program is run."""

    def none(command, **_):
        raise ToolFailed("no program is run here")

    for name in ("home", "tmp", "cache"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MACSMITH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(processes, "started", none)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def call(words, capfd):
    """(exit code, stdout, stderr) of a call; raises Hang."""

    with bounded(LONG, MUCH):
        try:
            code = main(words)
        except SystemExit as ended:  # --help, --version
            code = ended.code
    out, err = capfd.readouterr()
    return code, out, err


def around():
    """What lies where a careless path could lead."""
    return {str(path): sorted(os.listdir(path)) for path in ("/", ROOT, ROOT.parent)}


def wrong(words, code, err):
    """What is wrong with an answer, or nothing."""
    lines = [line for line in err.splitlines() if not line.startswith("\u2026")]
    if "Traceback" in err:
        return "traceback"
    if code not in (0, 1, 2, 3, 4):
        return f"exit code {code}"
    if code and words and len(lines) != 1:
        return f"{len(lines)} lines on stderr"
    if code and not lines[0].startswith("macsmith: "):
        return "not our line"
    return None


def tried(seeds, world, monkeypatch, capfd):
    """The calls of these seeds that went wrong, each in a folder of its own."""
    found, before = [], around()
    for seed in seeds:
        folder = world / "above" / "here"
        folder.mkdir(parents=True)
        monkeypatch.chdir(folder)
        words = odd_calls.command(seed, folder)
        try:
            code, _, err = call(words, capfd)
            fault = wrong(words, code, err)
        except Exception as error:
            err, fault = repr(error), type(error).__name__
        if fault:
            found.append((seed, fault, [word[:80] for word in words], err[-300:]))
        if (folder / "mine").exists() and (folder / "mine" / "notes.txt").read_text() != "mine":
            found.append((seed, "changed a file of the user's", words, ""))
        places = {path.name for path in (world / "above").iterdir()}
        if places != {"here"} or os.listdir(world / "home") not in ([], ["x"]):
            found.append((seed, "a file elsewhere", words, str(places)))
        shutil.rmtree(world / "home" / "x", ignore_errors=True)
        monkeypatch.chdir(world)
        shutil.rmtree(world / "above")
    assert around() == before
    assert threading.active_count() == 1 or sys.gettrace()
    return found


@pytest.mark.cases(0)
def test_two_hundred_odd_calls(world, monkeypatch, capfd):
    found = tried(range(200), world, monkeypatch, capfd)
    assert not found, "\n".join(map(str, found))


@pytest.mark.slow
def test_two_thousand_odd_calls(world, monkeypatch, capfd):
    found = tried(range(1000, 3000), world, monkeypatch, capfd)
    assert not found, "\n".join(map(str, found))
