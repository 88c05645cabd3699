"""Requantizers against the definitions of TFLite in C, onnxruntime, ml_dtypes and fractions."""

import ctypes
import subprocess
from fractions import Fraction
from functools import cache
from math import floor

import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.errors import DesignError, UnknownName
from macsmith.golden.streams import Beats
from macsmith.golden.units import Requantize
from macsmith.golden.units.requantize_rules import SHIFT_ROUNDINGS, relu, shift_right
from second_models.onnx_model import qlinear_matmul, quantize_linear

from macsmith import lookup

NAMED = ("sums", "multiplier", "shift", "bias", "result")
RNG = np.random.default_rng(5)


def unit(rule, **given):
    formats = {key: value and lookup(value) for key, value in given.items() if key in NAMED}
    return Requantize(name="r", rule=rule, **{**given, **formats})


def of(given, x, held=()):
    """Results as integers, for sums and what groups hold as integers."""
    held = {name: coded(given.held[name], values) for name, values in dict(held).items()}
    return given.result.integers(given.requantize(coded(given.sums, x), held)).astype(int)


def coded(fmt, values):
    """Integers as codes."""
    return (np.asarray(values, np.int64) & (1 << fmt.bits) - 1).astype(fmt.dtype)


#: The definitions' integer text: ab + nudge over 2^31, truncated, rounds with ties
#: toward +infinity; the power of two rounds ties away from zero; a single rounding adds a half.
DEFINITIONS = """
#include <cstdint>
typedef const int32_t *In;
extern "C" void tflite(int n, In x, In m, In right, int32_t *y) {
    for (int i = 0; i < n; i++) {
        int left = right[i] < 0 ? -right[i] : 0, down = right[i] > 0 ? right[i] : 0;
        int64_t ab = (int64_t)(x[i] * (1 << left)) * m[i];
        int64_t nudge = ab >= 0 ? (1ll << 30) : 1 - (1ll << 30);
        int64_t high = (ab + nudge) / (1ll << 31);
        if (x[i] == INT32_MIN && m[i] == INT32_MIN) high = INT32_MAX;
        int64_t mask = (1ll << down) - 1, rest = high & mask, half = (mask >> 1) + (high < 0);
        y[i] = (high >> down) + (rest > half);
    }
}
extern "C" void single(int n, In x, In m, In right, int32_t *y) {
    for (int i = 0; i < n; i++) {
        int total = 31 + right[i];
        y[i] = ((int64_t)x[i] * m[i] + (1ll << (total - 1))) >> total;
    }
}
"""


@pytest.fixture(scope="module")
def definitions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("definitions")
    (folder / "d.cpp").write_text(DEFINITIONS)
    command = ["g++", "-shared", "-fPIC", "-O1", "-o", "d.so", "d.cpp"]
    subprocess.run(command, cwd=folder, check=True)
    library = ctypes.CDLL(str(folder / "d.so"))

    def call(name, *arrays):
        arrays = [np.ascontiguousarray(array, np.int32) for array in arrays]
        made = np.zeros(len(arrays[0]), np.int32)
        pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (*arrays, made)]
        getattr(library, name)(len(made), *pointers)
        return made.astype(int)

    return call


def drawn(count, left):
    """Sums, multipliers in Q31 and right shifts, so that results lie about those of 16 bits."""
    right = RNG.integers(-left, 31, count)
    m = RNG.integers(1 << 30, 1 << 31, count)
    m[::3] = 1 << RNG.integers(20, 31, len(m[::3]))  # meets ties
    near = RNG.integers(-40000, 40000, count) + RNG.choice([0, 0.5], count)
    x = np.rint(near * 2.0 ** (31 + right) / m)
    most = (1 << 31 - left) - 1
    x = np.clip(x, -most, most).astype(np.int64)
    x[::5] = RNG.integers(-most, most, len(x[::5]))
    return x, m, right


@pytest.mark.parametrize(
    "name, rule, rounding", [("tflite", "tflite", None), ("single", "dyadic", "nearest_up")]
)
def test_tflite_is_its_definition(definitions, name, rule, rounding):
    more = {"rounding": rounding} if rounding else {}
    given = unit(rule, shift="int6", result="int16", **more)
    x, m, right = drawn(60000, 4 if rule == "tflite" else 0)
    wanted = np.clip(definitions(name, x, m, right), -(1 << 15), (1 << 15) - 1)
    found = of(given, x, {"multiplier": m, "shift": right})
    assert np.array_equal(found, wanted)
    inside = abs(wanted) < 32000
    assert inside.mean() > 0.4 and len(set(wanted.tolist())) > 10000


