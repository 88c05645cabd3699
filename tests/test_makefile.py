"""The Makefile's .venv: made once, and anew where it is stale. A Python of ours stands for the real
one: it makes a .venv of itself and installs nothing.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYTHON = """#!/bin/sh
case "$*" in
    "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python && echo venv >> calls ;;
    *" pip "*) echo pip >> calls; eval "$INSTALLS" ;;
    *version_info*) cat "$PRINTED" ;;
    *) shift 3; printf '<%s>' "$@" ;;
esac
"""


class Clone:
    """A folder with our Makefile, where a Python of ours stands for the real one."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        for name in ("Makefile", "pyproject.toml", "setup.py"):
            shutil.copy(ROOT / name, folder)
        shutil.copytree(ROOT / "locks", folder / "locks")
        self.python, self.version = folder.parent / "python", folder.parent / "version"
        self.python.write_text(PYTHON, encoding="utf-8")
        self.python.chmod(0o755)
        self.version.write_text("3.11\n", encoding="utf-8")

    def make(self, *words, pip="true", python=None):
        """(exit code, what was done with Python, what was printed) of make."""
        calls = self.folder / "calls"
        calls.unlink(missing_ok=True)
        done = subprocess.run(
            ["make", *words, *([f"PYTHON={python}"] if python else [])],
            cwd=self.folder,
            capture_output=True,
            encoding="utf-8",
            env={"PATH": f"{self.folder.parent / 'path'}:{os.environ['PATH']}", "INSTALLS": pip,
                 "PRINTED": str(self.version)},
        )  # fmt: skip
        done_with = calls.read_text(encoding="utf-8").split() if calls.exists() else []
        return done.returncode, done_with, done.stdout


@pytest.fixture(params=["plain", 'we\'re "odd" $HOME; é #1 (&)'])
def clone(tmp_path, request):
    path = tmp_path / "path"
    path.mkdir()
    (path / "python3.11").symlink_to(tmp_path / "python")
    made = Clone(tmp_path / request.param)
    assert made.make("setup")[:2] == (0, ["venv", "pip", "pip"])
    return made


def test_it_is_made_once(clone):
    assert clone.make("setup")[:2] == (0, [])
    assert clone.make(".venv/tests")[:2] == (0, ["pip"])
    assert clone.make("setup", ".venv/tests")[:2] == (0, [])


def test_its_command_finds_its_python_from_anywhere(clone, tmp_path):
    (tmp_path / "link").symlink_to(clone.folder / ".venv/bin/macsmith")
    words = ["explain", "a b", "$HOME", '"']
    for script in (clone.folder / ".venv/bin/macsmith", tmp_path / "link"):
        done = subprocess.run([script, *words], capture_output=True, encoding="utf-8", check=True)
        assert done.stdout == "".join(f"<{word}>" for word in words)


def anew(clone, why, *words, **how):
    """Whether make says so in one line, makes .venv anew, and is content with it then."""
    code, calls, out = clone.make("setup", *words, **how)
    assert (code, calls) == (0, ["venv", "pip", "pip"])
    assert [line for line in out.splitlines() if "anew" in line] == [
        f".venv {why}: it is made anew"
    ]
    assert clone.make("setup", *words, **how)[:2] == (0, [])


def test_a_moved_folder_makes_it_anew(clone):
    clone.folder = clone.folder.rename(clone.folder.with_name("moved"))
    anew(clone, "is of another folder or Python")


def test_a_copied_folder_makes_it_anew(clone):
    clone.folder = Path(shutil.copytree(clone.folder, clone.folder.with_name("copy")))
    anew(clone, "is of another folder or Python")


def test_another_version_behind_its_link_makes_it_anew(clone):
    clone.version.write_text("3.13\n", encoding="utf-8")
    anew(clone, "is of another folder or Python")


def test_a_python_that_is_gone_makes_it_anew(clone):
    (clone.folder / ".venv/bin/python").unlink()
    anew(clone, "is of another folder or Python")


def test_another_python_is_taken_where_it_is_asked_for(clone, tmp_path):
    other = tmp_path / "other"
    other.write_text(PYTHON.replace('cat "$PRINTED"', "echo 3.12"), encoding="utf-8")
    other.chmod(0o755)
    anew(clone, "is of another Python", python=other)
    assert clone.make("setup")[:2] == (0, [])  # and stays where none is


@pytest.mark.parametrize("target", [".venv/core", ".venv/tests", ".venv/docs"])
def test_what_was_interrupted_is_made_anew(clone, target):
    (clone.folder / target).unlink(missing_ok=True)
    code, calls, _ = clone.make(target, pip='kill -KILL "$PPID"')
    assert code and calls[-1] == "pip"
    anew(clone, "was left half-installed")


def test_nothing_is_lost_where_an_installation_fails(clone):
    assert clone.make(".venv/tests", pip="exit 1")[0] == 2
    assert clone.make("setup")[:2] == (0, [])


def test_neither_help_nor_a_dry_run_takes_it_away(clone):
    clone.version.write_text("3.13\n", encoding="utf-8")
    for words in (["help"], [], ["-n", "setup"]):
        assert clone.make(*words)[:2] == (0, [])
    assert (clone.folder / ".venv/core").exists()


def test_no_recipe_stands_twice():
    """make only warns of it, and takes the last."""
    done = subprocess.run(["make", "-n", "help"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
