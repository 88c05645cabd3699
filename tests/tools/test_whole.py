"""Files that appear by one rename, and what a process that was killed left of one."""

import os
import subprocess
import sys

import pytest
from macsmith.tools import whole

#: Is killed with all written and nothing renamed.
KILLED = """
import os, pathlib, sys
from macsmith.tools import whole
os.replace = lambda *_: os.kill(os.getpid(), 9)
whole.write(pathlib.Path(sys.argv[1]), b"half")
"""


def test_a_file_is_replaced_and_has_usual_permissions(tmp_path):
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    whole.write(target, b"new")
    assert target.read_bytes() == b"new" and os.listdir(tmp_path) == ["a.txt"]
    assert target.stat().st_mode & 0o777 == 0o666 & ~whole._umask()
    whole.write(target, b"new", 0o600)
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_failure_leaves_the_old_one(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("no")

    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no"):
        whole.write(target, b"new")
    assert target.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.txt"]


def test_the_next_clears_up_after_a_killed_one(tmp_path):
    target = tmp_path / "a.txt"
    done = subprocess.run([sys.executable, "-c", KILLED, str(target)])
    [left] = os.listdir(tmp_path)
    assert done.returncode == -9 and left.startswith(".new-a.txt.")
    (tmp_path / f".new-a.txt.{os.getpid()}-abcdefgh").write_bytes(b"ours, alive")
    (tmp_path / ".new-mine").write_bytes(b"the user's")
    whole.write(target, b"new")
    found = sorted(os.listdir(tmp_path))
    assert found == [f".new-a.txt.{os.getpid()}-abcdefgh", ".new-mine", "a.txt"]


def test_a_long_name_has_room(tmp_path):
    whole.write(tmp_path / ("é" * 120), b"new")
    assert len(os.listdir(tmp_path)) == 1
