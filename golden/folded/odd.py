"""Exact results of more than 53 bits as float64, rounded to odd.

A number that is no float becomes that neighbour of it whose last bit is odd. Rounding it once more,
to nearest in a format of at most 51 bits, then gives what one rounding would have given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..exact import to_float

Array = npt.NDArray[Any]

#: Bits of the lower word of a sum; bits of a sum that two words hold with room for carries.
LOWER, WIDEST = 52, 110
#: Splits a float64 into two of 26 bits (Veltkamp).
_SPLITTER = float((1 << 27) + 1)


def odd_product(a: Array, b: Array) -> Array:
    """a × b, rounded to odd; both and the product are far from the ends of float64."""
    product = a * b
    a_high, b_high = _upper(a), _upper(b)
    a_low, b_low = a - a_high, b - b_high
    # What the product lacks, exactly (Dekker, "A floating-point technique", 1971).
    rest = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return _odd(product, rest)


def _upper(values: Array) -> Array:
    shifted = values * _SPLITTER
    return np.asarray(shifted - (shifted - values))


def _odd(values: Array, rest: Array) -> Array:
    """``values``, of which ``rest`` is missing, less than one unit in the last place: the other
    neighbour where the last bit is even."""
    bits = values.view(np.int64)
    move = (rest != 0) & (bits & 1 == 0)
    if move.any():
        away = np.signbit(rest) == np.signbit(values)
        bits += np.where(move, np.where(away, 1, -1), 0)
    return values


def odd_sum(parts: Sequence[tuple[Array, int]]) -> Array:
    """The sum of float64 arrays, multiples of ``2**unit`` each, rounded to odd.

    It has at most WIDEST bits above the least unit.
    """
    least = min(unit for _, unit in parts)
    high, low = np.zeros((2, *parts[0][0].shape), np.int64)
    for values, unit in parts:
        whole, shift = np.ldexp(values, -unit).astype(np.int64), unit - least
        if shift >= LOWER:
            high += whole << (shift - LOWER)
            continue
        high += whole >> (LOWER - shift)
        low += (whole & ((1 << (LOWER - shift)) - 1)) << shift
    high += low >> LOWER
    low &= (1 << LOWER) - 1
    # Two floats where the upper word is one, else the upper word alone: its last bit stands for
    # all that lies below.
    upper, lower = np.ldexp(high.astype(np.float64), LOWER), low.astype(np.float64)
    total = upper + lower
    result = _odd(total, lower - (total - upper))
    wide = np.abs(high) >> 53 != 0
    if wide.any():
        above = high[wide] | (low[wide] != 0)
        result[wide] = np.ldexp(to_float(above, 0), LOWER)
    return np.ldexp(result, least)
