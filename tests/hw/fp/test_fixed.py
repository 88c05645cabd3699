"""Fixed-point numbers become integers: rounded to nearest even, saturated, for every flag."""

import numpy as np
import pytest
from macsmith.golden import lookup
from macsmith.golden.bounds import Range
from macsmith.golden.flags import Reachable
from macsmith.golden.formats import Integer
from macsmith.hw.fp import FixedToInteger
from second_models import blocks
from second_models.floats import TWO
from second_models.reals import real

NONE = Reachable(False, False)
BOTH = Reachable(True, True)

#: Bounds of the number, beside results in its unit, in larger and in smaller ones.
RANGES = [Range(0, -2048, 2047), Range(-5, 0, 4095), Range(3, -37, 1000), Range(-1, -1, 1)]
RANGES += [Range(-9, -256, 255), Range(2, 3, 5)]
RESULTS = [lookup(name) for name in "int8 uint8 int4 int4_sym uint4 mxint8 int16 int32".split()]
RESULTS += [Integer("int6_up", 6, exponent=3), Integer("int5_far", 5, exponent=14)]
RESULTS += [Integer("int1", 1), Integer("uint1", 1, signed=False)]


def word_of(values, flags, integers, raised):
    """What stands at the input: the number, then its flags."""
    word, place = integers & ((1 << values.width) - 1), values.width
    for here, flag in zip((flags.nan, flags.infinite, flags.infinite), raised, strict=True):
        if here:
            word, place = word | flag << place, place + 1
    return word


def check(run, values, flags, integers, raised, stages):
    """Against the golden conversion, and rational arithmetic where no flag is raised."""
    word = word_of(values, flags, integers, raised)
    units = {out.name: FixedToInteger(values, flags, out, stages=stages) for out in RESULTS}
    halves = [(word >> shift & ((1 << 64) - 1)).astype(np.uint64) for shift in (0, 64)]
    found = run(units, *halves)
    nan, positive, negative = (flag.astype(bool) for flag in raised)
    special = nan | positive | negative
    near = np.where(positive, np.inf, -np.inf)
    near = np.where(special, near, np.ldexp(integers.astype(np.float64), values.lsb))
    near = np.where(nan | (positive & negative), 0.0, near)
    for out in RESULTS:
        right = out.encode(near, "nearest_even", True)
        exactly = np.abs(integers) < 1 << 53
        wrong = (found[out.name] != right) & exactly.astype(bool)
        assert not wrong.any(), (out.name, integers[wrong][:3], word[wrong][:3])
        for index in np.random.default_rng(7).permutation(np.flatnonzero(~special))[:300]:
            value = real(int(integers[index]) * TWO**values.lsb)
            code = blocks.whole(value, out.lsb, out.low, out.high) & ((1 << out.bits) - 1)
            assert found[out.name][index] == code, (out.name, int(integers[index]))


def none_raised(integers):
    return [np.zeros(len(integers), np.int64)] * 3


@pytest.mark.parametrize("values", RANGES[:3], ids=str)
def test_all_numbers(run, values):
    integers = np.arange(values.low, values.high + 1).astype(object)
    check(run, values, NONE, integers, none_raised(integers), 2)


@pytest.mark.slow
@pytest.mark.parametrize("stages", [0, 1])
@pytest.mark.parametrize("values", RANGES, ids=str)
def test_all_numbers_of_more_ranges(run, values, stages):
    integers = np.arange(values.low, values.high + 1).astype(object)
    check(run, values, NONE, integers, none_raised(integers), stages)


@pytest.mark.parametrize("flags", [BOTH, Reachable(True, False), Reachable(False, True)], ids=str)
def test_flags(run, flags):
    """Every flag with every number: NaN, or both infinities, above all."""
    values = Range(-1, -16, 15)
    integers, *raised = (
        grid.ravel() for grid in np.meshgrid(np.arange(-16, 16), [0, 1], [0, 1], [0, 1])
    )
    present = (flags.nan, flags.infinite, flags.infinite)
    raised = [flag * here for flag, here in zip(raised, present, strict=True)]
    check(run, values, flags, integers.astype(object), raised, 1)


@pytest.mark.parametrize("width, lsb", [(66, -40), (100, -4)])
def test_wide_numbers(run, width, lsb):
    """Of all magnitudes, many of them ties, and both bounds."""
    values = Range(lsb, -(1 << (width - 1)), (1 << (width - 1)) - 1)
    rng, count = np.random.default_rng(1), 4000
    bits = rng.integers(0, 1 << 32, (4, count)).astype(object)
    integers = (bits[0] | bits[1] << 32 | bits[2] << 64 | bits[3] << 96) >> (128 - width)
    integers = (integers + values.low) >> rng.integers(0, width, count).astype(object)
    low = (1 << rng.integers(0, width, count).astype(object)) - 1
    integers = np.where(rng.random(count) < 0.5, integers & ~low, integers | low)
    integers[:4] = values.low, values.high, 0, -1
    check(run, values, NONE, integers, none_raised(integers), 2)
