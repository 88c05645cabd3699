"""Conversions of exact numbers to codes of a format, each with one rounding."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from .formats import Integer
from .minifloats import Minifloat
from .numbers import Number

Rounding = Literal["nearest_even", "nearest_away", "toward_zero", "up", "down", "odd"]
HALF = Fraction(1, 2)


def away(share: Fraction, odd: bool, negative: bool, rounding: Rounding) -> bool:
    """Whether the magnitude goes to the next code, ``share`` of whose distance is left over.

    ``odd`` says whether the code below is odd.
    """
    if share == 0:
        return False
    if rounding == "nearest_even":
        return share > HALF or (share == HALF and odd)
    if rounding == "nearest_away":
        return share >= HALF
    if rounding == "toward_zero":
        return False
    if rounding == "odd":
        return not odd
    return negative if rounding == "down" else not negative


def float_code(
    number: Number,
    target: Minifloat,
    rounding: Rounding = "nearest_even",
    saturate: bool | None = None,
) -> int:
    """A code of a float: what is too large becomes infinity, or else the greatest value.

    ``saturate`` asks for the greatest value, or against it: then it is NaN without an infinity,
    and the greatest value without either. A rule that leads toward zero never leaves the finite
    values. What is negative is 0 without a sign, or NaN where nothing saturates. An overflow to
    NaN keeps its sign.
    """
    if saturate is None:
        saturate = target.infinite is None
    if number.kind == "nan":
        return target.nan or 0
    code, share, over = target.largest, Fraction(0), number.kind == "infinite"
    if not over:
        code, share = target.below(number.magnitude)
        code += away(share, code % 2 == 1, number.negative, rounding)
        if code > target.largest:
            code, over = target.largest, not inward(number.negative, rounding)
    if number.negative and not target.signed and code:
        return 0 if saturate or target.nan is None else target.nan
    if over and not saturate:
        code = next(c for c in (target.infinite, target.nan, code) if c is not None)
        if code > target.greatest:  # the code of −0
            return code
    return target.signed_code(number.negative, code)


def inward(negative: bool, rounding: Rounding) -> bool:
    """Whether a finite value beyond the greatest one becomes it."""
    if rounding in ("up", "down"):
        return negative == (rounding == "up")
    return rounding in ("toward_zero", "odd")


def rounded(number: Number, target: Minifloat) -> Number:
    """A step in a float format, to nearest even: what is too large is infinity, or else NaN."""
    return target.number(float_code(number, target, saturate=False))


def integer_code(number: Number, target: Integer, rounding: Rounding = "nearest_even") -> int:
    """A code of an integer, which saturates; NaN is 0."""
    if number.kind == "nan":
        return 0
    if number.kind == "infinite":
        value = target.least if number.negative else target.greatest
    else:
        units = number.magnitude / Fraction(2) ** target.lsb
        whole = units.numerator // units.denominator
        whole += away(units - whole, whole % 2 == 1, number.negative, rounding)
        value = min(max(-whole if number.negative else whole, target.least), target.greatest)
    return value % (1 << target.bits)


def code_of(
    number: Number,
    target: Integer | Minifloat,
    rounding: Rounding,
    saturate: bool | None = None,
) -> int:
    """The last conversion of a result."""
    if isinstance(target, Integer):
        return integer_code(number, target, rounding)
    return float_code(number, target, rounding, saturate)
