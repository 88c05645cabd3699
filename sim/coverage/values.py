"""What a step of the arithmetic can meet, as far as widths and bounds tell."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ...golden.bounds import Range
from ...golden.formats import Format, Minifloat


@dataclass(frozen=True)
class Values:
    """All numbers ``n * 2**lsb`` of up to ``bits`` significant bits and magnitudes up to ``most``.

    A step may meet fewer; it meets no others.
    """

    lsb: int
    bits: int
    most: Fraction

    @property
    def span(self) -> int:
        """Bits from the first of the greatest to the last of the least, or ``bits`` if fewer."""
        return min(self.bits, _exponent(self.most) - self.lsb + 1) if self.most else 0

    def __mul__(self, other: Values) -> Values:
        # A power of two adds no bit.
        bits = self.bits + other.bits - (1 in (self.bits, other.bits))
        return Values(self.lsb + other.lsb, bits, self.most * other.most)

    def __add__(self, other: Values) -> Values:
        lsb, most = min(self.lsb, other.lsb), self.most + other.most
        return Values(lsb, max(_exponent(most) - lsb + 1, 1) if most else 1, most)

    def __or__(self, other: Values) -> Values:
        most = max(self.most, other.most)
        return Values(min(self.lsb, other.lsb), max(self.bits, other.bits), most)

    def rounded(self, fmt: Format) -> Values:
        """What rounding to ``fmt`` leaves of them."""
        own = of_format(fmt)
        most = min(own.most, self.most * (1 + Fraction(1, 1 << own.bits)))
        lsb = max(self.lsb, own.lsb)
        return Values(lsb, min(self.bits, own.bits), max(most, Fraction(2) ** lsb))


def of_range(found: Range) -> Values:
    """All integers of a range, in its unit."""
    most = max(found.high, -found.low)
    # A power of two at the end has a single significant bit.
    return Values(found.lsb, max((most - 1).bit_length(), 1), most * Fraction(2) ** found.lsb)


def of_format(fmt: Format) -> Values:
    """All finite numbers of a format."""
    most = max(Fraction(float(fmt.maximum)), -Fraction(float(fmt.minimum)))
    if isinstance(fmt, Minifloat):
        lsb = fmt.lsb if fmt.has_zero else 1 - fmt.bias - fmt.mantissa_width
        return Values(lsb, fmt.mantissa_width + 1, most)
    return Values(fmt.lsb, max(fmt.significand_width, 1), most)


def _exponent(value: Fraction) -> int:
    """Of the leading bit."""
    found = value.numerator.bit_length() - value.denominator.bit_length()
    return found if Fraction(2) ** found <= value else found - 1
