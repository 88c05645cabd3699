"""Quantizers of values that are shifted and scaled by channels: against NumPy's and ml_dtypes' own
arithmetic, and fractions."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Quantize

from macsmith import lookup

FORMATS = ("values", "element", "scale", "tensor", "zero", "shift", "factor", "inner")
TYPES = {"bf16": ml_dtypes.bfloat16, "fp16": np.float16, "fp32": np.float32}


def unit(**given):
    return Quantize(
        name="q", **{key: lookup(v) if key in FORMATS else v for key, v in given.items()}
    )


def beats(*fields, last=False):
    marks = np.zeros(len(fields[0]), bool)
    marks[-1] = last
    return Beats(tuple(fields), (None,) * len(fields), marks)


def answered(q, x, **channel):
    """The fields of the result of numbers (beats, lanes)."""
    held = [q.channel[name].encode(channel[name], saturate=False) for name in q.channel]
    sent = {"values": beats(q.values.encode(x, saturate=False)), "channel": beats(*held)}
    return q.answer(sent)["result"].values


def plain(q, x):
    """What the same unit makes of values that are what ``q`` has in between."""
    same = Quantize(name="p", values=q.inner, element=q.element, scale=q.scale, rule=q.rule,
                    block=q.block, lanes=q.lanes, zero=q.zero)  # fmt: skip
    sent = {"values": beats(q.inner.encode(x, saturate=False))}
    return same.answer(sent)["result"].values


def drawn(seed, kind, shape=(400, 8)):
    rng = np.random.default_rng(seed)
    x = (rng.standard_t(3, shape) * np.exp2(rng.integers(-8, 8, shape))).astype(TYPES[kind])
    return x, rng


@pytest.mark.parametrize("inner", ["fp32", "bf16"])
def test_each_step_is_rounded_as_the_type_s_own_operators_do(inner):
    """FP32 by NumPy, BF16 by ml_dtypes, which rounds FP32 sums and products of BF16 numbers."""
    q = unit(shift="bf16", factor="bf16", inner=inner, lanes=8, block=8)
    x, rng = drawn(1, "bf16")
    z = (x.astype(float) * rng.uniform(0.8, 1.2, x.shape)).astype(TYPES["bf16"])
    s = rng.uniform(0.1, 10, x.shape).astype(TYPES["bf16"])
    kind = TYPES[inner]
    want = (x.astype(kind) - z.astype(kind)) * s.astype(kind)
    assert want.dtype == kind
    found = answered(q, x.astype(float), shift=z.astype(float), factor=s.astype(float))
    for one, other in zip(found, plain(q, want.astype(float)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_powers_of_two_are_exact():
    """ShiftQuant's and SmoothQuant's factors as E8M0: nothing is rounded but beyond FP32's ends."""
    q = unit(factor="e8m0", lanes=8, block=8)
    x, rng = drawn(2, "bf16")
    power = rng.integers(-20, 20, x.shape)
    found = answered(q, x.astype(float), factor=np.exp2(power))
    for one, other in zip(found, plain(q, np.ldexp(x.astype(float), power)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_sum_is_rounded_once():
    """1 + 2^-24 is a tie of FP32, and 2^-60 more is not."""
    q = unit(values="fp32", shift="fp32", element="int8", scale="fp32", rule="nearest", lanes=2,
             block=2)  # fmt: skip
    x = np.array([[1.0, 0], [1 + 2.0**-23, 0]])
    z = np.array([[-(2.0**-24), 0], [-(2.0**-24) - 2.0**-47, 0]])
    _, scales = answered(q, x, shift=z)
    exact = [Fraction(a) - Fraction(b) for a, b in zip(x[:, 0], z[:, 0], strict=True)]
    assert exact[0] - 1 == Fraction(1, 2**24) and exact[1] - 1 > Fraction(3, 2**24)
    want = [np.float32(1), np.float32(1 + 2.0**-22)]
    held = scales.view(np.float32)[:, 0]
    assert held.tolist() == [np.float32(v / np.float32(127)) for v in want]


@pytest.mark.parametrize(
    "x, shift, factor",
    [
        (np.inf, 1, 1), (np.inf, np.inf, 1), (1, np.nan, 1), (1, 1, np.inf), (1, 0, np.nan),
        (3e38, -3e38, 1), (1e30, 0, 1e30),
    ],
)  # fmt: skip
def test_what_is_no_number_in_between_poisons_its_block(x, shift, factor):
    q = unit(values="fp32", shift="fp32", factor="fp32", lanes=4, block=4)
    given = [np.ones((2, 4)) * plain for plain in (1.0, 0.0, 1.0)]
    for array, odd in zip(given, (x, shift, factor), strict=True):
        array[1, 2] = odd
    codes, scales = answered(q, given[0], shift=given[1], factor=given[2])
    assert scales[:, 0].tolist() == [125, 255]
    assert codes[0].tolist() == [6] * 4 and not (codes[1] & 7).any()


def test_values_wait_for_their_channels():
    q = unit(shift="bf16", lanes=4, block=4)
    sent = {"values": beats(np.zeros((3, 4), np.uint16)), "channel": beats(np.zeros((2, 4), int))}
    assert len(q.answer(sent)["result"]) == 2


@pytest.mark.parametrize(
    "given, message",
    [
        (
            {"shift": "int8"},
            "the shift of a channel is a float, such as bf16, fp16, fp32, got int8",
        ),
        ({"factor": "int8"}, "the factor of a channel is a float.*fp32 or e8m0, got int8"),
        ({"shift": "ue4m3"}, "the shift of a channel has a sign, got ue4m3"),
        ({"shift": "fp32", "inner": "bf16"}, "significand of a channel's shift, fp32, got bf16"),
        ({"values": "fp32", "factor": "bf16", "inner": "bf16"}, "of values, fp32, got bf16"),
        ({"shift": "bf16", "inner": "e4m3"}, r"inner has at least.*got e4m3"),
    ],
)
def test_what_cannot_be_is_told(given, message):
    with pytest.raises(DesignError, match=message):
        unit(**given)


def test_a_format_is_no_name():
    with pytest.raises(TypeError, match="factor must be a format"):
        Quantize(name="q", factor="bf16")
