"""Scales of a block from their definitions, with exact numbers (``formats.md`` E)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction

from .floats import TWO, floor_log2

#: Greatest value, and bits of the mantissa, as the specifications print them.
ELEMENTS = {
    "e2m1": (Fraction(6), 1),
    "e2m3": (Fraction(15, 2), 3),
    "e3m2": (Fraction(28), 2),
    "e4m3": (Fraction(448), 3),
    "e5m2": (Fraction(57344), 2),
    "mxint8": (Fraction(127, 64), 6),
}


def ceil_log2(value: Fraction) -> int:
    """The least e with value <= 2^e."""
    return -floor_log2(1 / value)


def exponent(rule: str, largest: Fraction, element: str) -> int:
    """Of the shared scale of a block with that greatest magnitude, which is not zero; unbounded."""
    top, mantissa = ELEMENTS[element]
    emax = floor_log2(top)
    if rule == "floor":
        return floor_log2(largest) - emax
    if rule == "even":
        half = TWO ** (floor_log2(largest) - mantissa - 1)
        return floor_log2(largest + half) - emax
    if rule == "ceil":
        return ceil_log2(largest) - emax
    assert rule == "rceil"
    return ceil_log2(largest / top)


def least_scale(scales: Sequence[Fraction], largest: Fraction, top: Fraction) -> Fraction:
    """The least of a format's scales, which ascend, with which ``largest`` is not cut."""
    return scales[bisect_left(scales, largest / top)]


def error(block: Sequence[Fraction], scale: Fraction, values: Sequence[Fraction]) -> Fraction:
    """The least sum of squares with elements of those values."""
    if not scale:
        return sum((x * x for x in block), Fraction(0))
    return sum((min((x - v * scale) ** 2 for v in values) for x in block), Fraction(0))