def test_the_least_number_squared_saturates(definitions):
    least = -(1 << 31)
    right = np.array([0, 1, 20, 30])
    wanted = definitions("tflite", [least] * 4, [least] * 4, right)
    found = of(unit("tflite", shift="uint5", result="int16"), [least] * 4,
               {"multiplier": [least] * 4, "shift": right})  # fmt: skip
    assert np.array_equal(found, np.clip(wanted, -(1 << 15), (1 << 15) - 1))


def test_two_roundings_are_not_one():
    """7984 × 0.00144027 is 11.499: one rounding gives 11, two give 12."""
    held = {"multiplier": [1583593612], "shift": [9]}
    assert of(unit("tflite", shift="uint5"), [7984], held) == [12]
    assert of(unit("dyadic", shift="uint5", rounding="nearest_up"), [7984], held) == [11]


def test_hawq_is_float64s_rint_where_products_are_exact():
    """Its kernels round(z · m / 2^e) in float64, exact for products of 53 bits."""
    given = unit("dyadic", shift="uint5", result="int8")
    x, m = RNG.integers(-(1 << 21), 1 << 21, 50000), RNG.integers(0, 1 << 31, 50000)
    m[::2] = 1 << RNG.integers(0, 31, 25000)
    e = RNG.integers(0, 32, 50000)
    wanted = np.clip(np.rint(x.astype(float) * m / 2.0 ** (31 + e)), -128, 127)
    assert np.array_equal(of(given, x, {"multiplier": m, "shift": e}), wanted.astype(int))


def linear(acc, scale, zero, dtype):
    """onnxruntime's QLinearMatMul whose sums are ``acc``: acc = 63 · 126 · q + 63 · r + s.

    No weight is greater than 63: where a processor sums pairs of products in 16 bits, these fit.
    """
    q, rest = np.divmod(acc, 63 * 126)
    r, s = np.divmod(rest, 63)
    assert abs(q).max() < 128
    a = np.concatenate([np.repeat(q[:, None], 126, 1), r[:, None], s[:, None]], 1)
    b = np.array([63] * 126 + [63, 1])[:, None]
    assert (a @ b == acc[:, None]).all()
    if dtype == np.uint8:  # of which the first operand has to be, too
        a = a + 128
    zero = np.asarray(zero, dtype)
    return qlinear_matmul(a.astype(dtype), b.astype(np.int8), scale, zero)[:, 0]


@pytest.mark.parametrize("scale", [0.5, 0.25, 0.015625, 0.1, 0.0009765625, 0.37, 1.5])
@pytest.mark.parametrize("dtype, zero", [(np.int8, 3), (np.int8, -7), (np.uint8, 131)])
def test_qlinear_is_onnxruntimes(scale, dtype, zero):
    """Ties of both signs; the zero point is added after rounding."""
    acc = np.unique(np.concatenate([
        np.arange(-700, 701), RNG.integers(-1 << 20, 1 << 20, 2000),
        np.rint(RNG.integers(-300, 300, 2000) / 2 / scale).astype(int),
    ]))  # fmt: skip
    acc = acc[abs(acc) < 63 * 126 * 127]
    given = unit("qlinear", multiplier="fp32", distance=0, zero=zero,
                 result="uint8" if dtype == np.uint8 else "int8")  # fmt: skip
    scales = {"multiplier": np.float32(scale).view(np.uint32)}
    codes = given.requantize(acc.astype(np.uint32), scales)
    assert np.array_equal(codes.view(dtype), linear(acc, scale, zero, dtype))


def test_the_zero_point_comes_after_rounding():
    given = unit("qlinear", multiplier="fp32", distance=0, zero=3)
    half = {"multiplier": np.float32(0.5).view(np.uint32)}
    codes = given.requantize(np.array([-33, 33], np.int32).view(np.uint32), half)
    assert codes.view(np.int8).tolist() == [-13, 19]  # -16.5 -> -16, 16.5 -> 16


