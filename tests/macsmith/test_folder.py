"""What is written is whole, and what macsmith did not write is never touched."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from macsmith.golden.errors import DesignError, ToolFailed

from macsmith.folder import check_target, place, write_folder


def files(*names, text="new", tools=("macsmith",)):
    """The files of a folder, with the manifest that lists them."""
    listed = sorted([*names, "manifest.json"])
    manifest = json.dumps({"files": listed, "tools": dict.fromkeys(tools, "0.1.0")})
    return {**{name: f"{text} {name}" for name in names}, "manifest.json": manifest}


def tree(folder):
    """Every path below a folder, with what a file holds and where a link leads."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        else:
            found[name] = path.read_text() if path.is_file() else None
    return found


OLD = files("design.toml", "rtl/a.v", "rtl/only_old.v", "vivado/a.xdc", text="old")
NEW = files("design.toml", "rtl/a.v", "tb/only_new.v")


@pytest.fixture
def out(tmp_path):
    return write_folder(tmp_path / "out", OLD)


def test_force_replaces_what_the_manifest_lists_and_leaves_the_rest(out, tmp_path):
    (out / "rtl" / "a.v").write_text("changed by hand")
    (out / "rtl" / "mine.v").write_text("mine")
    (out / "tb").mkdir()
    (out / "tb" / "build").mkdir()
    (out / "tb" / "build" / "log").write_text("mine")
    (out / "link").symlink_to("/")
    write_folder(out, NEW, force=True)
    kept = {"rtl/mine.v": "mine", "tb/build/log": "mine", "link": "-> /"}
    folders = dict.fromkeys(["rtl", "tb", "tb/build"])
    assert tree(out) == {**folders, **kept, **NEW}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def foreign():
    """What --force refuses -> how the folder becomes so."""

    def manifest(text):
        return lambda out: (out / "manifest.json").write_text(text)

    def listing(*names):
        return manifest(files(*names)["manifest.json"])

    def linked(out):
        (out / "manifest.json").rename(out.parent / "other.json")
        (out / "manifest.json").symlink_to(out.parent / "other.json")

    def linked_folder(out):
        (out / "rtl").rename(out.parent / "rtl")
        (out / "rtl").symlink_to(out.parent / "rtl")

    def a_folder_now(out):
        (out / "rtl" / "a.v").unlink()
        (out / "rtl" / "a.v").mkdir()

    return {
        "no manifest": lambda out: (out / "manifest.json").unlink(),
        "an empty one": manifest(""),
        "another tool's": manifest(files("rtl/a.v", tools=["npm"])["manifest.json"]),
        "a web page's": manifest('{"name": "page", "icons": []}'),
        "a list": manifest('["files", "tools"]'),
        "nested": manifest("[" * 5000),
        "not text": lambda out: (out / "manifest.json").write_bytes(bytes(range(128, 256))),
        "a link": linked,
        "files that are no names": manifest('{"files": [3], "tools": {"macsmith": ""}}'),
        "a file above": listing("../precious"),
        "a file above, below": listing("rtl/../../precious"),
        "an absolute path": listing("/etc/hostname"),
        "nothing": listing(""),
        "a zero byte": listing("a\0b"),
        "a folder": a_folder_now,
        "a folder that is a link": linked_folder,
        "a file in the way": lambda out: (
            (out / "tb").mkdir(),
            (out / "tb/only_new.v").write_text(""),
        ),
    }


@pytest.mark.parametrize("how", foreign())
def test_force_refuses_and_changes_nothing(out, tmp_path, how):
    (tmp_path / "precious").write_text("mine")
    foreign()[how](out)
    before = tree(tmp_path) if how != "not text" else None
    with pytest.raises(DesignError) as error:
        write_folder(out, NEW, force=True)
    assert "\n" not in str(error.value)
    if before is not None:
        assert tree(tmp_path) == before


