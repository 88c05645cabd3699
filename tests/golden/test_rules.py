"""What may not be described, and the one line that says so."""

import re

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
    Stage,
    block,
    group,
    lookup,
    matmul,
    quantize,
    raw,
)

FP32 = lookup("fp32")
INT8 = Operand((Plane(lookup("int8")),))
ALIGNED = Stage("aligned", format=FP32, fraction=13, terms=4)
FP = Stage("fp", format=FP32)
SATURATING = Stage("int", format=lookup("int16"), overflow="saturate")
OUT = Output(FP32)


def scaled(element, *levels):
    return Operand((Plane(lookup(element), levels),))


def level(name, span, called="scale"):
    return Level(lookup(name), span, called)


def described(weight=INT8, activation=INT8, **options):
    return Arithmetic(weight, activation, **options)


GROUPED = scaled("int8", level("fp16", group(32)))

STAGES = [
    (dict(rule="exakt"), "unknown accumulation rule 'exakt'; close ones: exact"),
    (dict(rule="int", format=FP32), "rule int needs an integer format, such as int32"),
    (
        dict(rule="int", format=lookup("mxint8")),
        "rule int needs a plain integer format, such as int8; got mxint8",
    ),
    (
        dict(rule="int", format=lookup("int8_sym")),
        "rule int needs a plain integer format, such as int8; got int8_sym",
    ),
    (dict(rule="fp"), "rule fp needs a float format, such as fp32"),
    (
        dict(rule="fp", format=lookup("e2m1")),
        "rule fp needs a float format with sign, zero and NaN, such as fp32; got e2m1",
    ),
    (
        dict(rule="fp", format=lookup("e8m0")),
        "rule fp needs a float format with sign, zero and NaN, such as fp32; got e8m0",
    ),
    (
        dict(rule="aligned", format=lookup("e4m3"), fraction=5, terms=4),
        "rule aligned needs a float format with the infinities and NaNs of IEEE 754, such as fp32 "
        "or e8m13_ieee; got e4m3",
    ),
    (dict(rule="aligned", format=FP32, terms=4), "rule aligned needs fraction and terms"),
    (dict(fraction=5), "a fraction belongs to rule aligned, got exact"),
    (dict(terms=4), "terms belong to aligned and saturating stages, got exact"),
    (
        dict(rule="int", format=lookup("int16"), terms=4),
        "terms belong to aligned and saturating stages, got int",
    ),
    (dict(overflow="saturate"), "overflow = 'saturate' belongs to rule int, got exact"),
    (dict(overflow="clip"), "unknown overflow 'clip'; known: saturate, wrap"),
    (dict(partials=2), "partials belong to rules fp and aligned, got 2 for exact"),
    (dict(rule="fp", format=FP32, partials=0), "partials must lie in 1…64, got 0"),
]


@pytest.mark.parametrize("given, text", STAGES)
def test_stages(given, text):
    with pytest.raises(DesignError, match=f"^{re.escape(text)}$"):
        Stage(**given)


