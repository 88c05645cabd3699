"""Engines whose results leave as codes, against onnxruntime, TFLite's text and fractions."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.coded import matmul
from macsmith.golden.errors import DesignError
from second_models.onnx_model import qlinear_matmul

from macsmith import Options, design, lookup, quantize

RNG = np.random.default_rng(24)
N, M, K = 6, 5, 40


def matrices(first=np.int8, most=63):
    """Codes of weights and activations. Weights of at most 63: where a processor sums pairs of
    products in 16 bits, onnxruntime's fit."""
    w = RNG.integers(-most, most + 1, (N, K)).astype(np.int8)
    info = np.iinfo(first)
    return w, RNG.integers(info.min, info.max + 1, (M, K)).astype(first)


def chain(name, **options):
    return design(name, Options(rows=2, cols=2, lanes=4, **options))


@pytest.mark.parametrize("scale", [0.001, 2.0**-8, 0.5])
def test_qlinear_uint8_is_onnxruntimes_qlinear_matmul(scale):
    """A scale a channel; the zero point of activations, 128, is in the bias."""
    w, a = matrices(np.uint8)
    scales = np.float32(np.exp2(RNG.uniform(-3, 3, N)))
    wanted = qlinear_matmul(a, w.T, scale, np.uint8(128), scales).T
    held = {
        "multiplier": (np.float32(scale) * scales).view(np.uint32),
        "bias": (-128 * w.astype(np.int64).sum(1)).astype(np.int32),
    }
    found = matmul(chain("qlinear_uint8"), w, a, held=held)
    assert np.array_equal(found.values, wanted) and found.format == lookup("uint8")
    assert scale == 0.5 or len(np.unique(wanted)) > 10


def test_one_scale_for_all_rows_is_a_tensors():
    w, a = matrices()
    wanted = qlinear_matmul(a, w.T, 0.003, np.int8(-9)).T
    held = {"multiplier": np.float32([0.003]).view(np.uint32)}
    for more in ((), ("group=0",)):
        made = chain("int8xint8", requantize="qlinear", set=("zero=-9", *more))
        found = matmul(made, w, a, held=held)
        assert np.array_equal(found.values.view(np.int8), wanted)


def tflite(x, m, right):
    """MultiplyByQuantizedMultiplier of TFLite for shifts to the right, as its text has it."""
    high = (x * m + (1 << 30)) >> 31
    rest, half = high & (1 << right) - 1, ((1 << right) - 1 >> 1) + (high < 0)
    return (high >> right) + (rest > half)


def clipped(value, low, high):
    return max(low, min(high, value))


@pytest.mark.parametrize("relu, clamp", [(None, None), (True, None), (True, (3.0, 90.0))])
def test_tflite_int8_is_tflites_text(relu, clamp):
    w, a = matrices(most=127)
    m = RNG.integers(1 << 30, 1 << 31, N)
    right, bias = RNG.integers(7, 11, N), RNG.integers(-5000, 5000, N)
    made = chain("tflite_int8", relu=relu, clamp=clamp, set=("zero=5",))
    held = {"multiplier": m.astype(np.int32), "shift": right.astype(np.uint8),
            "bias": bias.astype(np.int32)}  # fmt: skip
    found = matmul(made, w, a, held=held).values.view(np.int8)
    low, high = (int(end) for end in clamp or (-128, 127))
    for row in range(N):
        for column in range(M):
            x = sum(int(p) * int(q) for p, q in zip(w[row], a[column], strict=True))
            y = tflite(x + int(bias[row]), int(m[row]), int(right[row])) + 5
            wanted = clipped(y, max(low, 5) if relu else low, high)
            assert found[row, column] == wanted
    assert len(np.unique(found)) > 5


@pytest.mark.parametrize("result", ["int2", "int4", "int7", "uint8"])
def test_dyadic_and_powers_of_two_are_rationals_rounded_once(result):
    w, a = matrices()
    form = lookup(result)
    for name, m in (("dyadic", (1 << 30) + 12345), ("requantize_pow2", None)):
        made = chain("int8xint8", requantize=name, output=result, bias="none")
        shift = 12 if m is None else 11  # beside the constant 31
        held = {"shift": np.uint8([shift])} | ({} if m is None else {"multiplier": np.uint32([m])})
        found = form.integers(matmul(made, w, a, held=held).values)
        for row in range(N):
            for column in range(M):
                x = sum(int(p) * int(q) for p, q in zip(w[row], a[column], strict=True))
                y = round(Fraction(x * (m or 1), 1 << (shift if m is None else 42)))  # half to even
                assert found[row, column] == clipped(y, form.low, form.high)


