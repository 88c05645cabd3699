"""Exact results between the codes of a format: what a table has to meet.

The codes of a float without their signs count its values: between two neighbours lies one unit in
the last place. So a real result has a place among the codes, with a fraction; it grows with the
result, evenly within a binade.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..formats import Minifloat
from .definitions import FUNCTIONS
from .exact import ONE, PLACES

Array = npt.NDArray[Any]

#: Bits of a place below the code.
FRACTION = 32


def place(fmt: Minifloat, value: int) -> int:
    """The place of ``value``, in units of 2^-PLACES, among the codes, in units of 2^-FRACTION,
    rounded down. Beyond the greatest value codes go on for a binade, in which infinity is first.
    """
    width = fmt.mantissa_width
    exponent = max(value.bit_length() - 1 - PLACES, 1 - fmt.bias)
    if exponent > fmt.max_exponent + 1 - fmt.bias:
        return fmt.inf_code + (1 << width) << FRACTION
    down = PLACES + exponent - width - FRACTION
    significand = value >> down if down >= 0 else value << -down
    return (exponent + fmt.bias - 1 << width + FRACTION) + significand


def errors(fmt: Minifloat, codes: Array, places: Array) -> Array:
    """How far the values of ``codes`` are from those of ``places``, in units of 2^-FRACTION of the
    places' unit in the last place: that of their binade. Infinity counts as the next power of two,
    and what lies beyond it is infinity.

    Both are codes without sign; they broadcast. Rounded down.
    """
    binade, infinity = 1 << fmt.mantissa_width + FRACTION, fmt.inf_code << FRACTION
    exact, found = np.minimum(places, infinity), np.minimum(codes << FRACTION, infinity)
    # Subnormals and the least normal binade have the same unit.
    least = exact < 2 * binade
    low = np.where(least, 0, exact // binade * binade)
    high = np.where(least, 2 * binade, low + binade)
    above = (high - exact) + 2 * (found - high)
    below = (exact - low) + (low - found) // 2
    inside = np.abs(found - exact)
    return np.asarray(np.where(found > high, above, np.where(found < low, below, inside)))


@cache
def targets(name: str, fmt: Minifloat) -> Array:
    """The places of \\|f\\|, int64 (2 · 2^exponent_width, 2^mantissa_width): by sign and exponent,
    and by mantissa. The last exponent's first half has infinity's, the other that of NaN."""
    function = FUNCTIONS[name]
    codes = 1 << fmt.bits - 1
    found = np.zeros((2, codes), np.int64)
    symmetric = _symmetric(name)
    limits = (function.at_plus, function.at_minus)
    for negative in (False, True):
        if negative and symmetric:
            found[1] = found[0]
            break
        found[int(negative)] = _of_sign(name, fmt, negative)
        found[int(negative), 0] = _known(fmt, function.at_zero)
        found[int(negative), fmt.inf_code :] = _known(fmt, limits[negative])
    found[:, fmt.inf_code + (1 << fmt.mantissa_width - 1) :] = fmt.nan_code << FRACTION
    return found.reshape(2 << fmt.exponent_width, -1)


def _symmetric(name: str) -> bool:
    function = FUNCTIONS[name].magnitude
    return all(function(x, False) == function(x, True) for x in (ONE // 3, 5 * ONE))


def _known(fmt: Minifloat, value: str) -> int:
    known = {"0": 0, "1/2": ONE // 2, "1": ONE}
    return fmt.inf_code << FRACTION if value == "inf" else place(fmt, known[value])


def _of_sign(name: str, fmt: Minifloat, negative: bool) -> Array:
    """Of all magnitudes; far out, where only the ends of a binade differ by nothing, the rest of it
    is not computed."""
    function, width = FUNCTIONS[name].magnitude, fmt.mantissa_width
    found = np.zeros(1 << fmt.bits - 1, np.int64)
    fields = fmt.fields(np.arange(fmt.inf_code, dtype=fmt.dtype))
    numbers = [
        significand << PLACES + exponent
        for significand, exponent in zip(
            fields.significand.tolist(), fields.exponent.tolist(), strict=True
        )
    ]

    def at(code: int) -> int:
        return place(fmt, function(numbers[code], negative))

    for start in range(0, fmt.inf_code, 1 << width):
        end = start + (1 << width) - 1
        if start and at(start) == at(end):
            found[start : end + 1] = at(start)
        else:
            first = max(start, 1)
            found[first : end + 1] = [at(code) for code in range(first, end + 1)]
    return found
