"""Work folders are gone when their work is, and only those."""

import os
import signal
import subprocess
import sys

import pytest
from macsmith.golden.errors import ToolFailed
from macsmith.tools import work


@pytest.fixture(autouse=True)
def root(monkeypatch, tmp_path):
    monkeypatch.setenv("MACSMITH_CACHE", str(tmp_path))
    work._sweep.cache_clear()
    return tmp_path


def left(root):
    return sorted(path.name for path in (root / "work").iterdir())


def test_a_folder_is_gone_at_the_end(root):
    with work.folder("a") as path:
        (path / "file").write_text("x")
        assert path.parent == root / "work" and left(root) == [path.name]
    assert left(root) == []
    with pytest.raises(KeyboardInterrupt), work.folder("a"):
        raise KeyboardInterrupt
    assert left(root) == []


def test_a_folder_that_is_renamed_stays(root):
    with work.folder("a") as path:
        (path / "file").write_text("x")
        path.rename(root / "kept")
    assert (root / "kept" / "file").read_text() == "x" and left(root) == []


def test_what_a_tool_leaves_is_kept_once_and_named(root):
    for text in ("first", "second"):
        failed = root / "sim" / "a.failed"
        with pytest.raises(ToolFailed) as error, work.folder("a", failed) as path:
            (path / "log").write_text(text)
            raise ToolFailed(f"no (log: {path / 'log'})")
        assert str(error.value) == f"no (log: {failed / 'log'})"
        assert (failed / "log").read_text() == text and left(root) == []


KILLED = """
import os, signal
from macsmith.tools import work
with work.folder("a") as path:
    (path / "file").write_text("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed():
    """Leave the folder of a process that is killed; its number."""
    with subprocess.Popen([sys.executable, "-c", KILLED]) as process:
        assert process.wait() == -signal.SIGKILL
    return process.pid


def test_the_next_process_removes_what_a_killed_one_left(root):
    dead = killed()
    assert [name.startswith(f"a.{dead}-") for name in left(root)] == [True]
    with work.folder("b") as path:
        assert left(root) == [path.name]


def test_nothing_else_is_removed(root):
    """Those of living processes, here or elsewhere, and what has another name."""
    dead = killed()
    for name in ("mine", f"a.{dead}", f"a.{dead}-x", f"a.{os.getpid()}-abcdefgh", "a.1-abcdefgh"):
        (root / "work" / name).mkdir()
    (root / "work" / f"file.{dead}-abcdefgh").write_text("mine")
    (root / "work" / f"link.{dead}-abcdefgh").symlink_to(root)
    (root / "work" / f"a.{10**30}-abcdefgh").mkdir()
    elsewhere = root / "work" / f"a.{dead}-elsewher"
    elsewhere.mkdir()
    before = set(left(root))
    held = os.open(elsewhere, os.O_RDONLY)
    try:
        import fcntl

        fcntl.flock(held, fcntl.LOCK_EX)
        with work.folder("b") as path:
            after = set(left(root)) - {path.name}
    finally:
        os.close(held)
    gone = before - after
    # The killed process's own, and one of a number that no process can have.
    assert {name.split(".")[1].split("-")[0] for name in gone} == {str(dead), str(10**30)}
    assert elsewhere.name in after and len(gone) == 2


def test_a_folder_is_held_against_machines_that_share_it(root):
    with work.folder("a") as path:
        assert not work.abandoned(path, killed())
