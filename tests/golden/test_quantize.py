"""Quantizers against other packages and the definitions; bad input in one line."""

import gfloat
import ml_dtypes
import numpy as np
import pytest
from gfloat.formats import format_info_mxfp4_e2m1, format_info_mxfp8_e4m3, format_info_mxint8
from macsmith.golden.description import ROW, TENSOR, block
from macsmith.golden.formats import Codebook
from macsmith.golden.formats.files import code_book

from macsmith import DesignError, Level, Operand, Options, Plane, design, group, lookup, quantize

RNG = np.random.default_rng(7)
VALUES = RNG.normal(size=(4, 128)) * np.exp2(RNG.integers(-8, 8, (4, 1)))


def operand(element, *levels):
    return Operand((Plane(lookup(element), tuple(levels)),))


NOTHING = Operand((Plane(Codebook("nil", ((0, 0),)), (Level(lookup("fp16"), ROW),)),))

MX = [
    ("e2m1", format_info_mxfp4_e2m1),
    ("e4m3", format_info_mxfp8_e4m3),
    ("mxint8", format_info_mxint8),
]


@pytest.mark.parametrize("element, info", MX)
def test_mx_blocks_are_those_of_gfloat(element, info):
    found = quantize(VALUES, operand(element, Level(lookup("e8m0"), group(32))))
    want = [
        [gfloat.quantize_block(info, row[i : i + 32], gfloat.compute_scale_amax)
         for i in range(0, 128, 32)]
        for row in VALUES
    ]  # fmt: skip
    assert np.array_equal(found.dequantize(), np.array(want).reshape(4, 128))


def test_nvfp4_is_its_two_level_recipe():
    """s_t = amax / (448 * 6), s_b = amax_b / 6 / s_t, neither rounded down, codes nearest to
    x / (s_b s_t)."""
    found = quantize(VALUES, design("nvfp4").arithmetic.weight)
    tensor = float(rounded_up(np.abs(VALUES).max() / 6 / 448, np.float32))
    blocks = np.abs(VALUES).reshape(4, 8, 16).max(axis=2)
    scales = rounded_up(blocks / 6 / tensor, ml_dtypes.float8_e4m3fn)
    wide = np.repeat(scales.astype(np.float64), 16, axis=1) * tensor
    codes = (VALUES / wide).astype(ml_dtypes.float4_e2m1fn)
    assert np.array_equal(found.scales["block"], scales.view(np.uint8))
    assert np.array_equal(found.codes["code"], codes.view(np.uint8) & 15)


def rounded_up(values, dtype):
    """The next number of a type; codes of positive floats ascend with them."""
    near = np.asarray(values).astype(dtype)
    unsigned = f"u{near.itemsize}"
    return (near.view(unsigned) + (near.astype(np.float64) < values).astype(unsigned)).view(dtype)


def test_tables_that_reach_one_are_absmax():
    """The mean magnitude is for signs alone: with 16 entries it clips most of what is large."""
    nf4 = (-1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0,
           0.0796, 0.1609, 0.2461, 0.3379, 0.4407, 0.5626, 0.723, 1.0)  # fmt: skip
    book = code_book("mine", nf4, 12)
    operand = Operand((Plane(book, (Level(lookup("fp32"), group(64)),)),))
    w = np.random.default_rng(1).normal(size=(8, 256))
    found = quantize(w, operand)
    assert (
        found.scales["scale"] == quantize(w, operand, scale_rule="absmax").scales["scale"]
    ).all()
    assert np.mean((found.dequantize() - w) ** 2) < 0.01 * np.mean(w**2)


def test_ternary_is_absmean():
    found = quantize(VALUES, operand("ternary", Level(lookup("fp32"), ROW)))
    scale = np.abs(VALUES).mean(axis=1, keepdims=True).astype(np.float32).astype(np.float64)
    assert np.array_equal(found.elements(0), np.clip(np.rint(VALUES / scale), -1, 1))


