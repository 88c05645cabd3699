"""Programs end when we end: their children too, whatever ends us."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from macsmith.golden.errors import ToolFailed
from macsmith.tools import processes

#: A shell whose child has a child of its own, none of which ends by itself.
TREE = ["sh", "-c", "sh -c 'sleep 1000 & sleep 1000' & sleep 1000"]

#: A process that runs TREE as we do, and says when it does.
US = f"""
import sys
from macsmith.tools import processes
with processes.started({TREE!r}) as process:
    print(process.pid, flush=True)
    process.wait()
"""


def session(leader: int) -> list[int]:
    """The processes of a session that live, from the kernel's own list."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, number = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(number) == leader and state != "Z":
            found.append(int(folder.name))
    return found


def wait_for(condition) -> bool:
    """Whether it becomes true; a loaded machine may take its time."""
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_no_child_outlives_a_signal(number):
    with subprocess.Popen(
        [sys.executable, "-c", US], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as us:
        leader = int(us.stdout.readline())
        # The supervisor, three shells or fewer (some exec their last command), three sleeps.
        assert wait_for(lambda: len(session(leader)) >= 5)
        us.send_signal(number)
    assert wait_for(lambda: not session(leader))


def test_no_child_outlives_an_exception():
    with pytest.raises(RuntimeError), processes.started(TREE) as process:
        assert wait_for(lambda: len(session(process.pid)) >= 5)
        raise RuntimeError
    assert wait_for(lambda: not session(process.pid))


def test_what_a_program_leaves_running_ends_with_it():
    with processes.started(["sh", "-c", "sleep 1000 & exit 3"]) as process:
        assert process.wait() == 3
    assert wait_for(lambda: not session(process.pid))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_the_end_of_a_program_is_told_as_it_was(number):
    with processes.started(["sh", "-c", f"kill -{int(number)} $$"]) as process:
        assert process.wait() == -number


def test_no_pipe_stays_open_that_nobody_read():
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with processes.started(
        ["sh", "-c", "echo said; exec sleep 1000"], text=True, **pipes
    ) as process:
        assert wait_for(lambda: len(session(process.pid)) >= 2)
    assert all(getattr(process, name).closed for name in pipes)


def test_a_program_that_is_not_there():
    with processes.started(["/nowhere/at-all"], stderr=subprocess.PIPE, text=True) as process:
        _, said = process.communicate()
    assert (
        process.returncode == 127 and said == "error: /nowhere/at-all: No such file or directory\n"
    )


def test_programs_do_not_inherit_what_python_ignores():
    """A writer to a pipe that nobody reads ends, as it does in a shell."""
    words = ["sh", "-c", "yes | true; (yes; echo $? >&2) | true"]
    with processes.started(words, stderr=subprocess.PIPE, text=True) as process:
        _, said = process.communicate()
    assert said.strip() == str(128 + signal.SIGPIPE)


def test_a_full_disk_is_named_instead_of_what_a_program_says(tmp_path, monkeypatch):
    text = "yosys failed: ERROR: syntax error in core.il"
    assert str(processes.failure(text, tmp_path)) == text
    said = "ld: final link failed: No space left on device"
    with pytest.raises(ToolFailed, match=f"^cannot write below {tmp_path}: No space left"):
        raise processes.failure(text, tmp_path, said)
    monkeypatch.setenv("MACSMITH_CACHE", str(tmp_path))
    assert "set MACSMITH_CACHE to another" in str(processes.failure(text, tmp_path / "sim", said))


@pytest.mark.skipif(not os.path.exists("/dev/shm"), reason="needs a file system in memory")
def test_room_is_tried(tmp_path):
    assert processes.full(tmp_path) is None
    assert processes.full(tmp_path / "missing") == "No such file or directory"
