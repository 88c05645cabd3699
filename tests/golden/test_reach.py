"""Where NaN can come from: named, and nowhere else."""

import re
from dataclasses import replace

import numpy as np
import pytest
from macsmith.golden import (
    ROW,
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Quantized,
    Stage,
    group,
    lookup,
    matmul,
)
from macsmith.golden.reach import nan_source

FINITE = ("int4", "uint8", "mxint8", "ternary", "e2m1", "e3m2")
EXACT = (Stage(),)


def described(weight="int8", activation="int8", scale=None, stages=EXACT, **output):
    """``scale``: a format's name and a span, of the weight."""
    levels = (Level(lookup(scale[0]), scale[1]),) if scale else ()
    operands = (
        Operand((Plane(lookup(weight), levels),)),
        Operand((Plane(lookup(activation)),)),
    )
    settings = {"format": lookup("int8"), "nan": "zero"} | output
    return Arithmetic(*operands, accumulate=stages, output=Output(**settings), k_max=64)


def adding(name, partials=1):
    return Stage(), Stage("fp", format=lookup(name), partials=partials)


SOURCES = [
    (described("e4m3"), "the weight element e4m3"),
    (described("int8", "e5m2"), "the activation element e5m2"),
    (described("int8", "e4m3_fnuz"), "the activation element e4m3_fnuz"),
    (described("int8", "e4m0_ieee"), "the activation element e4m0_ieee"),  # infinities, no NaN
    (described(scale=("fp16", group(8))), "the weight scale 'scale' (fp16)"),
    (described(scale=("e8m0", group(8)), stages=adding("fp32")), "the weight scale 'scale' (e8m0)"),
    (described(scale=("ue4m3", ROW)), "the weight scale 'scale' (ue4m3)"),
    (described(bias=lookup("bf16")), "the bias (bf16)"),
    (described(scale=("int8", group(8)), stages=adding("fp16")), "an overflow of fp16 sums"),
    (described(scale=("int8", group(8)), stages=adding("e4m3")), "an overflow of e4m3 sums"),
]


@pytest.mark.parametrize("arithmetic, source", SOURCES)
def test_sources_are_named(arithmetic, source):
    assert nan_source(arithmetic) == source
    text = (
        f"int8 cannot hold NaN, which {source} can bring; nan = 'zero' makes it 0: choose "
        "--nan zero"
    )
    with pytest.raises(DesignError, match=f"^{re.escape(text)}$"):
        replace(arithmetic, output=replace(arithmetic.output, nan="error"))


@pytest.mark.parametrize("name", ["fp32", "e4m3", "e5m2"])
def test_an_output_that_holds_nan_needs_no_word(name):
    assert described("e4m3", format=lookup(name), nan="error")


NOWHERE = [
    described(),
    described("e2m1", "e3m2"),
    described("ternary", "uint4", bias=lookup("e3m2")),
    described(scale=("int8", group(8)), stages=adding("fp32", 4)),
    described("int2", "int2", scale=("int2", group(8)), stages=adding("fp16", 2)),
    described(scale=("e3m2", ROW)),
    described(scale=("e3m2", group(8)), stages=adding("bf16", 3), bias=lookup("e3m2")),
    described("int4", "int4", stages=(Stage("int", format=lookup("int8")),)),
]


@pytest.mark.parametrize("arithmetic", NOWHERE)
def test_without_a_source_an_output_without_nan_is_accepted(arithmetic):
    assert nan_source(arithmetic) is None
    assert replace(arithmetic, output=replace(arithmetic.output, nan="error"))


@pytest.mark.parametrize("number", [8, 9])
def test_an_overflow_that_is_named_does_bring_a_nan(number):
    """Groups of opposite signs, each at its extreme: infinity minus infinity."""
    arithmetic = replace(SOURCES[number][0], output=Output(lookup("fp32")))
    codes = np.resize(np.repeat([127, 128], 8), (1, 64))
    scale = np.full((1, 8), 127, np.uint8)
    w = Quantized(arithmetic.weight, {"code": codes}, {"scale": scale})
    engine = Engine("x", (arithmetic,), Build(1, 1, 8))
    assert np.isnan(matmul(engine, w, np.full((1, 64), 127)).decode()).all()
