"""Entries appear whole or not at all."""

import json
import os
from pathlib import Path

import pytest
from macsmith.golden.errors import ToolFailed
from macsmith.tools import cache


@pytest.fixture(autouse=True)
def here(monkeypatch, tmp_path):
    monkeypatch.setenv("MACSMITH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "mapped.v"
    path.write_text("module m;")
    return path


def test_root_follows_the_environment(monkeypatch, tmp_path):
    assert cache.root() == tmp_path / "cache"
    monkeypatch.setenv("MACSMITH_CACHE", "")
    assert cache.root() == Path("build/cache")
    monkeypatch.delenv("MACSMITH_CACHE")
    assert cache.root() == Path("build/cache")


def test_keys_tell_lists_of_parts_apart():
    assert cache.key("a", "b") == cache.key("a", "b")
    assert len({cache.key("ab"), cache.key("a", "b"), cache.key("a", "", "b")}) == 3


def test_store_and_load(file):
    assert cache.load("synth", "k") is None
    folder = cache.store("synth", "k", {"n": 1}, iter([file]))
    assert cache.load("synth", "k") == (folder, {"n": 1, "files": ["mapped.v"]})
    assert (folder / "mapped.v").read_text() == "module m;"
    assert [p.name for p in folder.parent.iterdir()] == ["k"], "nothing temporary is left"


@pytest.mark.parametrize("name", ["entry.json", "mapped.v", "digests.json"])
@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"files": ["gone.v"]}', '{"n": 1, "files": []}', "module", "\x93"]
)
def test_a_damaged_entry_counts_as_none_and_is_replaced(file, name, damage):
    folder = cache.store("synth", "k", {"n": 1}, [file])
    (folder / name).write_text(damage, encoding="latin-1")
    assert cache.load("synth", "k") is None
    cache.store("synth", "k", {"n": 2}, [file])
    assert cache.load("synth", "k")[1]["n"] == 2


def test_an_entry_is_measured_once(file):
    asked = []

    def measure(folder):
        asked.append(folder)
        return {"n": 3}, [file]

    first = cache.entry("synth", "k", measure)
    assert first == cache.entry("synth", "k", measure) == cache.load("synth", "k")
    assert first[1]["n"] == 3 and len(asked) == 1 and not asked[0].exists()


def test_what_a_failed_measurement_leaves_is_kept(tmp_path):
    def measure(folder):
        (folder / "a.log").write_text("why")
        raise ToolFailed(f"see {folder / 'a.log'}")

    with pytest.raises(ToolFailed) as caught:
        cache.entry("route", "k", measure)
    failed = tmp_path / "cache" / "route" / "k.failed"
    assert str(caught.value) == f"see {failed / 'a.log'}"
    assert (failed / "a.log").read_text() == "why" and cache.load("route", "k") is None


def test_the_first_of_two_makers_wins(file):
    cache.store("synth", "k", {"n": 1}, [file])
    cache.store("synth", "k", {"n": 2}, [file])
    assert cache.load("synth", "k")[1]["n"] == 1


def test_interrupted_storing_leaves_nothing(monkeypatch, file):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(json, "dumps", stop)
    with pytest.raises(KeyboardInterrupt):
        cache.store("synth", "k", {"n": 1}, [file])
    assert [path.name for path in cache.root().iterdir()] == ["work"]
    assert list((cache.root() / "work").iterdir()) == []


def test_a_folder_that_cannot_be_replaced_is_an_error(monkeypatch, file):
    def refuse(*_):
        raise PermissionError("no")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        cache.store("synth", "k", {}, [file])


def test_interrupted_copying_leaves_the_old_file(monkeypatch, file, tmp_path):
    target = tmp_path / "out" / "mapped.v"
    cache.copy(file, target)
    file.write_text("other")
    real, written = os.replace, []
    monkeypatch.setattr(os, "replace", lambda a, b: written.append(Path(a)) or real(a, b))
    cache.copy(file, target)
    assert target.read_text() == "other"
    assert len(written) == 1 and target not in written
    file.write_text("third")

    def half(name, target):
        Path(name).write_text("oth")
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", half)
    with pytest.raises(KeyboardInterrupt):
        cache.copy(file, target)
    assert target.read_text() == "other"
    assert [p.name for p in target.parent.iterdir()] == ["mapped.v"]
