"""Quantizers of operands with several planes: offsets, sums of planes, complex values."""

from itertools import product

import numpy as np
import pytest
from gguf import GGMLQuantizationType
from gguf.quants import quantize as gguf_quantize
from macsmith.golden import storage

from macsmith import DesignError, Level, Operand, Plane, Quantized, design, group, lookup, quantize
from macsmith.designs import presets

RNG = np.random.default_rng(11)


def weight(name):
    return design(name).arithmetic.weight


def sides(name):
    mode = design(name).modes[0]
    return mode.weight, mode.activation


def test_tables_for_fewer_elements_than_a_scale_are_not_chosen():
    with pytest.raises(DesignError, match="quantize selects tables that span what their first"):
        quantize(RNG.normal(size=(1, 256)), weight("gguf_iq1_m"))


@pytest.mark.parametrize("name", [name for name in presets() if name != "gguf_iq1_m"])
def test_every_preset_takes_real_data(name):
    """Each side leaves less error than zeros would."""
    for operand in sides(name):
        x = RNG.normal(size=(128, 256))
        x = x + 1j * RNG.normal(size=x.shape) if name == "ifairy" else x
        found = quantize(x, operand)
        values = found.plane_values(0) + 1j * found.plane_values(1) if name == "ifairy" else None
        values = found.dequantize() if values is None else values
        assert (np.abs(values - x) ** 2).sum() < 0.45 * (np.abs(x) ** 2).sum()


@pytest.mark.parametrize("name", ["q4_1", "q5_1"])
def test_offsets_are_those_of_gguf(name):
    """Where d and m are FP16 numbers already: gguf-py divides before it rounds them."""
    steps = 15 if name == "q4_1" else 31
    q = RNG.integers(0, steps + 1, (8, 4, 32)).astype(float)
    q[..., 0], q[..., 1] = 0, steps
    q[..., 2:] += RNG.uniform(-0.45, 0.45, q[..., 2:].shape)
    d = np.ldexp(RNG.integers(1, 64, (8, 4, 1)).astype(float), -9)
    m = RNG.integers(-64, 64, (8, 4, 1)) / 16
    x = (m + d * np.clip(q, 0, steps)).reshape(8, 128)
    found = quantize(x, weight(f"gguf_{name}"))
    theirs = gguf_quantize(x.astype(np.float32), GGMLQuantizationType[name.upper()])
    assert storage.pack(name, found) == theirs.tobytes()


