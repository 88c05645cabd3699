"""How many levels of adders stand between two registers, where ``auto`` says it."""

from dataclasses import replace

import pytest
from macsmith.golden.description.serialize import from_toml, to_toml
from macsmith.hw.engine.planner import plan
from macsmith.hw.plan.depth import demand
from macsmith.hw.text.emit import emit

from macsmith import Options, design, explain, verify


def array(pair, shape, **more):
    rows, cols, lanes = map(int, shape.split("x"))
    return design(pair, Options(rows=rows, cols=cols, lanes=lanes, **more))


def estimated(pair, shape, levels):
    return demand(plan(array(pair, shape, pipeline=levels)))


#: What yosys 0.69 counts for UltraScale+: sites of LUTs, carries and flip-flops.
COUNTED = {
    ("int2xint8", "1x1x16", 1): (225, 232, 319),
    ("int2xint8", "1x1x16", 2): (222, 232, 187),
    ("int2xint8", "2x1x16", 1): (445, 464, 473),
    ("int2xint8", "2x1x16", 2): (439, 464, 275),
    ("int4xint4", "1x1x16", 1): (294, 308, 309),
    ("int4xint4", "1x1x16", 2): (290, 308, 184),
    ("int4xint4", "2x1x16", 1): (591, 632, 548),
    ("int4xint4", "2x1x16", 2): (603, 632, 326),
}


@pytest.mark.parametrize("pair,shape,levels", COUNTED)
def test_estimates_are_near_what_is_counted(pair, shape, levels):
    luts, carries, flip_flops = COUNTED[pair, shape, levels]
    found = estimated(pair, shape, levels)
    assert found.luts == pytest.approx(luts, rel=0.2)
    assert found.carries == pytest.approx(carries, rel=0.15)
    assert found.flip_flops / 2 == pytest.approx(flip_flops, rel=0.1)


@pytest.mark.parametrize(
    "pair,shape,levels",
    [
        ("int2xint8", "1x1x16", 2),  # 319 sites, 232 with a register behind every second adder
        ("int2xint8", "2x1x16", 1),  # 473 sites and 464
        ("int4xint4", "1x1x16", 1),  # 309 and 308
        ("int4xint4", "2x1x16", 1),
        ("int2xint8", "4x4x4", 1),
        ("w4a8", "1x1x16", 1),
        ("int2xint8", "1x1x1", 1),
    ],
)
def test_registers_are_left_out_where_they_bind(pair, shape, levels):
    chosen = array(pair, shape, pipeline="auto")
    assert plan(chosen).depth.levels == levels
    told = [line for line in explain(chosen).remarks if line.startswith("pipeline auto: ")]
    every = "every adder;" if levels == 1 else f"every {levels} adders;"
    assert len(told) == 1 and f"a register behind {every}" in told[0]


def test_what_is_chosen_is_built():
    chosen = array("int2xint8", "1x1x16", pipeline="auto", name="same")
    asked = replace(chosen, build=replace(chosen.build, pipeline=2))
    assert emit(chosen).rtlil == emit(asked).rtlil
    assert emit(replace(chosen, build=replace(chosen.build, pipeline=1))).rtlil != emit(asked).rtlil
    assert not [line for line in explain(asked).remarks if "pipeline" in line]


@pytest.mark.parametrize(
    "pair,options,reason",
    [
        ("nvfp4", {}, "LUTs of the scale path take more sites than flip-flops"),
        ("binaryxbinary", {}, "flip-flops of this datapath are not estimated"),
        ("int2xint8", {"fabric": "ecp5"}, "flip-flops are weighed on AMD's slices, not on ecp5"),
        ("simd", {}, "nothing is weighed for several modes"),
    ],
)
def test_where_nothing_is_weighed_the_default_stands(pair, options, reason):
    chosen = design(pair, Options(pipeline="auto", **options))
    assert f"pipeline auto: a register behind every adder; {reason}" in explain(chosen).remarks


def test_a_file_keeps_the_word():
    chosen = array("int2xint8", "1x1x16", pipeline="auto")
    assert 'pipeline = "auto"' in to_toml(chosen)
    assert from_toml(to_toml(chosen)) == chosen


def test_bits_stay():
    assert verify(array("int2xint8", "1x1x8", pipeline="auto"), count=20).results > 20