def test_sums_beyond_24_bits_are_rounded_to_fp32_first():
    given = unit("qlinear", multiplier="fp32", distance=0)
    tiny = {"multiplier": np.float32(2.0**-24).view(np.uint32)}
    x = np.array(
        [(1 << 24) + 1, 3 * (1 << 23) + 1, 3 * (1 << 24) + 1, 5 * (1 << 23) + 1], np.uint32
    )
    wanted = np.rint(x.astype(np.float32) * np.float32(2.0**-24))
    assert given.requantize(x, tiny).tolist() == wanted.tolist() == [1, 2, 3, 2]


def test_nan_and_infinite_scales_of_integers():
    given = unit("qlinear", multiplier="fp32", distance=0, zero=3)
    for scale, wanted in ((np.nan, 3), (np.inf, 127), (-np.inf, -128)):
        code = given.requantize(
            np.array([9], np.uint32), {"multiplier": np.float32(scale).view(np.uint32)}
        )
        assert code.view(np.int8) == wanted
    zero = given.requantize(
        np.array([0], np.uint32), {"multiplier": np.float32(np.inf).view(np.uint32)}
    )
    assert zero.view(np.int8) == 3  # 0 times infinity is NaN


@pytest.mark.parametrize("result, dtype", [
    ("e4m3", ml_dtypes.float8_e4m3fn), ("e5m2", ml_dtypes.float8_e5m2), ("fp16", np.float16),
    ("bf16", ml_dtypes.bfloat16), ("e4m3_fnuz", ml_dtypes.float8_e4m3fnuz),
])  # fmt: skip
def test_floats_are_those_of_ml_dtypes(result, dtype):
    """Products of 24 bits are exact in float32, which ml_dtypes rounds once; overflow apart."""
    given = unit("scale", multiplier="bf16", distance=0, sums="int16", result=result)
    x = RNG.integers(-(1 << 15), 1 << 15, 60000)
    scales = RNG.permutation(1 << 16)[:60000].astype(np.uint16)
    with np.errstate(invalid="ignore"):
        product = x * scales.view(ml_dtypes.bfloat16).astype(float)
    fits = np.isfinite(product) & (abs(product) < float(given.result.maximum))
    fits &= (abs(product) > 1e-37) | (product == 0)
    found = given.requantize(x.astype(np.uint16), {"multiplier": scales})
    wanted = product[fits].astype(np.float32).astype(dtype)
    assert fits.sum() > 10000
    assert np.array_equal(given.result.decode(found)[fits], wanted.astype(float))


@pytest.mark.parametrize("rounding", SHIFT_ROUNDINGS)
def test_shifts_are_fractions_rounded(rounding):
    values = np.arange(-70, 71)
    for distance in (-2, 0, 1, 3, 9):
        exact = [Fraction(int(v)) / Fraction(2) ** distance for v in values]
        half = Fraction(1, 2)
        wanted = {
            "nearest_even": [round(v) for v in exact],
            "nearest_up": [floor(v + half) for v in exact],
            "nearest_away": [int(v + half) if v >= 0 else -int(-v + half) for v in exact],
            "toward_zero": [int(v) for v in exact],
            "up": [-floor(-v) for v in exact],
            "down": [floor(v) for v in exact],
            "odd": [floor(v) | (v != floor(v)) for v in exact],
        }[rounding]
        found = shift_right(values, np.full(len(values), distance), rounding)
        assert found.tolist() == wanted


def test_relu_and_clamps():
    power = {"multiplier": None, "distance": 0, "sums": "int16"}
    six = unit("dyadic", **power, result="uint8", zero=10, relu=True, clamp=(0, 16))
    assert of(six, [-300, -1, 0, 3, 6, 7, 300]).tolist() == [10, 10, 10, 13, 16, 16, 16]
    plain = unit("dyadic", **power, clamp=(-5, 6), zero=-1)
    assert of(plain, [-300, -5, 0, 7, 8]).tolist() == [-5, -5, -1, 6, 6]
    floats = unit("scale", multiplier=None, distance=0, sums="int16", result="e4m3", relu=True)
    codes = floats.requantize(np.array([-3, 0, 3], np.int16).view(np.uint16), {})
    assert floats.result.decode(codes).tolist() == [0, 0, 3] and codes[0] == 0


