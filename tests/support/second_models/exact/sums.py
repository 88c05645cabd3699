"""Exact sums with sticky flags, which are never rounded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .numbers import NAN, Number, finite, infinity, product


@dataclass(frozen=True)
class Sum:
    """A rational, and what was added beside it: NaN, +infinity, −infinity.

    NaN and infinities count as zero in ``value``. Both infinities together mean NaN.
    """

    value: Fraction = Fraction(0)
    nan: bool = False
    positive: bool = False
    negative: bool = False

    def plus(self, number: Number) -> Sum:
        endless = number.kind == "infinite"
        return Sum(
            self.value + number.value,
            self.nan or number.kind == "nan",
            self.positive or (endless and not number.negative),
            self.negative or (endless and number.negative),
        )

    def joined(self, other: Sum) -> Sum:
        return Sum(
            self.value + other.value,
            self.nan or other.nan,
            self.positive or other.positive,
            self.negative or other.negative,
        )

    @property
    def number(self) -> Number:
        """The sum as one number; an exact 0 is +0."""
        if self.nan or (self.positive and self.negative):
            return NAN
        if self.positive or self.negative:
            return infinity(self.negative)
        return finite(self.value)

    def with_value(self, value: Fraction) -> Sum:
        return Sum(value, self.nan, self.positive, self.negative)


def scaled(total: Sum, factor: Number) -> Sum:
    """A sum times a scale: infinity follows the scale's sign, and 0 · infinity is NaN, as are two
    infinities of both signs from here on."""
    special = product(total.number, factor)
    result = Sum(total.value * factor.value)
    return result.plus(Number(special.negative, Fraction(0), special.kind))


def added(numbers: list[Number]) -> Sum:
    """The exact sum of numbers."""
    result = Sum()
    for number in numbers:
        result = result.plus(number)
    return result


def joined(sums: list[Sum]) -> Sum:
    """The sum of sums, with all their flags."""
    result = Sum()
    for each in sums:
        result = result.joined(each)
    return result