@pytest.mark.parametrize("span", [TENSOR, ROW, group(32), block(2, 64)])
def test_symmetric_integers_reach_their_greatest_code_in_every_block(span):
    found = quantize(VALUES, operand("int8_sym", Level(lookup("fp32"), span)))
    rows, columns = span.shape(*VALUES.shape)
    blocks = np.abs(found.elements(0)).reshape(rows, 4 // rows, columns, 128 // columns)
    assert (blocks.max(axis=(1, 3)) == 127).all()


def test_zero_points_reach_both_ends():
    scale = Level(lookup("fp32"), group(32))
    zero = Level(lookup("uint4"), group(32), "zero")
    planes = Plane(lookup("uint4"), (scale,)), Plane(lookup("minus_one"), (zero, scale))
    shift = 3 * np.abs(VALUES).max(axis=1, keepdims=True)
    values = VALUES + shift * np.array([[1], [-1], [0], [0]])
    found = quantize(values, Operand(planes))
    steps = found.dequantize() / np.repeat(lookup("fp32").decode(found.scales["scale"]), 32, axis=1)
    q, z = found.elements(0), np.repeat(found.scales["zero"].astype(int), 32, axis=1)
    assert np.array_equal(np.rint(steps), q - z)
    assert z.min() == 0 and z.max() == 15
    scales = np.repeat(lookup("fp32").decode(found.scales["scale"]), 32, axis=1)
    assert np.array_equal(q, np.clip(np.rint(values / scales + z), 0, 15))


def test_selected_tables_have_the_least_error():
    """BitMoD, per group: absmax over the table's reach, nearest entries, least squares."""
    weight = design("bitmod4").arithmetic.weight
    found = quantize(VALUES, weight)
    base = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])
    errors = []
    for special in (5, -5, 8, -8):
        entries = np.array([*base, *-base, special])
        scale = np.abs(VALUES).max(axis=1) / max(abs(special), 6)
        ratio = VALUES / scale[:, None]
        nearest = np.abs(ratio[..., None] - entries).min(axis=2) * scale[:, None]
        errors.append(np.square(nearest).sum(axis=1))
    assert np.array_equal(found.select[:, 0], np.argmin(errors, axis=0))


def test_a_block_of_zeros_gives_zeros():
    for name in ("nvfp4", "bitmod4"):
        found = quantize(np.zeros((2, 256)), design(name).arithmetic.weight)
        assert (found.dequantize() == 0).all()


WRONG = [
    (np.zeros(3), operand("int4"), "two axes"),
    (np.array([[np.nan, 1]]), operand("int4"), "must be finite"),
    (np.zeros((2, 32)) * 1j, operand("int4"), "need an operand of two planes"),
    (np.zeros((2, 32)), design("ifairy").arithmetic.weight, "give complex values, if"),
    (np.zeros((2, 32)), design("ifairy").arithmetic.activation, "give complex values, if"),
    (np.ones((2, 32)), NOTHING, "nothing but zero"),
]


@pytest.mark.parametrize("values, target, message", WRONG)
def test_what_it_cannot_quantize_is_refused(values, target, message):
    with pytest.raises(DesignError, match=message):
        quantize(values, target)


def test_an_unknown_scale_rule_gets_the_close_one():
    with pytest.raises(DesignError, match="close ones: absmax"):
        quantize(VALUES, operand("int4", Level(lookup("fp16"), ROW)), scale_rule="absmx")


@pytest.mark.parametrize("size", [1e-30, 1e-6, 1.0, 1e20])
def test_zero_points_serve_data_of_any_size(size):
    """The scale is only bounded by its format: half a step of error, however small the data."""
    options = Options(group=32, scale="fp32", zero_point="uint8")
    operand = design("uint8xint8", options).arithmetic.weight
    x = np.random.default_rng(1).normal(0, size, (4, 64))
    error = np.abs(quantize(x, operand).dequantize() - x)
    assert (error <= 0.51 * 9 * size / 255).all() and error.any()


def test_a_scale_too_small_for_its_format_is_refused_beside_a_zero_point():
    with pytest.raises(DesignError, match="would be 0 in fp16"):
        quantize(
            np.random.default_rng(1).normal(0, 1e-30, (2, 128)), design("w4a8").arithmetic.weight
        )


def test_beside_larger_blocks_a_tiny_one_has_the_least_scale():
    x = np.random.default_rng(1).normal(0, 1, (2, 256))
    x[0, :128] *= 1e-12
    found = quantize(x, design("w4a8").arithmetic.weight)
    assert np.abs(found.dequantize()[0, :128]).max() <= 2.0**-24
    assert np.abs(found.dequantize() - x).max() < 0.5


@pytest.mark.parametrize("values", [np.zeros((0, 128)), [[1, 2], [3]], "abc", [["a"]], None])
def test_what_is_no_matrix_is_refused_in_one_line(values):
    with pytest.raises(DesignError, match="^values must "):
        quantize(values, design("w8a8").arithmetic.weight)