def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(out, tmp_path):
    (tmp_path / "precious").write_text("mine")
    for name in ("rtl/a.v", "rtl/only_old.v"):
        (out / name).unlink()
        (out / name).symlink_to(tmp_path / "precious")
    write_folder(out, NEW, force=True)
    assert (tmp_path / "precious").read_text() == "mine"
    assert (out / "rtl" / "a.v").read_text() == NEW["rtl/a.v"]
    assert not os.path.lexists(out / "rtl" / "only_old.v")


def test_a_link_to_a_folder_is_followed_and_stays(out, tmp_path):
    (tmp_path / "link").symlink_to("out")
    assert write_folder(tmp_path / "link", NEW, force=True) == out
    assert tree(tmp_path)["link"] == "-> out" and (out / "tb" / "only_new.v").exists()


def test_what_cannot_be_read_back_is_not_installed(out, tmp_path, monkeypatch):
    def unreadable(folder):
        assert (folder / "rtl" / "a.v").read_text() == NEW["rtl/a.v"]
        raise ToolFailed("syntax error")

    before = tree(tmp_path)
    with pytest.raises(ToolFailed, match="syntax error"):
        write_folder(out, NEW, force=True, check=unreadable)
    assert tree(tmp_path) == before

    real = Path.write_text

    def short(self, text, **options):
        return real(self, text[: len(text) // 2], **options)

    monkeypatch.setattr(Path, "write_text", short)
    with pytest.raises(ToolFailed, match="not written whole"):
        write_folder(out, NEW, force=True)
    assert tree(tmp_path) == before


KILLED = """
import os, signal, sys
from pathlib import Path
import macsmith.folder as folder
sys.path.insert(0, sys.argv[1])
count = int(sys.argv[3])
def killing(real):
    def wrapped(*rest, **options):
        global count
        count -= 1
        if not count:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*rest, **options)
    return wrapped
for name in ("rename", "replace", "unlink", "write_text"):
    setattr(Path, name, killing(getattr(Path, name)))
import test_folder
folder.write_folder(Path(sys.argv[2]), test_folder.NEW, force=True)
"""


@pytest.mark.parametrize("count", range(1, 14))
def test_a_killed_replacement_is_ended_or_undone_by_the_next(out, tmp_path, count):
    """Killed at each of its steps: the old files with the old manifest, or the new ones."""
    (out / "mine").write_text("mine")
    words = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(out), str(count)]
    status = subprocess.run(words, stderr=subprocess.DEVNULL).returncode
    assert status in (0, -signal.SIGKILL)
    check_target(out, force=True)
    found = {name: text for name, text in tree(out).items() if text is not None}
    assert found in ({**OLD, "mine": "mine"}, {**NEW, "mine": "mine"})
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_interrupted_replacement_is_ended(out, tmp_path, monkeypatch):
    real, calls = Path.replace, []

    def interrupted(self, target):
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_folder(out, NEW, force=True)
    assert {name: text for name, text in tree(out).items() if text is not None} == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_looks_like_ours_is_left_alone(out, tmp_path):
    """Beside the output: of a living process, or of another name."""
    names = [".out.x1234567", ".out.macsmith-1", f".out.macsmith-{os.getpid()}-abcdefgh"]
    for name in names:
        (tmp_path / name).mkdir()
    write_folder(out, NEW, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "out"])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("~nobody-of-this-name/x", "home"),
        ("loop/x", "loop|levels of symbolic links"),
        ("loop", "loop|levels of symbolic links"),
        ("a" * 300, "File name too long"),
        ("a/" * 3000, "File name too long"),
        ("zero\0byte", "null"),
    ],
)
def test_a_path_that_cannot_be_is_one_line(tmp_path, monkeypatch, path, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(DesignError, match=message) as error:
        check_target(Path(path), force=True)
    assert "\n" not in str(error.value) and len(str(error.value)) < 250


def test_the_home_of_somebody_who_has_none(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "missing"))
    with pytest.raises(DesignError, match="there is no home folder ~"):
        place(Path("~/x"))


def test_a_pipe_is_no_folder(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DesignError, match="pipe is no folder"):
        check_target(tmp_path / "pipe", force=True)
