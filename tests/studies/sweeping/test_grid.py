"""Grids are every combination of their lists, once; wrong ones are told with their number."""

import pytest
from macsmith.golden.errors import DesignError
from macsmith.studies.sweeping.grid import Point, points

from macsmith import Options, design


def grid(folder, text):
    (folder / "g.toml").write_text(text, encoding="utf-8")
    return points(folder / "g.toml")


def test_every_combination_stands_once(tmp_path):
    found = grid(
        tmp_path,
        """
[[grid]]
weight = ["int2", "int4"]
activation = "int8"
shape = ["1x1x16", "4x4x4"]
board = ["u280", "ulx3s-85"]

[[grid]]
design = ["w4a8", "int4xint8"]
shape = "4x4x4"
policy = "lut"
relu = true
""",
    )
    assert len(found) == len(set(found)) == 2 * 2 * 2 + 2
    sides = (("cols", 4), ("lanes", 4), ("rows", 4))
    assert found[0] == Point("int2xint8", "u280", (("cols", 1), ("lanes", 16), ("rows", 1)))
    assert Point("int4xint8", "ulx3s-85", sides) in found
    assert found[-1].words == (
        "int4xint8 --board u280 --cols 4 --lanes 4 --policy lut --relu --rows 4"
    )
    twice = '[[grid]]\ndesign = ["w4a8", "w4a8"]\n[[grid]]\ndesign = "w4a8"'
    assert grid(tmp_path, twice) == [Point("w4a8", "u280")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must have \\[\\[grid\\]\\]"),
        ("grid = 1", "must have"),
        ("grid = [1]", "grid 1: a grid is a table"),
        ("[[grid]]\n[other]", "nothing else"),
        ("[[grid]]\nlanes = 4", "grid 1: give design, or weight and activation"),
        ('[[grid]]\nweight = "int4"', "weight and activation, both"),
        ('[[grid]]\ndesign = "a"\nweight = "int4"\nactivation = "int4"', "give design, or weight"),
        ('[[grid]]\ndesign = "a"\nshape = "4x4"', "a shape is ROWSxCOLSxLANES"),
        ('[[grid]]\ndesign = "a"\nshape = "4x4x4"\nrows = 1', "give shape, or rows"),
        ('[[grid]]\ndesign = "a"\nrow = 1', "unknown key of a grid 'row'; close ones: rows"),
        ('[[grid]]\ndesign = "a"\nlanes = []', "lanes is empty"),
        ('[[grid]]\ndesign = "a"\nlanes = [[1]]', "whole numbers, got \\[1\\]"),
        ('[[grid]]\ndesign = "a"\nlanes = 1.5', "got 1.5"),
        ("[[grid]]\ndesign = 3", "got 3"),
        ('[[grid]]\ndesign = "a"\n[[grid]]\ndesign = "a"\nboard = "u281"', "grid 2: unknown board"),
        ("[[grid", "g.toml: not valid TOML: Expected"),
    ],
)
def test_a_wrong_grid_is_told(tmp_path, text, message):
    with pytest.raises(DesignError, match=message):
        grid(tmp_path, text)


def test_a_grid_that_nobody_waits_for_is_refused(tmp_path):
    lists = "\n".join(f"{name} = {list(range(1, 120))}" for name in ("rows", "cols", "lanes"))
    with pytest.raises(DesignError, match="1,685,159 designs are more than 1,000,000"):
        grid(tmp_path, f'[[grid]]\ndesign = "a"\n{lists}')
    with pytest.raises(DesignError, match="cannot read .*none.toml: No such file or directory$"):
        points(tmp_path / "none.toml")


def test_a_number_may_be_left_to_the_plan(tmp_path):
    text = '[[grid]]\ndesign = "int2xint8"\npipeline = [1, "auto"]\ndie_crossings = [0, 1]'
    found = grid(tmp_path, text)
    assert [p.words.partition("u280 ")[2] for p in found] == [
        "--die-crossings 0 --pipeline 1",
        "--die-crossings 1 --pipeline 1",
        "--die-crossings 0 --pipeline auto",
        "--die-crossings 1 --pipeline auto",
    ]
    levels = [design(p.design, Options(**dict(p.options))).build.pipeline for p in found]
    assert levels == [1, 1, "auto", "auto"]
