"""Arguments of the library's functions that are nothing of the kind: an error that says so."""

from dataclasses import fields

import pytest
from fuzzed import refused_or
from macsmith.golden import ROW, Level, Operand, Plane, block, group, lookup
from macsmith.hw.catalogue import hardware

from macsmith import Options, design, from_toml, generate, load, to_toml

ODD = (0, -1, 1.5, 10**9, 10**30, float("nan"), True, "", "odd", "4", "x" * 5000, b"4", [], [1], {},
       (), (1, 2), ("a", "b"), object(), lookup("int4"), lookup)  # fmt: skip


@pytest.mark.parametrize("name", [field.name for field in fields(Options)])
def test_options(name):
    for value in ODD:
        refused_or(lambda v=value: hardware(design("w4a8", Options(**{name: v}))))


def test_names_of_designs():
    for value in (*ODD, None):
        refused_or(lambda v=value: design(v))
        refused_or(lambda v=value: lookup(v))


def test_spans():
    for value in (*ODD, None):
        refused_or(lambda v=value: group(v))
        refused_or(lambda v=value: block(v, 4))
        refused_or(lambda v=value: block(4, v))


def test_texts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for value in ("", "a", "\0", "[" * 5000, "é", "\ud800"):
        refused_or(lambda v=value: from_toml(v))
    for value in ("", "\0", ".", "x" * 5000, "\ud800", "a/b.toml"):
        refused_or(lambda v=value: load(tmp_path / v))


def test_what_is_generated(tmp_path, monkeypatch):
    """Refused before there is a folder."""
    small = design("int2xint2", Options(rows=1, cols=1, lanes=1))
    for more in ({"tiles": 0}, {"tiles": -1}, {"seed": -1}, {"megahertz": 0},
                 {"megahertz": float("nan")}, {"megahertz": float("inf")}):  # fmt: skip
        refused_or(lambda m=more: generate(small, tmp_path / "out", **m))
        assert not (tmp_path / "out").exists()


def test_what_is_written_is_read_again():
    operand = Operand((Plane(lookup("int4"), (Level(lookup("fp16"), ROW),)),))
    assert operand.levels[0].span == ROW
    for name in ("w4a8", "ifairy", "gguf_q4_k", "hadamard"):
        found = design(name)
        assert from_toml(to_toml(found)) == found
