"""Options give designs scales, accumulation and an output; what makes no sense is one line."""

import argparse
import re

import numpy as np
import pytest
from macsmith.golden import ROW, Operand, Plane, block, group
from macsmith.golden.bounds import result_range
from macsmith.golden.errors import UnknownName

from macsmith import DesignError, Options, Stage, cli, design, lookup, matmul, quantize
from macsmith.arguments.parser import design_arguments
from macsmith.commands.common import chosen
from macsmith.designs import presets
from macsmith.rescale import Asked, rescaled

FP32 = lookup("fp32")


def weight(name, **options):
    return design(name, Options(**options)).arithmetic.weight


def test_a_group_has_fp16_scales_and_an_fp32_result():
    arithmetic = design("int4xint8", Options(group=128)).arithmetic
    (plane,) = arithmetic.weight.planes
    (level,) = plane.scales
    assert (level.format, level.span, level.when) == (lookup("fp16"), group(128), "group")
    assert arithmetic.output.format == FP32 and arithmetic.accumulate == (Stage(),)
    assert not arithmetic.activation.levels


def test_a_scale_without_a_group_spans_a_row():
    (level,) = weight("int8xint8", scale="bf16").levels
    assert (level.format, level.span, level.when) == (lookup("bf16"), ROW, "end")


def test_a_zero_point_is_a_second_plane_beside_the_same_scale():
    options = Options(group=64, zero_point="uint4", scale="bf16")
    first, second = design("uint4xint8", options).arithmetic.weight.planes
    zero, shared = second.scales
    assert second.element == lookup("minus_one") and (shared,) == first.scales
    assert (zero.name, zero.format, zero.span) == ("zero", lookup("uint4"), group(64))
    assert design("uint4xint8", options).arithmetic.combine == (((1,), (1,)),)


def test_a_zero_point_a_row_acts_in_the_integer_sum():
    (_, second) = weight("uint8xint8", scale="fp32", zero_point="uint8").planes
    assert [level.when for level in second.scales] == ["group", "end"]


def test_w4a8_spelled_out_is_w4a8():
    options = Options(group=128, zero_point="uint4", activation_scale="fp32")
    assert design("uint4xint8", options).modes == design("w4a8").modes


def test_mxfp4_spelled_out_is_mxfp4():
    """Both sides are scaled; no exact sum holds E8M0, so the sum is rounded by itself."""
    options = Options(group=32, scale="e8m0", activation_group=32, activation_scale="e8m0")
    assert design("e2m1xe2m1", options).modes == design("mxfp4").modes


def test_scales_that_an_exact_sum_holds_are_summed_exactly():
    options = Options(group=16, scale="ue4m3", activation_group=16, activation_scale="ue4m3")
    arithmetic = design("e2m1xe2m1", options).arithmetic
    assert arithmetic.accumulate == (Stage(),) and result_range(arithmetic).width == 56


@pytest.mark.parametrize("rule", ["fp32", "bf16", "e8m13_ieee"])
def test_a_float_format_adds_in_floating_point(rule):
    arithmetic = design("int4xint8", Options(group=128, accumulate=rule)).arithmetic
    assert arithmetic.accumulate == (Stage(), Stage("fp", format=lookup(rule), partials=1))


def test_partials_belong_to_sums_in_floating_point():
    options = Options(group=128, accumulate="fp32", partials=3)
    arithmetic = design("int4xint8", options).arithmetic
    assert arithmetic.accumulate == (Stage(), Stage("fp", format=FP32, partials=3))
    stages = design("mxfp4", Options(partials=4)).arithmetic.accumulate
    assert stages[1].partials == 4


def test_partials_of_an_aligned_sum():
    options = Options(accumulate="aligned", fraction=13, lanes=4, partials=16)
    (stage,) = design("e4m3xe4m3", options).arithmetic.accumulate
    assert (stage.rule, stage.partials, stage.fraction, stage.terms) == ("aligned", 16, 13, 4)


def test_aligned_sums_of_groups_are_promoted():
    options = Options(group=128, scale="fp32", accumulate="aligned", fraction=13, partials=2)
    inner, outer = design("e4m3xe4m3", options).arithmetic.accumulate
    assert (inner.rule, inner.terms, outer.rule, outer.partials) == ("aligned", 4, "fp", 2)