def test_biases_come_before_multipliers():
    given = unit("dyadic", sums="int16", multiplier="uint8", distance=4, bias="int16")
    assert of(given, [100, -100], {"multiplier": [8, 8], "bias": [23, -23]}).tolist() == [62, -62]


def test_channels_and_groups():
    """Each row has multipliers of its own, which the next group changes."""
    given = unit("dyadic", sums="int16", multiplier="uint8", distance=0, rows=2, group=2)
    sums = Beats((np.array([[1, 2], [3, 4], [5, 6]]),), (None,), np.array([False, False, True]))
    scale = Beats((np.array([[2, 3], [1, 10]]),), (None,), np.zeros(2, bool))
    made = given.answer({"sums": sums, "scale": scale})["result"]
    assert made.values[0].tolist() == [[2, 6], [6, 12], [5, 60]]
    assert made.last.tolist() == [False, False, True]


@pytest.mark.parametrize("given, message", [
    ({"rule": "tflit"}, "unknown rule 'tflit'"),
    ({"rule": "dyadic", "rounding": "even"}, "unknown rounding 'even'"),
    ({"rule": "dyadic", "multiplier": "fp32"}, "takes an integer multiplier or none, got fp32"),
    ({"rule": "dyadic", "result": "e4m3"}, "gives integers, got result e4m3: choose rule scale"),
    ({"rule": "tflite", "multiplier": None}, "needs a multiplier, such as int32: got none"),
    ({"rule": "tflite", "distance": 15}, "distance must be 31, got 15"),
    ({"rule": "tflite", "rounding": "up"}, "has its own roundings, got rounding up"),
    ({"rule": "qlinear"}, "by fp32 scales, got multiplier int32"),
    ({"rule": "qlinear", "multiplier": "fp32", "distance": 9},
     "shift and distance belong to integer multipliers, .* got shift none, distance 9; leave them"),
    ({"rule": "dyadic", "sums": "mxint8"}, "sums must be counted in ones, got mxint8 in units"),
    ({"rule": "dyadic", "multiplier": "bipolar4"}, "takes an integer .*or none, got bipolar4$"),
    ({"rule": "qlinear", "multiplier": "fp32", "distance": 0, "result": "bf16"}, "rule scale"),
    ({"rule": "scale", "multiplier": "fp32", "distance": 0}, "choose rule qlinear"),
    ({"rule": "scale", "multiplier": "fp32", "distance": 0, "result": "e2m1"}, "cannot hold NaN"),
    ({"rule": "scale", "multiplier": "ue4m3_finite", "distance": 0, "result": "e2m1", "zero": 1},
     "zero points belong to integer results, got zero 1 beside result e2m1: leave zero out"),
    ({"rule": "dyadic", "sums": "fp32"},
     "rule dyadic: sums are integers of up to 64 bits, got fp32: choose rule qlinear for integer"),
    ({"rule": "qlinear", "multiplier": None}, "by fp32 scales, got multiplier none: choose fp32$"),
    ({"rule": "qlinear", "multiplier": "fp16", "sums": "fp32"}, "fp16: choose fp32 or none"),
    ({"rule": "qlinear", "multiplier": "fp32", "sums": "e4m3"},
     "integers of up to 64 bits, or fp32, bf16 or fp16, got e4m3"),
    ({"rule": "qlinear", "multiplier": "fp32", "sums": "fp32", "bias": "int32"},
     "a bias of float sums is a signed float with zero of up to 32 bits, got int32: choose bias "
     "fp32 or none"),
    ({"rule": "scale", "multiplier": None, "sums": "fp32", "result": "e3m2"},
     "e3m2 cannot hold NaN, which fp32 can bring: nan = 'zero' makes it \\+0, or choose"),
    ({"rule": "scale", "multiplier": None, "sums": "fp32", "result": "bf16", "nan": "zero"},
     "nan = 'zero' is for an output format without NaN"),
    ({"rule": "qlinear", "multiplier": "fp32", "nan": "zero"},
     "got result int8, where NaN becomes the zero point: leave nan out"),
    ({"rule": "scale", "multiplier": None, "sums": "fp32", "result": "bf16", "nan": "0"},
     "unknown treatment of NaN '0'"),
    ({"rule": "scale", "multiplier": None, "sums": "fp32", "result": "e4m3", "clamp": (0.0, 0.3)},
     "clamp's bound 0.3 is not a value of e4m3; the nearest is 0.3125"),
    ({"rule": "scale", "multiplier": None, "sums": "fp32", "result": "bf16", "relu": True,
      "clamp": (-2.0, -1.0)}, "nothing is left between 0, where ReLU begins, and the clamp's -1"),
    ({"rule": "dyadic", "bias": "fp16"}, "a bias is an integer of up to 32 bits, got fp16"),
    ({"rule": "dyadic", "zero": 200}, "the zero point of int8 lies in -128 to 127, got 200"),
    ({"rule": "dyadic", "clamp": (3, 2)}, r"the least and then the greatest .* got \[3, 2\]"),
    ({"rule": "dyadic", "relu": True, "zero": 9, "clamp": (0, 5)}, "nothing is left between"),
    ({"rule": "dyadic", "shift": "int16"}, "take a narrower format for the shift"),
    ({"rule": "dyadic", "group": 3, "lanes": 2}, "does not divide into beats of 2 lanes"),
])  # fmt: skip
def test_what_cannot_be_is_told(given, message):
    with pytest.raises((DesignError, UnknownName), match=message):
        unit(**given)