@pytest.mark.parametrize("name", ["gguf_q4_1", "gguf_q5_1", "gguf_q2_k", "gguf_q4_k", "gguf_q5_k"])
def test_what_blocks_with_offsets_hold_is_found_again(name):
    """Blocks that reach both ends of their codes and scales have one best description."""
    operand = weight(name)
    shape = (4, 512)
    codes = RNG.integers(0, 1 << operand.planes[0].element.bits, shape, np.uint8)
    codes[:, ::16], codes[:, 1::16] = 0, (1 << operand.planes[0].element.bits) - 1
    scales = {}
    for level in operand.levels:
        size = level.span.shape(*shape)
        top = int(level.format.high) + 1 if level.integer else 0
        found = RNG.integers(1, top, size) if top else np.full(size, lookup("fp16").encode(0.25))
        if top:  # one of each super-block's scales is the greatest
            found[:, :: 256 // level.span.columns] = top - 1
        scales[level.name] = found.astype(level.format.dtype)
    held = Quantized(operand, {"code": codes}, scales)
    again = quantize(held.dequantize(), operand)
    np.testing.assert_array_equal(again.codes["code"], codes)
    for level in operand.levels:
        np.testing.assert_array_equal(again.scales[level.name], scales[level.name])


def test_a_block_above_zero_keeps_zero_in_reach_of_an_unsigned_offset():
    x = 1 + RNG.uniform(size=(1, 256))
    found = quantize(x, weight("gguf_q4_k"))
    assert not found.scales["m"].any() and np.abs(found.dequantize() - x).max() < 0.15


def nearest_sums(x, tables, scales):
    """All sums of scaled entries by brute force: the least distance for each value."""
    sums = [
        sum(s * t for s, t in zip(scales, entries, strict=True)) for entries in product(*tables)
    ]
    return np.abs(x[..., None] - np.array(sums)).min(axis=-1)


@pytest.mark.parametrize("name, tables", [("fdb", [(0, 1)] * 2), ("ptqtp", [(-1, 0, 1)] * 2)])
def test_sums_of_planes_are_the_nearest_and_their_scales_fit(name, tables):
    x = RNG.normal(size=(3, 256))
    found = quantize(x, weight(name))
    a1, a2 = (lookup("fp16").decode(found.scales[key]) for key in ("a1", "a2"))
    for row, column in product(range(3), range(2)):
        piece = slice(128 * column, 128 * column + 128)
        values = x[row, piece]
        error = found.dequantize()[row, piece] - values
        scales = a1[row, column], a2[row, column]
        np.testing.assert_array_equal(np.abs(error), nearest_sums(values, tables, scales))
        # No scale can be moved by 1 % for the better.
        planes = [found.elements(i)[row, piece] for i in range(2)]
        for i, factor in product(range(2), (0.99, 1.01)):
            moved = [s * (factor if i == j else 1) for j, s in enumerate(scales)]
            other = sum(s * plane for s, plane in zip(moved, planes, strict=True)) - values
            assert np.square(other).sum() > np.square(error).sum()


@pytest.mark.parametrize("name", ["fdb", "ptqtp"])
def test_no_plane_is_left_unused(name):
    x = np.random.default_rng(0).normal(size=(120, 256))
    found = quantize(x, weight(name))
    for plane in range(2):
        assert found.elements(plane).reshape(120, 2, 128).any(axis=2).all()


def test_two_trit_planes_are_better_than_one():
    x = RNG.normal(size=(4, 128))
    one = Operand((Plane(lookup("ternary"), (Level(lookup("fp16"), group(128)),)),))
    two = quantize(x, weight("ptqtp"))
    errors = [np.square(found.dequantize() - x).sum(axis=1) for found in (quantize(x, one), two)]
    assert (errors[1] < errors[0] / 3).all()


def test_dual_binary_planes_have_the_four_levels_of_db_llm():
    """Weights on -s, 0, s, 2s are found again: b1 = H(w - s/2), b2 = H(-(w - a1 b1 + s/2))."""
    s = 0.375
    w = s * RNG.integers(-1, 3, (2, 256))
    found = quantize(w, weight("fdb"))
    b1 = w > s / 2
    b2 = w - 2 * s * b1 + s / 2 < 0
    np.testing.assert_array_equal(found.codes["b1"], b1)
    np.testing.assert_array_equal(found.codes["b2"], b2)
    np.testing.assert_array_equal(found.dequantize(), w)


def test_phases_and_scales_are_those_of_ifairy():
    """By the intervals of its definition, borders and zero included."""
    grid = np.arange(-4, 5) / 4
    w = (grid[:, None] + 1j * grid).reshape(9, 9)
    found = quantize(w, weight("ifairy"))
    a, b = w.real, w.imag
    plus_one = (a > 0) & (-a <= b) & (b < a) | (w == 0)
    plus_i = (b > 0) & (-b < a) & (a <= b)
    minus_one = (a < 0) & (a < b) & (b <= -a)
    minus_i = (b < 0) & (b <= a) & (a < -b)
    assert (plus_one ^ plus_i ^ minus_one ^ minus_i).all()
    code = np.select([minus_one, plus_one, minus_i, plus_i], [0, 1, 2, 3])
    np.testing.assert_array_equal(found.codes["phase"], code)
    for key, part, of in (("s_re", a, plus_one | minus_one), ("s_im", b, plus_i | minus_i)):
        assert found.scales[key] == np.float16(np.abs(part[of]).mean()).view(np.uint16)


def test_the_parts_of_complex_activations_have_scales_of_their_own():
    x = RNG.normal(size=(3, 64)) + 5j * RNG.normal(size=(3, 64))
    found = quantize(x, design("ifairy").arithmetic.activation)
    for key, code, part in (("t_re", "re", x.real), ("t_im", "im", x.imag)):
        exact = np.abs(part).max(axis=1) / 127
        scale = np.float32(exact)
        scale = np.where(scale < exact, np.nextafter(scale, np.float32(np.inf)), scale)
        np.testing.assert_array_equal(found.scales[key][:, 0], scale.view(np.uint32))
        wanted = np.rint(part / scale[:, None].astype(float)).astype(np.int8)
        np.testing.assert_array_equal(found.codes[code].view(np.int8), wanted)


@pytest.mark.parametrize("name", ["denseshift2", "denseshift4", "posit8_2", "posit16_3"])
def test_formats_without_room_at_zero_get_a_scale_that_fits(name):
    x = RNG.normal(size=(2, 256))
    found = quantize(x, design(name).arithmetic.weight)
    assert np.square(found.dequantize() - x).sum() < 0.3 * np.square(x).sum()
