"""Copies of operands' registers, where one would drive too many pins."""

import re

import pytest
from macsmith.hw.engine.planner import plan
from macsmith.hw.text.emit import emit

from macsmith import Build, DesignError, Options, cost, design, verify


def made(name, shape, **options):
    rows, cols, lanes = map(int, shape.split("x"))
    return design(name, Options(rows=rows, cols=cols, lanes=lanes, **options))


def copies(engine):
    """Operand -> for each vector, how many registers hold it."""
    found = {}
    for module in re.split(r"^module ", emit(engine).rtlil, flags=re.MULTILINE):
        for name in re.findall(r"wire .*\\((?:weight|activation)_\w+_register\w*)$", module, re.M):
            base = re.sub(r"_from_\d+$", "", name)
            found.setdefault(base.partition("_")[0], {}).setdefault(base, []).append(name)
    return {side: [len(names) for names in each.values()] for side, each in found.items()}


@pytest.mark.parametrize(
    "pair,shape,most,weights,activations",
    [
        # Two digits read a bit of a weight, in nine bits and a carry each: 80 times in 4 columns.
        ("int4xint8", "4x4x1", 64, [2] * 4, [1] * 4),
        ("int4xint8", "4x4x1", 80, [1] * 4, [1] * 4),
        ("int4xint8", "4x4x1", 79, [2] * 4, [1] * 4),
        ("int4xint8", "1x8x1", 64, [3], [1] * 8),
        ("int4xint8", "4x4x1", 1, [4] * 4, [4] * 4),
        ("int4xint8", "4x4x1", 0, [1] * 4, [1] * 4),
    ],
)
def test_how_many_copies_there_are(pair, shape, most, weights, activations):
    found = copies(made(pair, shape, max_fanout=most, datapath="booth"))
    assert found == {"weight": weights, "activation": activations}


def test_copies_feed_as_many_each():
    found = plan(made("int4xint8", "1x8x1", max_fanout=64, datapath="booth"))
    assert found.reach(0, "code_0") == 3 and found.reach(1, "code_0") == 1
    assert plan(made("int4xint8", "1x8x1")).reach(0, "code_0") == 8


def test_without_a_limit_nothing_changes():
    assert emit(made("w4a8", "2x2x4")).verilog == emit(made("w4a8", "2x2x4", max_fanout=0)).verilog
    assert "keep" not in emit(made("w4a8", "2x2x4")).verilog


def test_synthesis_keeps_them_apart():
    text = emit(made("int4xint8", "1x8x1", max_fanout=64, datapath="booth")).verilog
    assert len(re.findall(r"^ *\(\* keep \*\) reg .*weight", text, re.M)) == 3


@pytest.mark.often(2)
@pytest.mark.parametrize(
    "name,shape,options",
    [
        ("int4xint8", "2x3x2", {"max_fanout": 8}),
        ("w4a8", "3x2x4", {"max_fanout": 1}),
        ("matquant", "1x3x1", {"max_fanout": 4}),
        ("nm_sparse", "2x1x4", {"max_fanout": 4}),
    ],
)
def test_bits_stay(name, shape, options):
    assert verify(made(name, shape, **options), count=20).results > 20


@pytest.mark.parametrize("value", [-1, (1 << 20) + 1])
def test_limits(value):
    with pytest.raises(DesignError, match="max-fanout must be from 0 to 1,048,576"):
        Build(max_fanout=value)
    with pytest.raises(TypeError, match="max-fanout must be a whole number, got True"):
        Build(max_fanout=True)


@pytest.mark.slow
def test_netlists_have_the_fan_out_that_was_foreseen():
    """Of the registers of operands: no bit that recodes drives more than was asked for."""
    shape, pair = "1x8x2", "int4xint8"
    before, after = (
        cost(made(pair, shape, max_fanout=most, datapath="booth", policy="lut"), "u280").cost
        for most in (0, 64)
    )
    (_, most, _), *_ = before.registers["greatest"]
    assert most == 160
    assert max(map(int, after.registers["fanouts"])) <= 64
    assert after.resources["sites"] <= before.resources["sites"] + 8
    # Two more registers of two weights, as yosys kept the others in one.
    assert after.resources["ff"] == before.resources["ff"] + 2 * 2 * 4
    assert after.registers["control_sets"] == before.registers["control_sets"]
