"""Integers shifted by distances of the moment: every number and distance where these are few."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from macsmith.golden.bounds import Range
from macsmith.golden.units.requantize_rules import SHIFT_ROUNDINGS
from macsmith.hw.fp import ShiftToInteger


def signed(bits):
    return Range(0, -(1 << bits - 1), (1 << bits - 1) - 1)


def unsigned(bits):
    return Range(0, 0, (1 << bits) - 1)


def rounded(value, rounding):
    """A fraction as an integer, by the definition of the rule."""
    below, rest = floor(value), value - floor(value)
    half, negative = Fraction(1, 2), value < 0
    if rounding == "nearest_even":
        return below + (rest > half or (rest == half and below % 2 == 1))
    if rounding == "nearest_up":
        return floor(value + half)
    if rounding == "nearest_away":
        return -floor(-value + half) if negative else floor(value + half)
    if rounding == "toward_zero":
        return -floor(-value) if negative else below
    if rounding == "odd":
        return below if rest == 0 or below % 2 else below + 1
    return {"down": below, "up": -floor(-value)}[rounding]


def wanted(unit, base, i, shift, first):
    """The code of one result."""
    distance = base + shift
    if first is None:
        whole = rounded(Fraction(i) / Fraction(2) ** distance, unit.rounding)
    else:
        here = min(distance, first)
        whole = rounded(Fraction(i) / Fraction(2) ** here, "nearest_up")
        whole = rounded(Fraction(whole) / 2 ** (distance - here), "nearest_away")
    low, high = unit.ends
    return min(max(whole + unit.zero, low), high) & (1 << unit.bits) - 1


INT4, UINT5 = {"ends": (-8, 7), "bits": 4}, {"ends": (0, 31), "bits": 5}
CASES = {
    **{rule: (signed(11), 1, unsigned(3), {**INT4, "rounding": rule}) for rule in SHIFT_ROUNDINGS},
    "constant": (signed(13), 6, None, INT4),
    "no shift": (signed(7), 0, None, INT4),
    "to the left": (signed(6), -2, None, {"ends": (-128, 127), "bits": 8}),
    "either way": (signed(10), 2, signed(3), INT4),
    "far": (signed(8), 4, unsigned(4), INT4),
    "unsigned": (unsigned(11), 2, unsigned(2), UINT5),
    "zero point": (signed(11), 2, unsigned(3), {**UINT5, "zero": 13}),
    "least zero point": (signed(11), 2, unsigned(3), {**INT4, "zero": -8}),
    "clamp": (signed(11), 2, unsigned(3), {"ends": (-3, 5), "bits": 4, "zero": 2}),
    "one value": (signed(9), 2, unsigned(2), {"ends": (3, 3), "bits": 4}),
    "twice": (signed(12), 5, unsigned(3), {**INT4, "first": 5}),
    "twice, a constant": (signed(12), 7, None, {**INT4, "first": 5}),
    "twice, either way": (signed(10), 4, signed(3), {**INT4, "first": 4}),
    "twice, to the left": (signed(9), 1, signed(3), {**INT4, "first": 1}),
    "no bits": (signed(11), 1, unsigned(3), {"ends": (0, 1), "bits": 1}),
}


def build(case, stages=0):
    values, base, shifts, options = case
    return ShiftToInteger(values, base, shifts, stages=stages, **options), base


@pytest.mark.parametrize("name", CASES)
def test_all_numbers_and_distances(run, name):
    values, _, shifts, options = CASES[name]
    unit, base = build(CASES[name])
    lengths = shifts or Range(0, 0, 0)
    numbers = np.arange(values.low, values.high + 1)
    distances = np.arange(lengths.low, lengths.high + 1)
    i, shift = (grid.ravel() for grid in np.meshgrid(numbers, distances))
    found = run({"unit": unit}, i, shift << 32)["unit"]
    first = options.get("first")
    right = [wanted(unit, base, *map(int, pair), first) for pair in zip(i, shift, strict=True)]
    assert np.array_equal(found, right)


WIDE = {
    "one rounding": (signed(64), 31, unsigned(5), {"ends": (-128, 127), "bits": 8}),
    "two roundings": (signed(64), 31, signed(6), {"ends": (-128, 127), "bits": 8, "first": 31}),
    "16 bits": (signed(63), 15, unsigned(6), {"ends": (-(1 << 15), (1 << 15) - 1), "bits": 16}),
}


@pytest.mark.parametrize("stages", [1, 4])
@pytest.mark.parametrize("name", WIDE)
def test_wide_numbers_about_ties_and_ends(run, name, stages):
    values, _, shifts, options = WIDE[name]
    unit, base = build(WIDE[name], stages)
    rng = np.random.default_rng(3)
    shift = rng.integers(shifts.low, shifts.high, 4000, endpoint=True)
    low, high = unit.ends
    aimed = 2 * rng.integers(low - 3, high + 4, 4000) + rng.integers(0, 2, 4000)  # in halves
    i = [int(a) << max(base + int(s) - 1, 0) for a, s in zip(aimed, shift, strict=True)]
    i = [min(max(n + int(d), values.low), values.high)
         for n, d in zip(i, rng.integers(-1, 2, 4000), strict=True)]  # fmt: skip
    i += [int(n) for n in rng.integers(-(1 << 62), 1 << 62, 500)] + [values.low, values.high]
    shift = np.append(shift, rng.integers(shifts.low, shifts.high, 502, endpoint=True))
    words = np.array([n & (1 << 64) - 1 for n in i], np.uint64)
    found = run({"unit": unit}, words, shift << 32)["unit"]
    first = options.get("first")
    right = [wanted(unit, base, n, int(s), first) for n, s in zip(i, shift, strict=True)]
    assert np.array_equal(found, right)
    assert len(set(right)) > 200


def test_a_wrong_sticky_bit_is_found(run, monkeypatch):
    values, base, shifts, options = CASES["nearest_even"]
    unit = ShiftToInteger(values, base, shifts, **options)
    unit.main.sticky = False
    i = np.arange(values.low, values.high + 1)
    found = run({"unit": unit}, i, np.full(len(i), 5) << 32)["unit"]
    assert not np.array_equal(found, [wanted(unit, base, int(n), 5, None) for n in i])
