"""Scales and zero points of a block's range: against fractions and onnxruntime."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from second_models import ranges
from second_models.onnx_model import dynamic_quantize_linear

from macsmith import DesignError, Level, Operand, Plane, group, lookup, quantize


def affine(element="uint8", scale="fp32", size=16):
    held = Level(lookup(scale), group(size), "scale")
    zero = Level(lookup(element), group(size), "zero")
    return Operand((Plane(lookup(element), (held,)), Plane(lookup("minus_one"), (zero, held))))


def asked(x, rule=None, saturate=False, **given):
    """Codes (rows, K), scales as numbers and zero points (rows, blocks)."""
    operand = affine(**given)
    found = quantize(x, operand, scale_rule=rule, saturate=saturate)
    scales = operand.planes[0].scales[0].format.decode(found.scales["scale"])
    return found.codes["code"], scales, found.scales["zero"]


def drawn(seed, kind, count=60):
    rng = np.random.default_rng(seed)
    x = rng.standard_t(3, (count, 16)) * np.exp2(rng.integers(-6, 6, (count, 1)))
    if kind == "ties":  # multiples of a half, with a range of 255: the scale is 1
        x = rng.integers(-100, 200, (count, 16)) / 2
        x[:, :2] = [-50.5, 204.5]
    if kind == "sides":
        x = np.abs(x) * rng.choice([-1, 1], (count, 1))
    if kind == "far":  # one end so small that it only decides which way the scale is rounded
        x = np.clip(x, 0, None) * 0
        x[:, 0] = 255 * np.exp2(rng.integers(0, 5, count))
        x[::2, 0] *= 1 + 2.0**-8  # a tie of a scale of 8 bits
        x[:, 1] = -np.exp2(rng.integers(-60, -40, count))
    return x.astype(np.float32).astype(float)


@pytest.mark.parametrize("rule", ["absmax", "nearest"])
@pytest.mark.parametrize("kind", ["usual", "ties", "sides", "far"])
@pytest.mark.parametrize("bits, scale", [(8, "fp32"), (8, "bf16"), (4, "fp16"), (2, "fp32")])
def test_scales_zero_points_and_codes_are_the_definition(bits, scale, kind, rule):
    x = drawn(bits, kind)
    codes, scales, zeros = asked(x, rule, element=f"uint{bits}", scale=scale)
    for row, block in enumerate(x):
        s, zero, want = ranges.block(block, bits, scale, up=rule == "absmax")
        assert Fraction(float(scales[row, 0])) == s and zeros[row, 0] == zero
        assert codes[row].tolist() == want


def test_a_tie_is_one_of_the_quotient_whatever_the_zero_point():
    """-51 becomes the zero point 51, which is odd: 0.5 is 51 still, and 1.5 is 53."""
    x = np.zeros((1, 16))
    x[0, :4] = -51, 204, 0.5, 1.5
    codes, scales, zeros = asked(x, "nearest")
    assert scales[0, 0] == 1 and zeros[0, 0] == 51
    assert codes[0, :4].tolist() == [0, 255, 51, 53]


@pytest.mark.parametrize("seed", range(4))
def test_uint8_with_fp32_scales_is_onnxruntimes(seed):
    """Of BF16 values within 2^16 of each other the range is exact in FP32. Codes differ only where
    the quotient is no tie, but FP32's is."""
    rng = np.random.default_rng(seed)
    x = rng.normal(rng.normal(), 1, (1, 4096)) * np.exp2(rng.integers(-30, 30))
    x = x.astype(ml_dtypes.bfloat16).astype(np.float32)
    theirs, scale, zero = dynamic_quantize_linear(x)
    codes, scales, zeros = asked(x, "nearest", size=4096)
    assert scales[0, 0] == scale and zeros[0, 0] == zero
    ratio = x / scale
    tie = np.abs(ratio - np.trunc(ratio)) == 0.5
    rounded = tie & (ratio.astype(float) * scale.astype(float) != x)  # the product is exact
    assert rounded.mean() < 0.05  # many where a scale is nearly a number of few bits
    np.testing.assert_array_equal(codes[~rounded], theirs[~rounded])


def test_a_block_of_zeros_has_the_scale_one_as_onnxruntime_has_it():
    theirs, scale, zero = dynamic_quantize_linear(np.zeros((1, 16), np.float32))
    codes, scales, zeros = asked(np.zeros((1, 16)), "nearest")
    assert (scale, zero) == (1, 0) == (scales[0, 0], zeros[0, 0])
    assert not theirs.any() and not codes.any()


def test_scales_beyond_their_format_saturate_where_that_is_asked_for():
    x = np.zeros((2, 16))
    x[0, :2], x[1, :2] = (1e9, -1e9), (1e-12, -1e-12)
    with pytest.raises(DesignError, match="does not fit fp16"):
        asked(x, "nearest", scale="fp16")
    codes, scales, zeros = asked(x, "nearest", saturate=True, scale="fp16")
    assert scales[:, 0].tolist() == [65504, 2.0**-24]
    assert zeros[:, 0].tolist() == [255, 0] and codes[0, :2].tolist() == [255, 0]
    assert not codes[1].any()
    with pytest.raises(DesignError, match="mse chooses among all scales"):
        asked(x, "mse", saturate=True, scale="fp16")


def test_nearest_is_no_rule_of_offsets():
    held = Level(lookup("fp16"), group(16), "scale"), Level(lookup("fp16"), group(16), "least")
    planes = Plane(lookup("uint4"), held[:1]), Plane(lookup("one"), held[1:])
    with pytest.raises(DesignError, match="an offset the scale rule is absmax or mse"):
        quantize(np.ones((1, 16)), Operand(planes), scale_rule="nearest")