@pytest.mark.parametrize("given, message", [
    ({"sums": "int32"}, r"sums must be a format, such as lookup\('int32'\), got 'int32'"),
    ({"shift": 5}, r"a format or None \(a constant shift is distance\), got 5"),
    ({"relu": "false"}, "relu must be True or False, got 'false'"),
    ({"shared": None}, "shared must be True or False, got None"),
    ({"clamp": [0, 6]}, r"clamp must be a tuple of two whole numbers, or \(\), got \[0, 6\]"),
    ({"zero": 1.0}, "zero must be a whole number, got 1.0"),
    ({"rule": ["dyadic"]}, "rule must be a name"),
])  # fmt: skip
def test_what_is_of_a_wrong_type_is_told(given, message):
    with pytest.raises(TypeError, match=message):
        Requantize(name="r", **given)


def test_values_that_groups_do_not_have_are_told():
    given = unit("dyadic", shift="uint5")
    sums, one = np.zeros(3, np.uint32), np.uint32(1)
    with pytest.raises(DesignError, match="takes codes of multiplier, shift for a group, got mult"):
        given.requantize(sums, {"multiplier": one})
    with pytest.raises(DesignError, match=r"must broadcast to the sums' shape \(3,\), got \(2,\)"):
        given.requantize(sums, {"multiplier": one, "shift": np.zeros(2, np.uint8)})


def test_a_single_sum_gives_a_single_code():
    given = unit("dyadic", multiplier=None, distance=1, sums="int16")
    assert given.requantize(np.uint16(14), {}) == 7


@pytest.mark.parametrize("name, sums", [
    ("int64", [-(1 << 63), -(1 << 63) + 1, -1, 0, (1 << 63) - 1]),
    ("uint64", [0, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, (1 << 64) - 1]),
])  # fmt: skip
def test_sums_of_64_bits(name, sums):
    given = unit("dyadic", multiplier=None, distance=60, sums=name, rounding="down")
    codes = np.array([value & (1 << 64) - 1 for value in sums], np.uint64)
    assert given.sums.integers(codes).tolist() == sums
    assert of_codes(given, codes).tolist() == [value >> 60 for value in sums]


def of_codes(given, codes):
    return given.result.integers(given.requantize(codes, {})).astype(int)


def test_relu_of_floats_gives_plus_zero_and_keeps_nan():
    """Codes of E4M3 beside ml_dtypes: -0 and what is below become +0."""
    codes = np.arange(256).astype(np.uint8)
    values = codes.view(ml_dtypes.float8_e4m3fn).astype(float)
    wanted = np.where(np.isnan(values) | ~np.signbit(values), codes, 0)
    np.testing.assert_array_equal(relu(lookup("e4m3"), codes), wanted)


# Sums that are floats.

#: Of numbers beyond all, and of NaN.
QUIET = np.errstate(over="ignore", invalid="ignore")
SUMS = {"fp32": np.float32, "bf16": ml_dtypes.bfloat16, "fp16": np.float16}


