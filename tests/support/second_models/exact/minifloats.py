"""Small floats of any width and policy: codes to numbers, and numbers to codes.

Magnitudes are counted through: code c of a sign is the c-th magnitude from 0, so a number lies
between two neighbouring codes, and rounding is a choice between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .numbers import NAN, Number, floor_log2, infinity, power


@dataclass(frozen=True)
class Minifloat:
    """A sign (or none), exponent bits and mantissa bits; the greatest codes may be special.

    ``largest`` is the code of the greatest magnitude, ``infinite`` that of infinity. ``nan`` is
    the code of a result that is NaN, with its sign. All other codes above ``largest`` are NaN.
    """

    exponent: int
    mantissa: int
    bias: int
    largest: int
    infinite: int | None = None
    nan: int | None = None
    signed: bool = True
    minus_zero: bool = True
    subnormals: bool = True

    @property
    def bits(self) -> int:
        return self.exponent + self.mantissa + self.signed

    @property
    def greatest(self) -> int:
        """The greatest code without sign, whatever it stands for."""
        return self._sign - 1

    @property
    def _sign(self) -> int:
        return 1 << (self.exponent + self.mantissa)

    def number(self, code: int) -> Number:
        negative = self.signed and code >= self._sign
        magnitude = code - self._sign if negative else code
        if code == self.nan or (negative and magnitude == 0 and not self.minus_zero):
            return NAN
        if magnitude == self.infinite:
            return infinity(negative)
        return NAN if magnitude > self.largest else Number(negative, self._magnitude(magnitude))

    def least_exponent(self, code: int) -> int:
        """The exponent of the hidden bit; a subnormal has that of the least normal number."""
        field = (code % self._sign) >> self.mantissa
        return (max(field, 1) if self.subnormals else field) - self.bias

    def _magnitude(self, code: int) -> Fraction:
        field, fraction = code >> self.mantissa, code & ((1 << self.mantissa) - 1)
        if field == 0 and self.subnormals:
            return fraction * power(1 - self.bias - self.mantissa)
        return ((1 << self.mantissa) + fraction) * power(field - self.bias - self.mantissa)

    def below(self, magnitude: Fraction) -> tuple[int, Fraction]:
        """The greatest code not above a magnitude, as if exponents never ended; and what is left
        over, as a share of the way to the next code."""
        if magnitude == 0:
            return 0, Fraction(0)
        field = max(floor_log2(magnitude) + self.bias, 1)
        units = magnitude / power(field - self.bias - self.mantissa)
        whole = units.numerator // units.denominator
        return ((field - 1) << self.mantissa) + whole, units - whole

    def signed_code(self, negative: bool, magnitude: int) -> int:
        if magnitude == 0 and not (self.signed and self.minus_zero):
            return 0
        return magnitude + self._sign if negative else magnitude


def standard(exponent: int, mantissa: int, policy: str, bias: int | None = None) -> Minifloat:
    """A signed minifloat with one of the policies of the page on formats."""
    ones = (1 << (exponent + mantissa)) - 1
    top = ones - ((1 << mantissa) - 1)  # exponent all ones, mantissa zero
    if bias is None:
        bias = (1 << (exponent - 1)) - 1 + (policy == "fnuz")
    if policy == "finite":
        return Minifloat(exponent, mantissa, bias, ones)
    if policy == "fn":
        return Minifloat(exponent, mantissa, bias, ones - 1, nan=ones)
    if policy == "ieee":
        quiet = top + (1 << (mantissa - 1)) if mantissa else None
        return Minifloat(exponent, mantissa, bias, top - 1, infinite=top, nan=quiet)
    if policy == "fnuz":
        nan = ones + 1
        return Minifloat(exponent, mantissa, bias, ones, nan=nan, minus_zero=False)
    if policy == "normal":
        return Minifloat(exponent, mantissa, bias, ones, subnormals=False)
    raise ValueError(f"no such policy: {policy}")


def p3109(bits: int, precision: int, signed: bool, extended: bool) -> Minifloat:
    """binary{K}p{P}{s,u}{e,f}: one NaN, no −0, and infinity below it where it is extended."""
    mantissa = precision - 1
    exponent = bits - signed - mantissa
    bias = 1 << (bits - precision - signed)
    ones = (1 << (exponent + mantissa)) - 1
    last = ones if signed else ones - 1  # an unsigned format's NaN is its last code
    nan = ones + 1 if signed else ones
    infinite = last if extended else None
    largest = last - 1 if extended else last
    return Minifloat(
        exponent, mantissa, bias, largest, infinite, nan, signed=signed, minus_zero=False
    )
