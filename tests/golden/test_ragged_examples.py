"""Matrices that are met in practice and that no group divides, against plain NumPy."""

import numpy as np
from macsmith.golden import (
    Arithmetic,
    Build,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    block,
    group,
    lookup,
    matmul,
    quantize,
)

FP16_GROUP = Level(lookup("fp16"), group(128))
ZERO = Level(lookup("uint4"), group(128), "zero")
ASYMMETRIC = Operand(
    (Plane(lookup("uint4"), (FP16_GROUP,)), Plane(lookup("minus_one"), (ZERO, FP16_GROUP)))
)
INT8 = Operand((Plane(lookup("int8")),))


def test_k_of_320_in_groups_of_128():
    """Three scales and zero points a row, the last of 64 elements: an odd number of them."""
    rng = np.random.default_rng(1)
    values_ = rng.normal(size=(3, 320))
    values_[:, 256:] *= 100  # so that the last group's scale differs
    w = quantize(values_, ASYMMETRIC)
    assert w.codes["code"].shape == (3, 320)
    assert w.scales["scale"].shape == w.scales["zero"].shape == (3, 3)
    last = quantize(values_[:, 256:], ASYMMETRIC)
    for name in w.scales:
        np.testing.assert_array_equal(w.scales[name][:, 2:], last.scales[name])
    x = rng.integers(-128, 128, (2, 320)).astype(np.int8)
    scale = w.scales["scale"].view(np.float16).astype(float)
    wanted = np.zeros((3, 2))
    for k in range(320):
        q = w.codes["code"][:, k].astype(int) - w.scales["zero"][:, k // 128]
        wanted += (q * scale[:, k // 128])[:, None] * x[None, :, k]
    made = Engine(
        "x", (Arithmetic(ASYMMETRIC, INT8, output=Output(lookup("fp32"))),), Build(1, 1, 4)
    )
    np.testing.assert_array_equal(matmul(made, w, x).decode(), wanted.astype(np.float32))


def test_576_rows_of_blocks_of_128_x_128():
    """DeepSeek-V3's weights: five rows of scales, of which the last is of 64 rows."""
    side = Operand((Plane(lookup("e4m3"), (Level(lookup("fp32"), block(128, 128)),)),))
    rng = np.random.default_rng(2)
    real_ = rng.normal(size=(576, 320)) * np.exp2(np.arange(576) // 128 * 3.0)[:, None]
    held = quantize(real_, side)
    assert held.scales["scale"].shape == (5, 3)
    scale = held.scales["scale"].view(np.float32).astype(float)
    for i in range(5):
        for j in range(3):
            part = np.abs(real_[128 * i : 128 * i + 128, 128 * j : 128 * j + 128]).max()
            # The least scale in FP32 with which 448 reaches the block's greatest magnitude.
            assert scale[i, j] * 448 >= part > float(np.nextafter(np.float32(scale[i, j]), 0)) * 448
    spread = np.repeat(np.repeat(scale, 128, 0), 128, 1)[:576, :320]
    elements = lookup("e4m3").decode(held.codes["code"])
    np.testing.assert_array_equal(held.dequantize(), elements * spread)
    assert np.abs(held.dequantize() - real_).max() <= 2.0**-4 * np.abs(real_).max()


def test_k_of_100_in_blocks_of_32(preset):
    """MXFP4: the fourth block has four elements; FP32 across blocks, in order."""
    made = preset("mxfp4")
    rng = np.random.default_rng(3)
    w, a = (quantize(rng.normal(size=(n, 100)), made.arithmetic.weight) for n in (4, 3))
    assert w.scales["scale"].shape == (4, 4)
    left, right = w.dequantize(), a.dequantize()
    total = np.zeros((4, 3), np.float32)
    for start in range(0, 100, 32):
        piece = slice(start, min(start + 32, 100))
        total = total + (left[:, piece] @ right[:, piece].T).astype(np.float32)
    np.testing.assert_array_equal(matmul(made, w, a).decode(), total)