def bits(values):
    return values.view(f"u{values.dtype.itemsize}")


@QUIET
def every(sums, count=200000):
    """All codes of a format of 16 bits; of FP32 random ones, and such as scales bring to ties."""
    if sums != "fp32":
        return np.arange(1 << 16, dtype=np.uint16).view(SUMS[sums])
    codes = RNG.integers(0, 1 << 32, count, np.uint32).view(np.float32)
    codes[::2] = RNG.integers(-700, 700, len(codes[::2])) / 2
    codes[::7] += np.float32(2.0**-16)
    return codes


@pytest.mark.parametrize("sums", SUMS)
@pytest.mark.parametrize("result, dtype, zero", [
    ("int8", np.int8, -5), ("uint8", np.uint8, 128), ("int16", np.int16, 100),
    ("int4", ml_dtypes.int4, 2), ("int2", ml_dtypes.int2, 0),
])  # fmt: skip
@QUIET
def test_floats_become_onnxruntimes_quantized_integers(sums, result, dtype, zero):
    """QuantizeLinear divides: by a power of two that is a product with the inverse."""
    x = every(sums)
    x = x[~np.isnan(x)]
    for scale in (1.0, 0.25, 8.0):
        given = unit("qlinear", sums=sums, multiplier="fp32", distance=0, result=result, zero=zero)
        inverse = {"multiplier": np.float32(1 / scale).view(np.uint32)}
        found = given.result.integers(given.requantize(bits(x), inverse)).astype(int)
        low, high = given.result.low, given.result.high
        if result in ("int8", "uint8"):
            wanted = quantize_linear(x.astype(np.float32), scale, np.asarray(zero, dtype))
        else:
            wanted = np.clip(np.rint(x.astype(float) / scale) + zero, low, high)
        assert np.array_equal(found, wanted.astype(int))
        assert set(found.tolist()) >= {low, zero, high}


@QUIET
def test_scales_that_are_no_powers_of_two_multiply_in_fp32():
    """Two roundings: of the product to FP32, of that to an integer."""
    x, scales = every("fp32"), np.exp2(RNG.uniform(-8, 8, 200000)).astype(np.float32)
    given = unit("qlinear", sums="fp32", multiplier="fp32", distance=0, result="int8")
    product = x * scales
    wanted = np.clip(np.rint(np.where(np.isnan(product), 0, product)), -128, 127)
    found = given.requantize(bits(x), {"multiplier": bits(scales)}).view(np.int8)
    assert np.array_equal(found, wanted.astype(np.int8))


@pytest.mark.parametrize("sums", SUMS)
@pytest.mark.parametrize("result, dtype", [
    ("e4m3", ml_dtypes.float8_e4m3fn), ("e5m2", ml_dtypes.float8_e5m2), ("fp16", np.float16),
    ("bf16", ml_dtypes.bfloat16), ("e4m3_fnuz", ml_dtypes.float8_e4m3fnuz),
    ("e2m1", ml_dtypes.float4_e2m1fn), ("e3m2", ml_dtypes.float6_e3m2fn),
])  # fmt: skip
@QUIET
def test_floats_become_those_of_ml_dtypes(sums, result, dtype):
    """Without a multiplier, rounded once; what overflows saturates where there is no infinity."""
    target = lookup(result)
    nan = {} if target.has_nan else {"nan": "zero"}
    given = unit("scale", sums=sums, multiplier=None, distance=0, result=result, **nan)
    x = every(sums)
    found = given.requantize(bits(x), {})
    most = float(target.maximum)
    inside = np.abs(x.astype(np.float32)) <= most
    assert np.array_equal(found[inside], bits(x[inside].astype(np.float32).astype(dtype)))
    value, beyond = target.decode(found), ~inside & ~np.isnan(x)
    cast = x.astype(np.float32).astype(dtype).astype(float)
    greatest = cast if target.has_inf else np.sign(x.astype(float)) * most
    assert np.array_equal(value[beyond], greatest[beyond]) and beyond.any()
    nans = found[np.isnan(x)]
    assert (nans == target.nan_code).all() if target.has_nan else not nans.any()


@cache
def values_of(fmt):
    """The finite values of a format, of both zeros the positive, with their codes."""
    found, values = {}, fmt.decode(fmt.legal)
    for code, value in zip(fmt.legal, values, strict=True):
        if np.isfinite(value):
            found.setdefault(Fraction(float(value)), int(code))
    return found


