"""The least width of an exact sum of K products (``formats.md`` D2)."""

from __future__ import annotations

from functools import cache

from .elements import element
from .floats import TWO


@cache
def extremes(name: str) -> tuple[int, int, int]:
    """Least and greatest value in units of the quantum, and the quantum's exponent."""
    found = element(name)
    values = [value.fraction for code in found.codes if (value := found.decode(code)).finite]
    unit = min(-(value.denominator.bit_length() - 1) for value in values)
    if all((value / TWO**unit / 2).denominator == 1 for value in values):
        raise AssertionError(f"{name}'s quantum is larger than 2^{unit}")
    return int(min(values) / TWO**unit), int(max(values) / TWO**unit), unit


def width(weight: str, activation: str, k: int) -> int:
    """W = max(bitlen(P), bitlen(N-1)) + 1, without the sign if N = 0."""
    (w_low, w_high, _), (a_low, a_high, _) = extremes(weight), extremes(activation)
    products = [w * a for w in (w_low, w_high) for a in (a_low, a_high)]
    positive, negative = k * max(*products, 0), -k * min(*products, 0)
    if not negative:
        return positive.bit_length()
    return max(positive.bit_length(), (negative - 1).bit_length()) + 1