OUTPUTS = [
    (
        dict(relu=True),
        "relu needs an output format, not raw: choose --output fp32, or leave out --relu",
    ),
    (
        dict(clamp=(0.0, 1.0)),
        "clamp needs an output format, not raw: choose --output fp32, or leave out --clamp",
    ),
    (
        dict(bias=FP32),
        "a bias needs an output format, not raw; what a raw sum starts from is initial: choose "
        "--output fp32, or leave out --bias",
    ),
    (
        dict(format=FP32, bias=lookup("int32")),
        "a bias has a float format with a zero, got int32; what a raw integer sum starts "
        "from is initial: choose --bias fp32",
    ),
    (
        dict(format=lookup("ternary")),
        "an output is raw, an integer or a float with zero, got ternary: choose --output fp32",
    ),
    (
        dict(format=lookup("e8m0")),
        "an output is raw, an integer or a float with zero, got e8m0: choose --output fp32",
    ),
    (
        dict(format=lookup("int64")),
        "an integer output has 48 bits at most, got int64: choose --output int48",
    ),
    (
        dict(format=lookup("int8"), saturate=False),
        "an integer output saturates, got saturate = false for int8; a sum that wraps is rule int "
        "with a raw output",
    ),
    (dict(format=FP32, clamp=(1.0, 1.0)), "clamp needs low < high, got 1 and 1"),
    (dict(format=FP32, clamp=(float("nan"), 1.0)), "clamp needs low < high, got nan and 1"),
    (dict(format=FP32, clamp=(1.0,)), "clamp takes two bounds, low and high, got (1.0,)"),
    (
        dict(format=lookup("bf16"), clamp=(0.0, 6.01)),
        "clamp's bound 6.01 is not a value of bf16; the nearest is 6.0",
    ),
    (
        dict(format=lookup("int8"), clamp=(0.0, 200.0)),
        "clamp's bound 200.0 is not a value of int8; the nearest is 127.0",
    ),
    (dict(format=FP32, nan="none"), "unknown treatment of NaN 'none'; known: error, zero"),
    (
        dict(format=FP32, nan="zero"),
        "nan = 'zero' is for an output format without NaN, such as int8; got fp32: leave out --nan",
    ),
    (dict(rounding="upp"), "unknown rounding 'upp'; close ones: up"),
]


@pytest.mark.parametrize("given, text", OUTPUTS)
def test_outputs(given, text):
    with pytest.raises(DesignError, match=f"^{re.escape(text)}$"):
        Output(**given)


ARITHMETICS = [
    (dict(accumulate=()), "accumulate needs at least one stage"),
    (dict(accumulate=(Stage(), Stage(), FP)), "accumulate has two stages at most, got 3"),
    (dict(accumulate=(FP, Stage())), "rule fp must come last: nothing follows a rounded sum"),
    (dict(accumulate=(Stage(), Stage())), "the second of two stages has rule fp, got exact"),
    (
        dict(accumulate=(Stage(span=32),)),
        "the last stage takes all that comes: it has no span, got 32",
    ),
    (
        dict(accumulate=(Stage(), FP)),
        "rule fp adds up the sums of groups, and no scale has any: choose --group 128, or "
        "--accumulate exact, or give the stage before it a span",
    ),
    (
        dict(weight=GROUPED, accumulate=(Stage(span=48), FP), output=OUT),
        "a stage's span must be a multiple of the group 32, got 48",
    ),
    (
        dict(weight=GROUPED, accumulate=(Stage(span=64), FP), output=OUT),
        "the scale 'scale' changes every 32 elements: a stage's span must divide that, got 64",
    ),
    (
        dict(weight=GROUPED, accumulate=(ALIGNED,), output=OUT),
        "rule aligned alone never applies the scale 'scale' of a group: choose "
        "--accumulate exact or fp32, or let rule fp follow it",
    ),
    (
        dict(weight=scaled("int8", level("int8", group(32))), accumulate=(ALIGNED, FP)),
        "rule aligned makes floats, which the integer scale 'scale' (int8) cannot "
        "multiply exactly: choose --accumulate exact or fp32, or give it a float format",
    ),
    (
        dict(weight=Operand((Plane(lookup("int8")), Plane(lookup("int8")))), accumulate=(ALIGNED,)),
        "rule aligned alone sums the products of one plane a side (a zero point is a plane), "
        "got 2 and 1: choose --accumulate exact or fp32, or let rule fp follow it",
    ),
    (
        dict(weight=GROUPED, accumulate=(Stage("aligned", 64, FP32, 1, 13, 4), FP)),
        "an aligned sum closes with the group of 32, got a span of 64",
    ),
    (
        dict(accumulate=(SATURATING,)),
        "a saturating sum needs terms, the products of a step (the lanes)",
    ),
    (
        dict(
            weight=GROUPED,
            accumulate=(Stage("int", format=lookup("int16"), overflow="saturate", terms=4),),
        ),
        "a saturating sum adds up the scaled sums of groups: it takes no terms, got 4",
    ),
    (
        dict(weight=GROUPED, accumulate=(SATURATING, FP)),
        "a saturating sum must be the only stage: fp cannot follow it",
    ),
    (
        dict(
            weight=Operand(
                (
                    Plane(lookup("int8"), (level("fp16", ROW, "a"), level("int8", group(8)))),
                    Plane(lookup("int8"), (level("fp16", ROW, "b"), level("int8", group(8)))),
                )
            ),
            accumulate=(SATURATING,),
            output=OUT,
        ),
        "a saturating sum needs one accumulator, this engine has 2: leave out --overflow",
    ),
    (
        dict(
            accumulate=(Stage("int", format=lookup("int16"), overflow="saturate", terms=4),),
            initial=lookup("int32"),
        ),
        "a saturating sum starts within its range: initial int32 does not fit int16: "
        "choose --initial int16",
    ),
    (
        dict(weight=scaled("int8", level("fp32", ROW))),
        "a raw output cannot apply the scale 'scale': choose --output fp32",
    ),
    (
        dict(initial=FP32),
        "initial needs a plain integer format, a raw output and an exact or integer sum; "
        "got fp32, raw and exact: choose --initial int32, or --output raw --accumulate "
        "exact, or leave out --initial",
    ),
    (
        dict(initial=lookup("int8"), output=OUT),
        "initial needs a plain integer format, a raw output and an exact or integer sum; "
        f"got int8, {OUT.format.name} and exact: choose --output raw --accumulate exact, or leave "
        "out --initial",
    ),
    (
        dict(combine=(((0,),),)),
        "combine table 0 is all zero: the output has no products",
    ),
    (
        dict(combine=(((1,),), ((-1,),)), output=Output(FP32, bias=FP32)),
        "a bias needs an engine with one output, got 2: leave out --bias",
    ),
    (
        dict(
            weight=GROUPED,
            accumulate=(Stage(), Stage("fp", format=lookup("fp16"))),
            output=Output(FP32, bias=FP32),
        ),
        "the bias is added in fp16, which does not hold every value of fp32: choose --bias fp16",
    ),
    (
        dict(weight=scaled("int8", level("fp16", group(48)))),
        "k-max must be a multiple of the group 48 (matrices may be shorter), got 4096: choose "
        "--k-max "
        "4128",
    ),
    (
        dict(accumulate=(Stage(span=48), FP)),
        "k-max must be a multiple of the span 48 (matrices may be shorter), got 4096: choose "
        "--k-max "
        "4128",
    ),
]