@pytest.mark.parametrize("lanes", [1, 8, 32])
def test_the_lanes_are_the_terms_of_a_preset_s_steps(lanes):
    assert design("deepseek_fp8", Options(lanes=lanes)).arithmetic.accumulate[0].terms == lanes


def test_an_integer_sum_that_saturates():
    options = Options(accumulate="int16", overflow="saturate", lanes=8)
    (stage,) = design("int8xint8", options).arithmetic.accumulate
    assert stage == Stage("int", format=lookup("int16"), overflow="saturate", terms=8)
    options = Options(accumulate="int48", overflow="saturate", group=32, scale="ue4m3")
    (stage,) = design("int8xint8", options).arithmetic.accumulate
    assert stage.terms is None


def test_an_output_with_everything():
    options = Options(
        scale="fp32", output="int8", bias="bf16", relu=True, clamp=(0.0, 100.0), nan="zero"
    )
    output = design("int8xint8", options).arithmetic.output
    assert (output.format, output.bias) == (lookup("int8"), lookup("bf16"))
    assert (output.relu, output.clamp, output.nan) == (True, (0.0, 100.0), "zero")


def test_a_preset_keeps_what_is_not_overridden():
    arithmetic = design("w4a8", Options(group=64, output="bf16")).arithmetic
    first, second = arithmetic.weight.planes
    assert [level.span for level in second.scales] == [group(64)] * 2
    assert [level.format.name for level in second.scales] == ["uint4", "fp16"]
    assert arithmetic.activation == design("w4a8").arithmetic.activation
    assert arithmetic.output.format == lookup("bf16")


def test_a_block_keeps_its_rows():
    (level,) = weight("deepseek_fp8", group=64, scale="bf16", activation_group=64).levels
    assert (level.span, level.format) == (block(128, 64), lookup("bf16"))


def test_of_two_levels_the_group_s_is_replaced():
    levels = weight("nvfp4", scale="e4m3", group=32).levels
    assert [(level.format.name, str(level.span)) for level in levels] == [
        ("e4m3", "group 32"),
        ("fp32", "tensor"),
    ]


def one_level(operand):
    """Whether the options can replace its scales of groups: GGUF's have two levels of them."""
    return sum(level.span.columns is not None for level in operand.levels) < 2


SELECTING = {
    name: found
    for name in presets()
    if (found := design(name).modes[0].weight).select and one_level(found)
}


@pytest.mark.parametrize("name", SELECTING)
def test_a_selection_of_tables_goes_with_its_scale(name):
    """What is asked for is what quantize serves, and one answer of the golden model."""
    engine = design(name, Options(group=8))
    operand, before = engine.arithmetic.weight, SELECTING[name].select.span
    tables = name != "matquant"  # a row's bits are no matter of its scales
    assert operand.select.span == (group(8) if tables else before)
    assert operand.levels[0].span == group(8)
    x = np.random.default_rng(1).normal(size=(3, 32))
    held = quantize(x, operand)
    assert held.select.shape == ((3, 4) if tables else (3, 1))
    assert np.square(held.dequantize() - x).sum() < 0.05 * np.square(x).sum()
    other = quantize(x, engine.arithmetic.activation)
    found = matmul(engine, held, other).decode()
    np.testing.assert_allclose(found, held.dequantize() @ other.dequantize().T, rtol=1e-5)


@pytest.mark.parametrize(
    "options", [dict(group=32), dict(scale="fp16"), dict(group=32, scale="ue4m3")]
)
def test_a_pair_s_selection_goes_with_its_scale_too(options):
    operand = weight("bitmod4xint8", **options)
    assert operand.select.span == operand.levels[0].span


def test_both_modes_are_scaled():
    for mode in design("simd", Options(group=32)).modes:
        assert mode.weight.levels[0].span == group(32)


