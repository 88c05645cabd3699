"""A kept folder that is not as it was sealed is not believed."""

import os
import random

import pytest
from macsmith.tools import digests


@pytest.fixture
def entry(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "core.v").write_text("module m; endmodule\n" * 20)
    (tmp_path / "deep" / "run").write_bytes(bytes(range(256)))
    digests.seal(tmp_path)
    return tmp_path


def damages():
    """name -> what it does to a file."""
    noise = random.Random(1).randbytes(300)
    return {
        "half": lambda path: os.truncate(path, path.stat().st_size // 2),
        "empty": lambda path: os.truncate(path, 0),
        "noise": lambda path: path.write_bytes(noise),
        "longer": lambda path: path.write_bytes(path.read_bytes() + b" "),
        "gone": lambda path: path.unlink(),
        "folder": lambda path: (path.unlink(), path.mkdir()),
        "one bit": lambda path: path.write_bytes(
            path.read_bytes()[:70] + bytes([path.read_bytes()[70] ^ 1]) + path.read_bytes()[71:]
        ),
    }


def test_a_sealed_folder_is_intact(entry, capsys):
    assert digests.intact(entry)
    (entry / "log").write_text("later")
    assert digests.intact(entry) and capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["core.v", "deep/run", digests.INDEX])
@pytest.mark.parametrize("damage", damages())
def test_damage_is_seen_and_told_in_one_line(entry, capsys, name, damage):
    whole = (entry / digests.INDEX).read_bytes()
    damages()[damage](entry / name)
    same = damage == "longer" and name == digests.INDEX  # white space after JSON says nothing
    assert digests.intact(entry) is same
    told = capsys.readouterr().err.splitlines()
    silent = same or (damage == "gone" and name == digests.INDEX)  # never ended, not damaged
    assert len(told) == (0 if silent else 1) and whole
    assert all(str(entry) in line and "made anew" in line for line in told)


@pytest.mark.parametrize("text", ["[]", "3", "{", '{"core.v": 3}', "[" * 5000, '"core.v"'])
def test_an_index_that_is_none(entry, text, capsys):
    (entry / digests.INDEX).write_text(text)
    assert not digests.intact(entry)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_no_entry_is_not_intact_and_no_news(tmp_path, capsys):
    assert not digests.intact(tmp_path / "missing")
    (tmp_path / "file").write_text("")
    assert not digests.intact(tmp_path / "file") and capsys.readouterr().err == ""