def test_floats_are_products_rounded_once():
    w, a = matrices()
    scale = np.float32(np.exp2(RNG.uniform(-12, -4, N)))
    made = chain("int8xint8", requantize="requantize_e4m3")
    found = matmul(made, w, a, held={"multiplier": scale.view(np.uint32)})
    exact = (w.astype(np.int64) @ a.astype(np.int64).T) * scale.astype(np.float64)[:, None]
    wanted = np.clip(exact, -448, 448).astype(ml_dtypes.float8_e4m3fn)
    assert np.array_equal(found.values, wanted.view(np.uint8))


@pytest.mark.parametrize("name", ["w8a8", "mxfp8_e4m3", "nvfp4", "e4m3xe4m3"])
def test_engines_with_scales_give_codes(name):
    """Their FP32 results, times a scale a channel, as NumPy, onnxruntime's rules and ml_dtypes have
    it."""
    engine = design(name, Options(rows=2, cols=2, lanes=4, output="fp32"))
    sides = engine.arithmetic.weight, engine.arithmetic.activation
    w, a = (
        quantize(RNG.normal(0, 1, (n, 64)), side) for n, side in zip((N, M), sides, strict=True)
    )
    sums = matmul(engine, w, a).values.view(np.float32)
    scale = np.float32(np.exp2(RNG.uniform(-1, 4, N)))
    held = {"multiplier": scale.view(np.uint32)}

    found = matmul(chain(name, requantize="requantize_fp32_e4m3"), w, a, held=held)
    exact = sums.astype(float) * scale.astype(float)[:, None]
    wanted = np.clip(exact, -448, 448).astype(ml_dtypes.float8_e4m3fn)
    assert np.array_equal(found.values, wanted.view(np.uint8)) and np.isfinite(sums).all()

    found = matmul(
        chain(name, requantize="qlinear", output="uint8", set=("zero=99",)), w, a, held=held
    )
    wanted = np.clip(np.rint(sums * scale[:, None]) + 99, 0, 255)
    assert np.array_equal(found.values, wanted) and len(np.unique(wanted)) > 10


def test_sums_start_from_initial_values():
    w, a = matrices()
    made = chain("int8xint8", requantize="requantize_pow2", initial="int16", output="int16")
    start = RNG.integers(-(1 << 15), 1 << 15, (N, M))
    found = matmul(made, w, a, initial=start, held={"shift": np.uint8([6])}).values.view(np.int16)
    for row, column in np.ndindex(N, M):
        x = sum(int(p) * int(q) for p, q in zip(w[row], a[column], strict=True))
        wanted = round(Fraction(x + int(start[row, column]), 64))  # half to even
        assert found[row, column] == clipped(wanted, -32768, 32767)


@pytest.mark.parametrize(
    "name, options, held, message",
    [
        ("tflite_int8", {}, {}, "held has codes of multiplier, shift, bias, by name; got none"),
        ("int8xint8", {}, {"bias": 3}, "held is what requantizers hold, int8xint8_2x2x4 has none"),
        ("int8xint8", {"requantize": "qlinear"}, {"multiplier": np.zeros(3, np.uint32)},
         r"multiplier must be one code, or 6, one a row, got shape \(3,\)"),
        ("int8xint8", {"requantize": "qlinear", "set": ("group=0",)},
         {"multiplier": np.zeros(6, np.uint32)}, "must be one code for all rows, got shape"),
        ("int8xint8", {"requantize": "qlinear", "set": ("group=8",)},
         {"multiplier": np.zeros(6, np.uint32)}, "row of results, group 2, or of a tile, group 0"),
        ("mxfp8_layer", {}, {}, "matrices go through an engine, or one with a requantizer behind"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(name, options, held, message):
    w, a = matrices()
    with pytest.raises(DesignError, match=message):
        matmul(chain(name, **options), w, a, held=held)