WRONG = [
    ("e2m1xint8", dict(group=32, zero_point="uint4"),
     "a zero point needs integer elements such as uint4, got e2m1: a float's zero is 0"),
    ("mxint8xint8", dict(group=32, zero_point="uint4"),
     "a zero point needs integer elements such as uint4, got mxint8: a float's zero is 0"),
    ("int4xe4m3", dict(activation_scale="fp32", activation_zero_point="int8"),
     "a zero point needs integer elements such as uint4, got e4m3: a float's zero is 0"),
    ("int4xint8", dict(group=32, zero_point="fp16"),
     "a zero point has an integer format such as uint4, got fp16"),
    ("int4xint8", dict(zero_point="uint4"),
     "a zero point stands beside a scale, and there is none: choose --group 128, or --scale "
     "fp16, or leave out --zero-point"),
    ("int4xint8", dict(activation_zero_point="uint4"),
     "a zero point stands beside a scale, and there is none: choose --activation-group 128, or "
     "--activation-scale fp16, or leave out --activation-zero-point"),
    ("ptqtp", dict(group=64),
     "--scale and its kin take one plane of elements and its zero point; this operand has 2 "
     "planes: write a TOML file"),
    ("int4xint8", dict(group=100, k_max=4096),
     "k-max must be a multiple of the group 100 (matrices may be shorter), got 4096: choose "
     "--k-max 4100"),
    ("int4xint8", dict(group=0), "scales are shared by at least 1 of the elements, got 0"),
    ("int4xint8", dict(group=32, lanes=64), "lanes must divide the group of 32, got 64: choose "
    "--lanes 32"),
    ("int4xint8", dict(scale="fp32", output="int8"),
     "int8 cannot hold NaN, which the weight scale 'scale' (fp32) can bring; nan = 'zero' "
     "makes it 0: choose --nan zero"),
    ("int4xint8", dict(scale="fp32", output="raw"),
     "a raw output cannot apply the scale 'scale': choose --output fp32"),
    ("int4xint8", dict(scale="fp32", nan="zero"),
     "nan = 'zero' is for an output format without NaN, such as int8; got fp32: leave out --nan"),
    ("int4xint8", dict(relu=True), "relu needs an output format, not raw: choose --output fp32, "
    "or leave out --relu"),
    ("int4xint8", dict(bias="fp32"),
     "a bias needs an output format, not raw; what a raw sum starts from is initial: choose "
     "--output fp32, or leave out --bias"),
    ("int4xint8", dict(output="fp32", clamp=(1.0, 0.0)), "clamp needs low < high, got 1 and 0"),
    ("int4xint8", dict(partials=2),
     "--partials 2 belongs to sums in floating point; these are exact: choose --accumulate "
     "fp32, or leave out --partials"),
    ("w4a8", dict(partials=2),
     "--partials 2 belongs to sums in floating point; these are exact: choose --accumulate "
     "fp32, or leave out --partials"),
    ("int4xint8", dict(accumulate="fp32"),
     "rule fp adds up the sums of groups, and no scale has any: choose --group 128, or "
     "--accumulate exact, or give the stage before it a span"),
    ("int4xint8", dict(group=32, accumulate="fp32", partials=0),
     "partials must lie in 1…64, got 0"),
    ("int4xint8", dict(accumulate="int32", partials=2),
     "--partials 2 belongs to sums in floating point; these are int: choose --accumulate "
     "fp32, or leave out --partials"),
    ("int4xint8", dict(overflow="saturate"),
     "--overflow saturate belongs to integer sums; these are exact: choose --accumulate int32, or "
     "leave out --overflow"),
    ("int4xint8", dict(accumulate="exact", fraction=13),
     "--fraction 13 belongs to --accumulate aligned: choose --accumulate aligned, or leave out "
     "--fraction"),
    ("int4xint8", dict(accumulator="bf16"),
     "--accumulator bf16 belongs to --accumulate aligned: choose --accumulate aligned, or leave "
     "out --accumulator"),
    ("int4xint8", dict(rows=5000), "rows must be at most 4,096, got 5,000"),
    ("int4xint8", dict(rows=4096, cols=4096, lanes=4),
     "rows × cols × lanes must be at most 262,144, got 67,108,864"),
    ("int4xint8", dict(group=32, scale="one"),
     "a scale needs a format with bits, such as fp16, got one"),
    ("one", {}, "one is a constant; a design needs an element format with bits"),
    ("int4xint8", dict(scale="fp31", group=32),
     "unknown format 'fp31'; close ones: fp32, fp16, fp4, pot3"),
    ("int4xint8", dict(output="ra"), "unknown output 'ra'; close ones: raw"),
    ("int4xint8", dict(accumulate="fp31"),
     "unknown accumulation 'fp31'; close ones: fp32, fp16, bf16"),
    ("int4xint8", dict(accumulate="ternary"), "rule int needs an integer format, such as int32"),
]  # fmt: skip