@pytest.mark.parametrize("given, text", ARITHMETICS)
def test_arithmetics(given, text):
    with pytest.raises(DesignError, match=f"^{re.escape(text)}$"):
        described(**given)


@pytest.mark.parametrize(
    "arithmetic, lanes, text",
    [
        (
            described(GROUPED, output=OUT),
            64,
            "lanes must divide the group of 32, got 64: choose --lanes 32",
        ),
        (raw("int8", "int8", 100), 8, "lanes must divide k-max = 100, got 8: choose --lanes 5"),
        (
            raw("int8", "int8", accumulate=(ALIGNED,)),
            8,
            "rule aligned sums 4 products a step, which must be the lanes, got 8: choose --lanes 4",
        ),
        (
            described(accumulate=(Stage("int", None, lookup("int8"), 1, None, 2, "saturate"),)),
            4,
            "rule int sums 2 products a step, which must be the lanes, got 4: choose --lanes 2",
        ),
    ],
)
def test_engines(arithmetic, lanes, text):
    with pytest.raises(DesignError, match=f"^{re.escape(text)}$"):
        Engine("x", (arithmetic,), Build(lanes=lanes))


def test_an_integer_scale_at_the_end_has_few_bits():
    with pytest.raises(
        DesignError, match="^an integer scale at the end has 24 bits at most, got int32$"
    ):
        Level(lookup("int32"), ROW)


BIASED = Output(FP32, bias=FP32)


