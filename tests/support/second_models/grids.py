"""Encoding to integers and to code books: the rule said in so many words."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def round_to_integer(x: float, rounding: str, unit: int = 0) -> int:
    """``x`` in units of 2^unit, unit <= 0, as a whole number."""
    numerator, denominator = x.as_integer_ratio()
    whole, rest = divmod(abs(numerator) << -unit, denominator)
    if rounding == "nearest_even":
        whole += (2 * rest, whole & 1) > (denominator, 0)
    elif rounding == "nearest_away":
        whole += 2 * rest >= denominator
    return -whole if numerator < 0 else whole


def into_range(value: int, width: int, low: int, high: int, saturate: bool) -> int:
    """The code of an integer: clipped to the range, or the low bits."""
    clipped = min(max(value, low), high) if saturate else value
    return clipped & ((1 << width) - 1)


def encode_table(table: Sequence[int], ties: str, x: Fraction, rounding: str) -> int:
    """The first code of the chosen entry; ``x`` is in the entries' unit.

    Beyond either end, the entry at that end. Nearest: by distance; half-way, ``nearest_even``
    follows the table's own rule, ``nearest_away`` goes on in the direction of ``x``; up from zero.
    """
    below = max((entry for entry in table if entry <= x), default=min(table))
    above = min((entry for entry in table if entry >= x), default=max(table))
    if rounding == "toward_zero":
        return table.index(below if x >= 0 else above)
    if x - below != above - x:
        return table.index(below if abs(x - below) < abs(above - x) else above)
    if rounding == "nearest_away":
        return table.index(below if x < 0 else above)
    if ties == "even":
        return table.index(below if below % 2 == 0 or above % 2 else above)
    return table.index(below if ties == "down" else above)
