"""Microscaling: decoded as gfloat and gguf decode it, multiplied as the definition has it."""

from dataclasses import replace
from fractions import Fraction

import gfloat
import numpy as np
import pytest
from drawing import ELEMENTS, SCALES, agree, listed, quantized
from gfloat.formats import all_block_formats
from gguf import GGMLQuantizationType
from gguf.quants import dequantize
from macsmith.golden import Operand, Plane, Quantized, lookup, matmul
from second_models import microscaling
from second_models.elements import element
from second_models.floats import FP32
from second_models.reals import real
from second_models.sums import accumulate

#: Preset -> the name of gfloat's block format.
MX = {
    "mxfp8_e4m3": "mxfp8_e4m3",
    "mxfp8_e5m2": "mxfp8_e5m2",
    "mxfp6_e2m3": "mxfp6_e2m3",
    "mxfp6_e3m2": "mxfp6_e3m2",
    "mxfp4": "mxfp4_e2m1",
    "mxint8": "mxint8",
}
PRESETS = [*MX, "mxfp4xmxfp8_e4m3"]


def drawn(made, seed, how, how_scales, k=192):
    """Both operands of an engine."""
    rng, arithmetic = np.random.default_rng(seed), made.arithmetic
    w = quantized(rng, arithmetic.weight, how, how_scales, (3, k))
    return w, quantized(rng, arithmetic.activation, how, how_scales, (4, k))


def reals(name, codes):
    return [[element(name).decode(code) for code in row] for row in listed(codes)]


def with_partials(made, partials):
    arithmetic = made.arithmetic
    stages = arithmetic.accumulate[0], replace(arithmetic.accumulate[1], partials=partials)
    return replace(made, modes=(replace(arithmetic, accumulate=stages),))


def compare(made, w, a):
    sides = []
    for given in (w, a):
        (plane,) = given.operand.planes
        scales = reals(plane.scales[0].format.name, given.scales["scale"])
        sides += [reals(plane.element.name, given.codes["code"]), scales]
    stage, group = made.arithmetic.accumulate[-1], made.arithmetic.group
    agree(matmul(made, w, a).values, microscaling.result(*sides, group, stage.partials))


@pytest.mark.parametrize("how_scales", SCALES)
@pytest.mark.parametrize("how", ELEMENTS)
@pytest.mark.parametrize("name", PRESETS)
def test_dot_products_are_the_definition(name, how, how_scales, preset):
    made = preset(name)
    compare(made, *drawn(made, 1, how, how_scales))


@pytest.mark.parametrize("partials", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("name", ["mxfp4", "mxfp8_e5m2"])
def test_with_any_number_of_partial_sums(name, partials, preset):
    made = with_partials(preset(name), partials)
    compare(made, *drawn(made, 2, "any", "tame", 352))


@pytest.mark.parametrize("name", MX)
def test_blocks_decode_as_in_gfloat(name, preset):
    made = preset(name)
    info = next(fmt for fmt in all_block_formats if fmt.name == MX[name])
    w, _ = drawn(made, 3, "any", "wild")
    with np.errstate(over="ignore"):
        values = w.dequantize()
    for row in range(3):
        for block, scale in enumerate(w.scales["scale"][row]):
            part = slice(32 * block, 32 * block + 32)
            codes = [int(scale), *w.codes["code"][row, part].tolist()]
            np.testing.assert_array_equal(values[row, part], list(gfloat.decode_block(info, codes)))


def ggml_mxfp4(w):
    """MXFP4 as GGUF stores it: the scale, then byte j holds elements j (low) and j + 16."""
    codes = w.codes["code"].reshape(-1, 2, 16)
    packed = codes[:, 0] | codes[:, 1] << 4
    return np.concatenate([w.scales["scale"].reshape(-1, 1), packed], axis=1).astype(np.uint8)


def test_mxfp4_decodes_as_in_gguf_and_so_do_its_dot_products(preset):
    """Scales that float32 holds, for GGUF knows no NaN scale and overflows where OCP does not."""
    made = with_partials(preset("mxfp4"), 3)
    w, a = drawn(made, 4, "any", "tame")
    rng = np.random.default_rng(5)
    for given in (w, a):
        given.scales["scale"][:] = rng.integers(97, 157, given.scales["scale"].shape)
    theirs = [
        dequantize(ggml_mxfp4(given), GGMLQuantizationType.MXFP4).reshape(given.shape)
        for given in (w, a)
    ]
    for given, values in zip((w, a), theirs, strict=True):
        np.testing.assert_array_equal(given.dequantize(), values)

    exactly = [[[Fraction(float(v)) for v in row] for row in values] for values in theirs]

    def one(x, y):
        dots = [sum(map(Fraction.__mul__, x[i : i + 32], y[i : i + 32])) for i in range(0, 192, 32)]
        return FP32.code(accumulate([FP32.round(real(dot)) for dot in dots], 3))

    agree(matmul(made, w, a).values, [[one(x, y) for y in exactly[1]] for x in exactly[0]])


def test_mxfp4_decodes_as_in_gguf_for_every_code_and_every_scale_that_float32_holds(preset):
    operand = preset("mxfp4").arithmetic.weight
    codes = np.tile(np.arange(32) & 15, (253, 1))
    given = Quantized(operand, {"code": codes}, {"scale": np.arange(253, dtype=np.uint8)[:, None]})
    theirs = dequantize(ggml_mxfp4(given), GGMLQuantizationType.MXFP4)
    np.testing.assert_array_equal(given.dequantize(), theirs.reshape(253, 32))


def test_nvfp4_s_blocks_decode_as_in_gguf(preset):
    """All UE4M3 scales but the NaN, which GGUF takes for zero; four blocks of 16 side by side."""
    plane = preset("nvfp4").arithmetic.weight.planes[0]
    operand = Operand((Plane(plane.element, plane.scales[:1]),))
    rng = np.random.default_rng(6)
    codes = rng.integers(0, 16, (32, 64))
    scales = rng.permutation(128).astype(np.uint8).reshape(32, 4)
    scales[scales == 0x7F] = 1
    given = Quantized(operand, {"code": codes}, {"block": scales})
    nibbles = codes.reshape(32, 4, 2, 8)
    packed = (nibbles[:, :, 0] | nibbles[:, :, 1] << 4).reshape(32, 32)
    theirs = dequantize(
        np.concatenate([scales, packed], axis=1).astype(np.uint8), GGMLQuantizationType.NVFP4
    )
    np.testing.assert_array_equal(given.dequantize(), theirs.reshape(32, 64))


def test_nvfp4_s_products_are_those_of_its_values(preset):
    """Re-derived from decoded values: their exact sum, rounded once, then the tensor scales.

    Sums that FP64 holds exactly; tensor scales that are powers of two, which never round.
    """
    made = preset("nvfp4")
    w, a = drawn(made, 7, "any", "tame", 64)
    for given, power in ((w, 2.0**-3), (a, 2.0**5)):
        given.scales["tensor"][:] = lookup("fp32").encode(power)
    with np.errstate(all="raise"):
        exactly = w.dequantize() @ a.dequantize().T
        agree(matmul(made, w, a).values, exactly.astype(np.float32).view(np.uint32))
