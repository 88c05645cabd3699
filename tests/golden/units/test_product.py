"""Elementwise products against ml_dtypes and NumPy, and against fractions at ties and below."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Product

from macsmith import design, lookup

TYPES = {"bf16": ml_dtypes.bfloat16, "fp16": np.float16, "fp32": np.float32}
QUIET = np.errstate(over="ignore", invalid="ignore", under="ignore")


def unit(values="bf16", factor=None, result=None, **given):
    names = values, factor or values, result or values
    formats = dict(zip(("values", "factor", "result"), map(lookup, names), strict=True))
    return Product(name="p", **formats, **given)


@QUIET
@pytest.mark.parametrize("fmt", ["bf16", "fp16"])
def test_every_code_times_many_is_the_product_of_the_type_itself(fmt):
    """FP32 holds the exact product, which they round; below its normal numbers it does not."""
    made, kind = unit(fmt), TYPES[fmt]
    codes = np.arange(1 << 16, dtype=np.uint16)
    factors = np.random.default_rng(3).integers(0, 1 << 16, 60, np.uint16)
    ends = np.array([0, 1, 0x7F, 0x80, 0x3F80, 0x7F7F, 0x7F80, 0x7FC0, 0x3C00, 0x7C00], np.uint16)
    for factor in (*factors, *ends, *(ends | 0x8000)):
        other = np.full_like(codes, factor)
        found = made.multiply(codes, other)
        wanted = codes.view(kind) * other.view(kind)
        product = codes.view(kind).astype(np.float32) * other.view(kind).astype(np.float32)
        sure = (np.abs(product) >= 2.0**-126) | (product == 0) & (
            (codes & 0x7FFF == 0) | (factor & 0x7FFF == 0)
        )
        nan = np.isnan(wanted.astype(np.float32))
        assert np.array_equal(found[sure & ~nan], wanted.view(np.uint16)[sure & ~nan])
        assert (found[nan] == made.result.nan_code).all()


def nearest_even(fmt, code, exact):
    """Whether no other number of the format is nearer, and of two as near it is the even."""
    here, value = int(code) & 0x7FFF, abs(Fraction(float(fmt.decode(code))))
    far = abs(value - exact)
    for step in {max(here - 1, 0), min(here + 1, fmt.max_code)} - {here}:
        other = abs(Fraction(float(fmt.decode(np.uint16(step)))) - exact)
        if other < far or (other == far and here % 2):
            return False
    return True


MIXED = [("bf16",) * 3, ("fp16",) * 3, ("fp32", "bf16", "bf16"), ("bf16", "fp16", "fp16")]


@pytest.mark.parametrize("names", MIXED)
def test_products_are_rounded_once(names):
    made, rng, ties, below = unit(*names), np.random.default_rng(2), 0, 0
    for trial in made.trials(35, rng):
        a, b = (trial[name].values[0].ravel() for name in ("values", "factor"))
        y = made.answer(trial)["result"].values[0].ravel()
        for x, z, code in zip(made.values.decode(a), made.factor.decode(b), y, strict=True):
            value = float(made.result.decode(code))
            if not np.isfinite([x, z, value]).all():
                continue
            exact = abs(Fraction(float(x)) * Fraction(float(z)))
            assert nearest_even(made.result, code, exact)
            assert not value or (value < 0) == ((x < 0) != (z < 0))
            rest = exact - abs(Fraction(value))
            ties += rest != 0 and 2 * abs(rest) == ulp(made.result, exact)
            below += 0 < exact < Fraction(2) ** (made.result.lsb + made.result.mantissa_width)
    assert ties > 15 and below > 15


def ulp(fmt, exact):
    exponent = np.frexp(float(exact))[1] - fmt.significand_width
    return Fraction(2) ** int(max(exponent, fmt.lsb))


def test_nan_infinities_and_zeros():
    made = unit("fp16")
    inf, zero, minus, one, nan = 0x7C00, 0, 0x8000, 0x3C00, 0x7E00
    a = np.array([inf, inf, 0xFC00, zero, minus, minus, 0x7BFF, 0x7FFF, 1, 1])
    b = np.array([inf, zero, one, minus, minus, one, 0x7BFF, one, 0x3800, 0x3801])
    wanted = [inf, nan, 0xFC00, minus, zero, minus, inf, nan, 0, 1]
    assert made.multiply(a, b).tolist() == wanted


def test_beats_wait_for_each_other():
    made = unit(lanes=2)
    [trial] = made.trials(1, np.random.default_rng(1))
    given, beside = trial["values"], trial["factor"]
    cut = Beats((beside.values[0][:5],), (None,), beside.last[:5])
    found = made.answer({"values": given, "factor": cut})["result"]
    assert len(found) == 5
    np.testing.assert_array_equal(found.last, given.last[:5])


@pytest.mark.parametrize("fmt", ["bf16", "fp16"])
def test_presets_have_their_format(fmt):
    made = design(f"product_{fmt}")
    assert {made.values, made.factor, made.result} == {lookup(fmt)}


def test_what_cannot_be_is_told():
    with pytest.raises(DesignError, match="factor must be a signed float of 5 to 8 exponent"):
        unit("bf16", "e4m3")
    with pytest.raises(DesignError, match="vectors must be 1 to 64, got 65"):
        unit(vectors=65)
    with pytest.raises(TypeError, match="factor must be a format"):
        Product(name="p", factor="bf16")
