"""What is kept is made once; what is damaged is made anew."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from macsmith.golden.errors import ToolFailed
from macsmith.tools import cache


@pytest.fixture
def root(monkeypatch, tmp_path):
    monkeypatch.setenv("MACSMITH_CACHE", str(tmp_path))
    return tmp_path


def maker(made, text="whole"):
    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "file").write_text(text)

    return make


@pytest.mark.parametrize("text", ["who", "", "whole and more", "elohw"])
def test_a_kept_folder_is_made_once_and_anew_when_damaged(root, capsys, text):
    made, target = [], root / "sim" / "ab12"
    for _ in range(2):
        assert cache.kept(target, maker(made)) == target
    assert len(made) == 1 and capsys.readouterr().err == ""
    (target / "file").write_text(text)
    for _ in range(2):
        cache.kept(target, maker(made))
        assert (target / "file").read_text() == "whole"
    assert len(made) == 2 and len(capsys.readouterr().err.splitlines()) == 1
    assert list((root / "work").iterdir()) == []


def test_the_first_of_two_makers_wins(root):
    target = root / "sim" / "ab12"

    def late(folder):
        cache.kept(target, maker([], "first"))
        (folder / "file").write_text("second")

    cache.kept(target, late)
    assert (target / "file").read_text() == "first"


def test_a_failure_is_kept_apart(root):
    def fail(folder):
        raise ToolFailed(f"no (log: {folder / 'log'})")

    with pytest.raises(ToolFailed, match=r"ab12\.failed"):
        cache.kept(root / "sim" / "ab12", fail)
    assert not (root / "sim" / "ab12").exists()


def test_a_folder_without_room_is_named(tmp_path):
    """A limit of file size does what a full disk does."""
    program = f"""
import resource
from pathlib import Path
from macsmith.tools import cache
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
cache.kept(Path({str(tmp_path)!r}) / "sim" / "a", lambda f: (f / "x").write_text("x" * 5000))
"""
    environment = {**os.environ, "MACSMITH_CACHE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, env=environment
    )
    last = done.stderr.splitlines()[-1]
    assert (
        f"cannot write below {tmp_path}: File too large; make room, or set MACSMITH_CACHE" in last
    )
    assert list((tmp_path / "work").iterdir()) == [] and not (tmp_path / "sim").exists()
