"""Rounding rules, each once, for floats and for exact integers alike.

A rule answers one question: given the truncated magnitude (is it odd?), how the discarded part
compares with one half, whether anything was discarded, and the sign: does the magnitude grow by
one?
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UnknownName

Array = npt.NDArray[Any]
Rule = Callable[[Array, Array, Array, Array], Array]

#: (odd, half, inexact, negative) -> increment; ``half`` is the sign of (discarded - 1/2).
ROUNDINGS: dict[str, Rule] = {
    "nearest_even": lambda odd, half, inexact, negative: (half > 0) | ((half == 0) & odd),
    "nearest_away": lambda odd, half, inexact, negative: half >= 0,
    "toward_zero": lambda odd, half, inexact, negative: np.zeros_like(odd),
}


def rule(rounding: str) -> Rule:
    """The rounding rule called ``rounding``; an unknown name raises UnknownName."""
    if rounding not in ROUNDINGS:
        raise UnknownName("rounding", rounding, ROUNDINGS)
    return ROUNDINGS[rounding]


def round_magnitude(
    magnitude: Array, offset: Array, negative: Array, rounding: str = "nearest_even"
) -> Array:
    """Round a non-negative float64 ``magnitude`` to an integer and add the integer ``offset``.

    Whether the truncated value is odd is judged after the offset, which is how a tie goes to the
    even *code* when a format has no mantissa bits.
    """
    floor = np.floor(magnitude)
    rest = magnitude - floor
    code = floor.astype(np.int64) + offset
    up = rule(rounding)((code & 1).astype(bool), np.sign(rest - 0.5), rest > 0, negative)
    return np.asarray(code + up)


def shift_right(significand: Array, shift: Array | int, negative: Array, rounding: str) -> Array:
    """Divide a non-negative integer array by ``2**shift`` (shift >= 0) and round.

    Works on int64 and on object arrays of Python integers; shifts may exceed the width.
    """
    if significand.dtype != object:
        shift = np.minimum(np.asarray(shift, dtype=np.int64), 62)
    quotient = significand >> shift
    rest = significand - (quotient << shift)
    twice = rest * 2
    one = np.ones_like(significand) << shift
    half = (twice > one).astype(np.int8) - (twice < one).astype(np.int8)
    odd = (quotient & 1).astype(bool)
    up = rule(rounding)(odd, half, (rest > 0).astype(bool), negative)
    return np.asarray(quotient + up.astype(quotient.dtype if quotient.dtype != object else object))
