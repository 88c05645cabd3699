"""Numbers that are exact: a rational, an infinity or NaN, and zeros with a sign."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Kind = Literal["finite", "infinite", "nan"]


@dataclass(frozen=True)
class Number:
    """One number as IEEE 754 has it, of any precision.

    ``magnitude`` counts for finite numbers alone; ``negative`` tells −0 from +0, too.
    """

    negative: bool
    magnitude: Fraction
    kind: Kind = "finite"

    @property
    def value(self) -> Fraction:
        """The value of a finite number; 0 for others, as exact sums count them."""
        if self.kind != "finite":
            return Fraction(0)
        return -self.magnitude if self.negative else self.magnitude


NAN = Number(False, Fraction(0), "nan")
#: The exponent that a zero of any format has in a sum that aligns.
NOUGHT = -126


def infinity(negative: bool) -> Number:
    return Number(negative, Fraction(0), "infinite")


def finite(value: Fraction | int) -> Number:
    """A number of a rational; 0 is +0."""
    return Number(value < 0, abs(Fraction(value)))


def negated(number: Number) -> Number:
    return Number(not number.negative, number.magnitude, number.kind)


def product(left: Number, right: Number) -> Number:
    """The exact product; 0 times infinity is NaN."""
    if "nan" in (left.kind, right.kind):
        return NAN
    negative = left.negative != right.negative
    if "infinite" in (left.kind, right.kind):
        others = [number for number in (left, right) if number.kind == "finite"]
        return NAN if any(number.magnitude == 0 for number in others) else infinity(negative)
    return Number(negative, left.magnitude * right.magnitude)


def total(left: Number, right: Number) -> Number:
    """The exact sum of two; opposite infinities make NaN, and 0 is −0 only of two −0."""
    if "nan" in (left.kind, right.kind):
        return NAN
    endless = [number for number in (left, right) if number.kind == "infinite"]
    if endless:
        return endless[0] if len({number.negative for number in endless}) == 1 else NAN
    value = left.value + right.value
    if value == 0:
        return Number(left.negative and right.negative and not left.magnitude, Fraction(0))
    return finite(value)


def floor_log2(magnitude: Fraction) -> int:
    """The greatest e with 2**e <= magnitude, which is positive."""
    guess = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    return guess if power(guess) <= magnitude else guess - 1


def power(exponent: int) -> Fraction:
    """2**exponent, exactly."""
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)