@pytest.mark.parametrize("name, options, text", WRONG)
def test_what_makes_no_sense_is_one_line(name, options, text):
    with pytest.raises(DesignError, match=f"^{re.escape(text)}$"):
        design(name, Options(**options))


@pytest.mark.parametrize(
    "options, text",
    [
        (dict(group="64"), "the option group takes int, got '64'"),
        (dict(group=64.0), "the option group takes int, got 64.0"),
        (dict(scale=FP32), "the option scale takes str, got Minifloat"),
        (dict(relu=1), "the option relu takes bool, got 1"),
        (dict(name=""), "the option name needs a letter"),
    ],
)
def test_an_option_of_the_wrong_type_is_refused(options, text):
    with pytest.raises(DesignError, match=f"^{re.escape(text)}"):
        Options(**options)


@pytest.mark.parametrize("name", [3, None, ("int4", "int8")])
def test_a_design_s_name_is_a_text(name):
    with pytest.raises(DesignError, match="^a design is a name or the path of a TOML file, got"):
        design(name)


def test_two_levels_of_groups_cannot_be_told_apart():
    levels = weight("gguf_q4_k").planes[0].scales
    assert len(levels) == 2

    with pytest.raises(DesignError, match="^--scale and its kin replace one level of scales; this"):
        rescaled(Operand((Plane(lookup("uint4"), levels),)), Asked(scale="fp16"))


def parsed(*words):
    parser = argparse.ArgumentParser(exit_on_error=False)
    design_arguments(parser)
    return chosen(parser.parse_args(words))


def test_the_command_line_has_them_all():
    words = ("uint4xint8", "--group", "128", "--zero-point", "uint4", "--activation-scale", "fp32")
    assert parsed(*words).modes == design("w4a8").modes
    output = parsed(*words, "--output", "bf16", "--relu", "--clamp=-6,6").arithmetic.output
    assert (output.format, output.relu, output.clamp) == (lookup("bf16"), True, (-6.0, 6.0))


def test_a_clamp_may_begin_with_a_minus():
    assert cli.main(["explain", "int4xint8", "--output", "fp32", "--clamp", "-6,6"]) == 0


@pytest.mark.parametrize("text", ["6", "1,2,3", "low,high"])
def test_a_clamp_is_two_numbers(text):
    with pytest.raises(argparse.ArgumentError, match="must be LOW,HIGH such as -6,6, got"):
        parsed("int4xint8", "--output", "fp32", f"--clamp={text}")


def test_the_rounding_of_results_and_the_product_rule():
    found = design("w8a8", Options(output="bf16", rounding="toward_zero")).arithmetic
    assert (found.output.format, found.output.rounding) == (lookup("bf16"), "toward_zero")
    assert design("e4m3xe4m3", Options(product="lmul")).arithmetic.product == "lmul"
    with pytest.raises(DesignError, match="rounding needs an output format, not raw"):
        design("int8xint8", Options(rounding="up"))
    with pytest.raises(UnknownName, match="unknown product rule 'mul'; close ones: lmul"):
        design("int8xint8", Options(product="mul"))


@pytest.mark.parametrize(
    "name, given, k_max",
    [
        ("mxfp4", dict(group=48, activation_group=48), 4128),
        ("w4a8", dict(group=100), 4100),
        ("int4xint8", dict(group=48), 4128),
        ("int4xint8", dict(group=8192), 8192),
        ("mxfp4", dict(group=48), 4096),  # sums close every 16, the gcd of 48 and 32
        ("int4xint8", dict(group=64), 4096),
        ("int4xint8", dict(group=48, k_max=96), 96),
    ],
)
def test_k_max_follows_the_group(name, given, k_max):
    """The next multiple, unless somebody said --k-max; the name says nothing of it."""
    made = design(name, Options(**given))
    assert made.arithmetic.k_max == k_max
    assert ("_k" in made.name) == ("k_max" in given)
