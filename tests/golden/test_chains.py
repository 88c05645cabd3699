"""Chains as TOML, and back."""

import re
from dataclasses import replace

import pytest
from macsmith.golden import Build, DesignError, Engine, from_toml, load, lookup, raw, to_toml
from macsmith.golden.description.build import Target
from macsmith.golden.description.chain import Chain
from macsmith.golden.units import Hadamard

TURNED = Hadamard(name="turned", points=16, lanes=4, vectors=4)
PRODUCT = Engine("product", (raw("int4", "int12"),), Build(1, 4, 4))
PLAIN = Chain(name="c", parts=(TURNED, PRODUCT))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"lengths": (32,)},
        {"into": ("weight",)},
        {"build": Target(interface="axis")},
        {"parts": (TURNED, PRODUCT, replace(TURNED, name="again"))},
    ],
)
def test_a_chain_comes_back(change):
    chain = replace(PLAIN, **change)
    text = to_toml(chain)
    assert from_toml(text) == chain
    for key in ("lengths", "into", "build"):
        assert (re.search(f"^(\\[)?{key}", text, re.MULTILINE) is not None) == (key in change)


def test_parts_are_tables_files_and_names(tmp_path):
    (tmp_path / "turned.toml").write_text(to_toml(TURNED), encoding="utf-8")
    (tmp_path / "c.toml").write_text('name = "c"\nchain = ["turned.toml", "p"]', encoding="utf-8")
    assert load(tmp_path / "c.toml", {"p": PRODUCT}.__getitem__) == PLAIN


@pytest.mark.parametrize(
    "text, message",
    [
        ('name = "c"\nchain = "a.toml"', "chain must be a list of designs, got 'a.toml'"),
        ('name = "c"\nchain = ["p", "q"]', "part is a table or a TOML file here, got 'p'"),
        ("chain = []", "chain needs the key 'name'"),
        ('name = "c"\nchain = []', "a chain has two parts at least, got 0"),
        ('name = "c"\nlanes = 3\nchain = []', "unknown key in chain 'lanes'"),
        ('name = "c"\nlength = [3]\nchain = []', "close ones: lengths"),
        ('name = "c"\nlengths = 3\nchain = []', "lengths must be a list, got 3"),
        ('name = "c"\nbuild = 3\nchain = []', "build must be a table, got 3"),
    ],
)
def test_what_is_no_chain(text, message):
    with pytest.raises(DesignError, match=re.escape(message)):
        from_toml(text)


def test_a_file_is_no_part_of_itself(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text('name = "c"\nchain = ["c.toml", "d.toml"]', encoding="utf-8")
    with pytest.raises(DesignError, match="is a part of itself: name another design"):
        load(path)
    path.write_text(to_toml(PLAIN), encoding="utf-8")
    assert load(path) == PLAIN == load(path), "each time anew"


def test_a_scale_is_of_a_format_that_a_description_names():
    engine = Engine("e", (raw("int4", "e3m3b5_ieee"),), Build(1, 1, 1))
    assert from_toml(to_toml(engine)) == engine
    assert lookup("e3m3b5_ieee").name in to_toml(engine)


@pytest.mark.parametrize(
    "field, message",
    [
        ("points = true", "points must be of type int, got True"),
        ("points = 16.0", "points must be of type int, got 16.0"),
        ('points = "16"', "points must be of type int, got '16'"),
        ("normalize = 1", "normalize must be of type str, got 1"),
        ("format = 8", "format must be a format's name or a table with a family, got 8"),
        ("format = { bits = 8 }", "format must be a format's name or a table with a family, got"),
    ],
)
def test_what_a_field_of_a_unit_cannot_be(field, message):
    with pytest.raises(DesignError, match=re.escape(message)):
        from_toml(f'unit = "hadamard"\nname = "h"\n{field}')


def test_a_field_without_a_default_is_needed():
    with pytest.raises(DesignError, match="needs the key 'name'"):
        from_toml('unit = "hadamard"')
