"""Integers become floats: all of up to 16 bits, random wider ones, and the flags."""

import numpy as np
import pytest
from macsmith.golden import DesignError, exact, lookup
from macsmith.golden.bounds import Range
from macsmith.golden.flags import Reachable
from macsmith.hw.fp import IntegerToFloat
from second_models import blocks
from second_models.elements import element
from second_models.floats import TWO
from second_models.reals import real

FORMATS = """
    bf16 fp16 fp32 e4m3 e5m2 e4m3_fnuz e5m2_fnuz e4m3_ieee e3m4_ieee e2m1 e3m0 e2m3 e1m2_ieee
    ue4m3 ue3m2_ieee e5m2_finite e3m0_ieee e8m2
""".split()
FEW = ["bf16", "e5m2", "e4m3_fnuz", "ue4m3", "e2m1"]
WIDE = ["bf16", "fp16", "fp32", "e5m2"]


def signed(bits, lsb=0):
    return Range(lsb, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def unsigned(bits, lsb=0):
    return Range(lsb, 0, (1 << bits) - 1)


RANGES = [signed(16), signed(16, -20), unsigned(16, -9), unsigned(12, 3), signed(9, -13)]
RANGES += [signed(2), signed(1), unsigned(1), Range(0, -1, 1), Range(-4, -7, 100), Range(2, 3, 5)]
WIDE_RANGES = [signed(21), signed(28, -7), unsigned(32, 100), signed(48, -160), signed(66, -40)]


def check(reference, run, values, formats, integers, **options):
    """``integers``: an object array of Python integers."""
    units = {name: IntegerToFloat(values, lookup(name), **options) for name in formats}
    words = integers & ((1 << 128) - 1)
    low, high = words & ((1 << 64) - 1), words >> 64
    found = run(units, *(half.astype(np.uint64) for half in (low, high)))
    saturate = options.get("saturate", False)
    magnitude = exact.to_float(abs(integers), np.full(len(integers), values.lsb, object))
    near = np.where(integers < 0, -magnitude, magnitude)
    for name in formats:
        reference.check(lookup(name), found[name], near, saturate, [integers])
        for index in np.random.default_rng(7).integers(0, len(integers), 100):
            value = real(int(integers[index]) * TWO**values.lsb)
            assert found[name][index] == blocks.rounded(element(name), value, saturate)


def all_of(values):
    return np.arange(values.low, values.high + 1).astype(object)


@pytest.mark.parametrize("values", [RANGES[1], RANGES[4], RANGES[9]], ids=str)
def test_all_integers(run, reference, values):
    check(reference, run, values, FEW, all_of(values), stages=2)


@pytest.mark.slow
@pytest.mark.parametrize("stages, saturate", [(0, False), (2, True)])
@pytest.mark.parametrize("values", RANGES, ids=str)
def test_all_integers_in_all_formats(run, reference, values, stages, saturate):
    check(reference, run, values, FORMATS, all_of(values), saturate=saturate, stages=stages)


@pytest.mark.parametrize("values", RANGES[:2], ids=str)
def test_all_integers_whose_bits_are_looked_at_by_sixes(run, reference, values):
    check(reference, run, values, FEW, all_of(values), stages=2, short=True)


@pytest.mark.parametrize("values", [WIDE_RANGES[0], WIDE_RANGES[4]], ids=str)
def test_wide_integers_whose_bits_are_looked_at_by_sixes(run, reference, values):
    stages = len(IntegerToFloat(values, lookup("fp32"), short=True).levels)
    check(reference, run, values, ["fp32"], random(values, 20_000), stages=stages, short=True)


@pytest.mark.parametrize("values", [WIDE_RANGES[0], WIDE_RANGES[4]], ids=str)
def test_wide_integers(run, reference, values):
    stages = len(IntegerToFloat(values, lookup("fp32")).levels)
    check(reference, run, values, ["fp32"], random(values, 20_000), stages=stages)


@pytest.mark.slow
@pytest.mark.parametrize("values", WIDE_RANGES, ids=str)
def test_many_wide_integers(run, reference, values):
    check(reference, run, values, WIDE, random(values, 200_000))


@pytest.mark.slow
@pytest.mark.parametrize("values", WIDE_RANGES[:4], ids=str)
def test_millions_of_integers(run, reference, values):
    """float64 holds these exactly."""
    integers = random(values, 2_400_000).astype(np.int64)
    units = {name: IntegerToFloat(values, lookup(name), stages=2) for name in WIDE}
    found = run(units, integers)
    for name in WIDE:
        near = np.ldexp(integers.astype(np.float64), values.lsb)
        reference.check(lookup(name), found[name], near, tell=[integers])
        counts = reference.classes(lookup(name), near)
        if values.lsb == 0 and name != "fp32":
            assert min(counts["ties up"], counts["ties down"], counts["carry"]) > 1000, counts


def random(values, count):
    """Integers of all magnitudes, many with ends of zeros or ones, and the bounds."""
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 1 << 32, (3, count)).astype(object)
    integers = bits[0] + (bits[1] << 32) + (bits[2] << 64)
    integers = integers % (values.high - values.low + 1) + values.low
    integers >>= rng.integers(0, values.width, count).astype(object)
    low = (1 << rng.integers(0, values.width, count).astype(object)) - 1
    kind = rng.integers(0, 3, count)
    integers = np.where(kind == 0, integers, np.where(kind == 1, integers & ~low, integers | low))
    integers[:4] = values.low, values.high, 0, values.low + 1
    return np.clip(integers, values.low, values.high)


@pytest.mark.parametrize("nan, infinite", [(True, True), (True, False), (False, True)])
def test_flags(run, reference, nan, infinite):
    """Every flag with every value of eight bits; NaN above all, then the two infinities."""
    flags = Reachable(nan, infinite)
    words = np.arange(1 << (8 + nan + 2 * infinite))
    bits = [(words >> place & 1).astype(bool) for place in range(8, 11)]
    is_nan = bits.pop(0) if nan else words < 0
    positive, negative = bits[:2] if infinite else (words < 0, words < 0)
    values = ((words & 255) ^ 128) - 128.0
    values = np.where(positive, np.inf, np.where(negative, -np.inf, values))
    values = np.where(is_nan | (positive & negative), np.nan, values)
    formats = {name: lookup(name) for name in ("bf16", "e4m3", "e4m3_fnuz", "ue4m3", "e2m1")}
    units = {name: IntegerToFloat(signed(8), fmt, flags, stages=2) for name, fmt in formats.items()}
    for name, found in run(units, words).items():
        assert np.array_equal(found, reference.code(formats[name], values)), name


def test_a_result_without_zero_is_refused():
    with pytest.raises(DesignError, match="a result needs a format with a zero, got e8m0"):
        IntegerToFloat(signed(8), lookup("e8m0"))
