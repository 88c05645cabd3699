"""Interval arithmetic in exact integers."""

from __future__ import annotations

from dataclasses import dataclass

from .formats import Format


@dataclass(frozen=True)
class Range:
    """All multiples of ``2**lsb`` from ``low * 2**lsb`` to ``high * 2**lsb``."""

    lsb: int
    low: int
    high: int

    @property
    def signed(self) -> bool:
        return self.low < 0

    @property
    def width(self) -> int:
        """Bits that hold every value, at least 1: two's complement if any is negative."""
        negative = (-self.low - 1).bit_length() if self.low < 0 else 0
        return max(self.high.bit_length(), negative, 0 if self.signed else 1) + self.signed

    def at(self, lsb: int) -> Range:
        """The same values in a unit no larger than before."""
        return Range(lsb, self.low << (self.lsb - lsb), self.high << (self.lsb - lsb))

    def __mul__(self, other: Range) -> Range:
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Range(self.lsb + other.lsb, min(corners), max(corners))

    def __neg__(self) -> Range:
        return Range(self.lsb, -self.high, -self.low)

    def __add__(self, other: Range) -> Range:
        lsb = min(self.lsb, other.lsb)
        a, b = self.at(lsb), other.at(lsb)
        return Range(lsb, a.low + b.low, a.high + b.high)

    def __or__(self, other: Range) -> Range:
        lsb = min(self.lsb, other.lsb)
        a, b = self.at(lsb), other.at(lsb)
        return Range(lsb, min(a.low, b.low), max(a.high, b.high))

    def times(self, count: int) -> Range:
        """The sum of ``count`` such values."""
        return Range(self.lsb, self.low * count, self.high * count)


def of_format(fmt: Format) -> Range:
    """The finite values of a format; specials count as zero."""
    zero = fmt.has_nan or fmt.has_inf or fmt.has_zero
    low, high = (min(fmt.low, 0), max(fmt.high, 0)) if zero else (fmt.low, fmt.high)
    return Range(fmt.lsb, low, high)
