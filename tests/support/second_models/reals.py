"""Real numbers, exactly, with IEEE 754's signed zeros, infinities and NaN."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import copysign, inf, nan


@dataclass(frozen=True, slots=True)
class Real:
    """``special`` is empty, "inf" or "nan"; a finite number is its sign and its magnitude."""

    magnitude: Fraction
    negative: bool = False
    special: str = ""

    @property
    def finite(self) -> bool:
        return not self.special

    @property
    def fraction(self) -> Fraction:
        """The finite value; NaN and infinity count as zero."""
        if self.special:
            return Fraction(0)
        return -self.magnitude if self.negative else self.magnitude

    def __mul__(self, other: Real) -> Real:
        """The exact product. Zero times infinity is NaN; signs multiply, that of zero too."""
        specials = {self.special, other.special}
        if "nan" in specials:
            return NAN
        negative = self.negative != other.negative
        if "inf" in specials:
            zero = any(x.finite and not x.magnitude for x in (self, other))
            return NAN if zero else Real(Fraction(0), negative, "inf")
        return Real(self.magnitude * other.magnitude, negative)

    def __add__(self, other: Real) -> Real:
        """The exact sum. Infinities of two signs give NaN; -0 only comes from -0 + -0."""
        specials = {self.special, other.special}
        if "nan" in specials:
            return NAN
        if "inf" in specials:
            signs = {x.negative for x in (self, other) if x.special}
            return NAN if len(signs) == 2 else Real(Fraction(0), signs.pop(), "inf")
        total = self.fraction + other.fraction
        if not total:
            return Real(total, self.negative and other.negative)
        return Real(abs(total), total < 0)

    def __float__(self) -> float:
        size = {"": float(self.magnitude), "inf": inf, "nan": nan}[self.special]
        return copysign(size, -1 if self.negative else 1)


NAN = Real(Fraction(0), special="nan")
INFINITY = Real(Fraction(0), special="inf")
ZERO = Real(Fraction(0))


def real(value: int | Fraction) -> Real:
    """A finite number; zero is +0."""
    return Real(Fraction(abs(value)), value < 0)


def total(values: Iterable[Real]) -> Real:
    """The exact sum, from +0."""
    result = ZERO
    for value in values:
        result = result + value
    return result