def nearest(fmt, exact):
    """The value of a format that is nearest to a Fraction, of two the one with an even code."""
    values = values_of(fmt)
    if abs(exact) >= Fraction(float(fmt.maximum)):
        return float(fmt.maximum) if exact > 0 else -float(fmt.maximum)
    return float(min(values, key=lambda value: (abs(value - exact), values[value] & 1)))


@pytest.mark.parametrize("result", ["e4m3", "e2m1", "e3m2"])
def test_products_of_floats_and_scales_are_rounded_once(result):
    fmt = lookup(result)
    nan = {} if fmt.has_nan else {"nan": "zero"}
    given = unit("scale", sums="fp32", multiplier="fp32", distance=0, result=result, **nan)
    ties = 0
    for trial in given.trials(40, np.random.default_rng(3)):
        x = lookup("fp32").decode(trial["sums"].values[0]).ravel()
        whole = given.answer(trial)["result"].values[0].ravel()
        ends = given.ends(trial["sums"].last)
        scale = lookup("fp32").decode(trial["scale"].values[0])[np.cumsum(ends) - ends].ravel()
        for one, factor, code in zip(x, scale, whole, strict=True):
            if np.isfinite(one) and np.isfinite(factor):
                exact = Fraction(float(one)) * Fraction(float(factor))
                assert float(fmt.decode(code)) == nearest(fmt, exact)
                ties += near_a_tie(fmt, exact)
    assert ties > 40


def near_a_tie(fmt, exact):
    """Whether a number is within 2^-20 of itself of the middle of two neighbours."""
    values = sorted(values_of(fmt))
    middles = [(a + b) / 2 for a, b in zip(values, values[1:], strict=False)]
    return any(0 < abs(exact - m) * 2**20 <= abs(exact) for m in middles)


@QUIET
def test_a_bias_of_floats_is_added_in_fp32():
    given = unit("qlinear", sums="bf16", multiplier="fp32", distance=0, bias="fp32", result="int16")
    x, bias = every("bf16"), np.exp2(RNG.uniform(-20, 15, 1 << 16)).astype(np.float32)
    total = x.astype(np.float32) + bias
    wanted = np.clip(np.rint(np.where(np.isnan(total), 0, total * 0.5)), -(1 << 15), 32767)
    held = {"multiplier": np.float32(0.5).view(np.uint32), "bias": bits(bias)}
    assert np.array_equal(given.requantize(bits(x), held).view(np.int16), wanted.astype(np.int16))


def test_nan_infinity_and_zeros_of_floats():
    x = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0], np.float32)
    to = {"int8": [3, 127, -128, 3, 3], "bf16": [0x7FC0, 0x7F80, 0xFF80, 0x8000, 0],
          "e4m3": [0x7F, 0x7E, 0xFE, 0x80, 0], "e2m1": [0, 7, 15, 8, 0]}  # fmt: skip
    for result, wanted in to.items():
        more = {"zero": 3} if result == "int8" else {"nan": "zero"} if result == "e2m1" else {}
        rule = "qlinear" if result == "int8" else "scale"
        given = unit(rule, sums="fp32", multiplier=None, distance=0, result=result, **more)
        codes = given.requantize(bits(x), {})
        assert (codes.view(np.int8) if result == "int8" else codes).tolist() == wanted


def test_relu6_and_clamps_of_floats():
    x = np.array([np.nan, -np.inf, -3, -0.0, 2.5, 6, 7, np.inf], np.float32)
    given = unit("scale", sums="fp32", multiplier=None, distance=0, result="bf16", relu=True,
                 clamp=(0.0, 6.0))  # fmt: skip
    codes = given.requantize(bits(x), {})
    assert codes[0] == 0x7FC0 and not codes[1:4].any()
    assert given.result.decode(codes)[4:].tolist() == [2.5, 6, 6, 6]
    given = unit("scale", sums="fp32", multiplier=None, distance=0, result="e4m3", clamp=(-1.5, 4))
    assert given.result.decode(given.requantize(bits(x[1:]), {})).tolist() == [
        -1.5, -1.5, 0, 2.5, 4, 4, 4,
    ]  # fmt: skip