@pytest.mark.parametrize(
    "output, bias, text",
    [
        (BIASED, None, "bias codes and an output with a bias go together"),
        (OUT, [0, 0], "bias codes and an output with a bias go together"),
        (BIASED, np.zeros(3, np.uint32), "bias must have one code a row, (2,), got (3,)"),
        (BIASED, np.zeros((2, 1), np.uint32), "bias must have one code a row, (2,), got (2, 1)"),
        (
            BIASED,
            [0.5, 0],
            "codes of fp32 must be uint32 or float32, got float64; .encode makes codes of values",
        ),
        (
            Output(FP32, bias=lookup("bf16")),
            [0, 1],
            "codes of bf16 must be uint16 or bfloat16, got int64; .encode makes codes of values, "
            ".astype(np.uint16) takes integers as codes",
        ),
    ],
)
def test_biases(output, bias, text):
    engine = Engine("x", (described(output=output),), Build(1, 1, 1))
    with pytest.raises(DesignError, match=f"^{re.escape(text)}$"):
        matmul(engine, np.zeros((2, 4), int), np.zeros((3, 4), int), bias=bias)


BEYOND = [
    ("fp16", group(4), 1e9, "7.87402e+06 does not fit fp16, whose greatest value is 65504"),
    ("fp16", ROW, 1e-8, "7.87402e-11 would be 0 in fp16, whose least value is 5.96046e-08"),
    ("ue4m3", group(4), 6e4, "472.441 does not fit ue4m3, whose greatest value is 448"),
    ("ue4m3", group(4), 0.01, "7.87402e-05 would be 0 in ue4m3, whose least value is 0.00195312"),
    ("e8m0", group(4), 1e43, "8.71123e+40 does not fit e8m0, whose greatest value is 1.70141e+38"),
]


@pytest.mark.parametrize("name, span, value, what", BEYOND)
def test_a_scale_that_its_format_cannot_hold(name, span, value, what):
    text = f"the scale {what}; use a wider scale format, such as fp32, or an outer level of scales"
    with pytest.raises(DesignError, match=f"^{re.escape(text)}$"):
        quantize([[value, 0, 0, 0]], scaled("int8", level(name, span)))


def test_beyond_fp32_no_wider_format_is_advised():
    with pytest.raises(DesignError, match="38; scale the values or use an outer level of scales$"):
        quantize([[1e300, 0, 0, 0]], scaled("int8", level("fp32", ROW)))


def test_a_scale_is_not_rounded_down_to_the_greatest_value():
    operand = scaled("int8", level("fp16", ROW))
    found = quantize([[127 * 65504.0]], operand)
    assert found.scales["scale"].tolist() == [[0x7BFF]]
    with pytest.raises(DesignError, match="the scale 65510 does not fit fp16"):
        quantize([[127 * 65510.0]], operand)
    mean = quantize([[65510.0]], operand, scale_rule="absmean")  # to the nearest
    assert mean.scales["scale"].tolist() == [[0x7BFF]]


def test_a_zero_point_s_scale_is_checked_too():
    zero = Level(lookup("uint4"), ROW, "zero", "group")
    scale = level("fp16", ROW)
    operand = Operand((Plane(lookup("uint4"), (scale,)), Plane(lookup("minus_one"), (zero, scale))))
    with pytest.raises(DesignError, match="the scale 66666.7 does not fit fp16"):
        quantize([[1e6, 0]], operand)
    assert not quantize([[0.0, 0.0]], operand).dequantize().any()


def test_scales_under_an_outer_scale_fit_by_construction():
    """A block far below the tensor's greatest has the least scale, and vanishes."""
    operand = scaled("e2m1", level("ue4m3", group(2), "block"), level("fp32", ROW, "row"))
    found = quantize([[1e30, 1e30, 1e20, 1e20]], operand)
    assert found.scales["block"].tolist() == [[0x7E, 1]]
    assert found.elements(0).tolist() == [[6, 6, 0, 0]]


def test_the_least_power_of_two_serves_the_smallest_blocks():
    found = quantize([[1e-45, 0]], scaled("int8", level("e8m0", block(1, 2))))
    assert found.scales["scale"].tolist() == [[0]]
