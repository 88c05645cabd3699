"""Residual addition against ml_dtypes and NumPy, and against fractions at ties."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Residual

from macsmith import design, lookup

TYPES = {"bf16": ml_dtypes.bfloat16, "fp16": np.float16, "fp32": np.float32}


def unit(values="bf16", residual=None, result=None, **given):
    names = values, residual or values, result or values
    formats = dict(zip(("values", "residual", "result"), map(lookup, names), strict=True))
    return Residual(name="r", **formats, **given)


def codes(name, numbers):
    return np.asarray(numbers, TYPES[name]).view(lookup(name).dtype)


@pytest.mark.parametrize("fmt", TYPES)
def test_sums_are_those_of_the_type_itself(fmt):
    """Of any two codes, NaN aside: those of BF16 in FP32 and rounded, which is the same."""
    adder = unit(fmt)
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 1 << adder.values.bits, (2, 20000), np.uint64).astype(adder.values.dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        want = (a.view(TYPES[fmt]) + b.view(TYPES[fmt])).astype(np.float64)
    made = adder.result.decode(adder.add(a, b))
    np.testing.assert_array_equal(made, want)
    zero = want == 0
    np.testing.assert_array_equal(np.signbit(made[zero]), np.signbit(want[zero]))


MIXED = [("bf16", "fp32", "bf16"), ("fp16", "bf16", "fp16"), ("fp16", "bf16", "bf16")]


@pytest.mark.parametrize("names", MIXED)
def test_sums_of_two_formats_are_rounded_once(names):
    """By fractions: no other number of the format is nearer, and of two as near it is the even."""
    adder = unit(*names)
    rng = np.random.default_rng(2)
    for _ in range(14):
        [trial] = adder.trials(1, rng)
        a, b = (trial[name].values[0] for name in ("values", "residual"))
        y = adder.answer(trial)["result"].values[0]
        parts = (adder.values.decode(a), adder.residual.decode(b), adder.result.decode(y))
        for x, r, made, code in zip(*(part.ravel() for part in (*parts, y)), strict=True):
            if not (np.isfinite([x, r, made]).all()):
                continue
            exact, here = Fraction(float(x)) + Fraction(float(r)), int(code) & 0x7FFF
            far = abs(Fraction(float(made)) - exact)
            for step in {max(here - 1, 0), min(here + 1, adder.result.max_code)} - {here}:
                other = abs(Fraction(float(adder.result.decode(np.uint16(step)))) - abs(exact))
                assert far < other or (far == other and code % 2 == 0)


@pytest.mark.parametrize("wide", ["fp32", "fp16"])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_hair_beside_the_middle_decides(wide, swapped):
    """1 + 2^-8 is halfway between two BF16 numbers, 1 + 3 · 2^-8 between the next: any residual
    decides, also where float64 keeps nothing of it."""
    adder = unit("bf16", wide, "bf16") if swapped else unit(wide, "bf16", "bf16")
    formats = (adder.residual, adder.values) if swapped else (adder.values, adder.residual)
    middles = np.array([1 + 2**-8, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 3 * 2**-8, -1 - 2**-8])
    hairs = np.array([1, -1, 1, -1, 1]) * 2.0**-100
    given = [fmt.encode(part) for fmt, part in zip(formats, (middles, hairs), strict=True)]
    made = adder.result.decode(adder.add(*(given[::-1] if swapped else given)))
    step = 2.0**-7
    assert made.tolist() == [1 + step, 1, 1 + 2 * step, 1 + step, -1]


def test_infinities_and_zeros():
    adder = unit("fp16")
    inf, zero, minus = 0x7C00, 0, 0x8000
    a = np.array([inf, inf, 0xFC00, zero, minus, 0x3C00, 0x7BFF])
    b = np.array([inf, 0xFC00, 0x3C00, minus, minus, 0xBC00, 0x7BFF])
    assert adder.add(a, b).tolist() == [inf, 0x7E00, 0xFC00, zero, minus, zero, inf]


def test_beats_wait_for_each_other():
    adder = unit(lanes=2)
    [trial] = adder.trials(1, np.random.default_rng(1))
    given, beside = trial["values"], trial["residual"]
    cut = Beats((beside.values[0][:5],), (None,), beside.last[:5])
    found = adder.answer({"values": given, "residual": cut})["result"]
    assert len(found) == 5
    np.testing.assert_array_equal(found.last, given.last[:5])


@pytest.mark.parametrize("fmt", ["bf16", "fp16"])
def test_presets_have_their_format(fmt):
    adder = design(f"residual_{fmt}")
    assert {adder.values, adder.residual, adder.result} == {lookup(fmt)}


def test_what_cannot_be_is_told():
    with pytest.raises(DesignError, match="residual must be a signed float of 5 to 8 exponent"):
        unit("bf16", "int8")
    with pytest.raises(DesignError, match="lanes must be 1 to 1024, got 0"):
        unit(lanes=0)
    with pytest.raises(TypeError, match="result must be a format"):
        Residual(name="r", result="bf16")
