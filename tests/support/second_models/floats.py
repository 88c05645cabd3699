"""Binary floating point: what a code is worth, and rounding to the nearest or toward zero.

``formats.md`` A0: fields S | E | M; E = 0 is M·2^(1-b-m), else (2^m + M)·2^(E-b-m).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .reals import INFINITY, NAN, Real

TWO = Fraction(2)


@dataclass(frozen=True)
class Float:
    """A float format. ``policy``: finite, fn, ieee or fnuz, the rows of A0's table."""

    exponent: int
    mantissa: int
    policy: str
    bias: int
    signed: bool = True

    @property
    def bits(self) -> int:
        return self.signed + self.exponent + self.mantissa

    def split(self, code: int) -> tuple[int, int, int]:
        """Sign, biased exponent, mantissa."""
        mantissa = code & ((1 << self.mantissa) - 1)
        biased = (code >> self.mantissa) & ((1 << self.exponent) - 1)
        return code >> (self.exponent + self.mantissa), biased, mantissa

    def magnitude(self, magnitude_code: int) -> Fraction:
        """What a code without sign would be worth if no code were special; any E may follow."""
        biased, mantissa = divmod(magnitude_code, 1 << self.mantissa)
        significand = mantissa if biased == 0 else (1 << self.mantissa) + mantissa
        return significand * TWO ** (max(biased, 1) - self.bias - self.mantissa)

    @property
    def greatest(self) -> int:
        """The code of the greatest finite magnitude."""
        ones = (1 << (self.exponent + self.mantissa)) - 1
        if self.policy == "ieee":
            return ones - (1 << self.mantissa)
        return ones - (self.policy == "fn")

    def decode(self, code: int) -> Real:
        sign, biased, mantissa = self.split(code)
        if self.policy == "fnuz" and sign and not biased and not mantissa:
            return NAN
        unsigned = (biased << self.mantissa) + mantissa
        if unsigned <= self.greatest:
            return Real(self.magnitude(unsigned), bool(sign))
        if self.policy == "ieee" and mantissa == 0:
            return Real(Fraction(0), bool(sign), "inf")
        return NAN

    def leading(self, code: int) -> int:
        """The exponent of a full significand's leading bit, that of subnormals too."""
        return max(self.split(code)[1], 1) - self.bias

    def round(self, value: Real, rounding: str = "nearest_even") -> Real:
        """``value`` in this format, of policy ieee; what the exponent cannot hold is infinity.

        Rounds an integer significand at the destination's quantum, subnormals included.
        """
        if not value.finite or not value.magnitude:
            return value
        quantum = TWO ** (max(floor_log2(value.magnitude), 1 - self.bias) - self.mantissa)
        whole, rest = divmod(value.magnitude, quantum)
        if rounding == "nearest_even" and (rest * 2, whole % 2) > (quantum, 0):
            whole += 1
        if whole * quantum > self.magnitude(self.greatest):
            return Real(Fraction(0), value.negative, "inf")
        return Real(whole * quantum, value.negative)

    def code(self, value: Real) -> int:
        """The code of a value that the format, of policy ieee, holds; NaN is quiet, positive."""
        sign = value.negative << (self.exponent + self.mantissa)
        if value.special == "nan":
            return self.greatest + 1 + (1 << (self.mantissa - 1))
        if value.special == "inf":
            return sign + self.greatest + 1
        if not value.magnitude:
            return sign
        leading = max(floor_log2(value.magnitude), 1 - self.bias)
        significand = value.magnitude / TWO ** (leading - self.mantissa)
        assert significand.denominator == 1
        return sign + ((leading + self.bias - 1) << self.mantissa) + int(significand)


def floor_log2(value: Fraction) -> int:
    """The exponent e with 2^e <= value < 2^(e+1)."""
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    return exponent if value >= TWO**exponent else exponent - 1


def standard(exponent: int, mantissa: int, policy: str, signed: bool = True) -> Float:
    """With the usual bias, 2^(e-1)-1, one larger for fnuz."""
    bias = (1 << (exponent - 1)) - 1 + (policy == "fnuz")
    return Float(exponent, mantissa, policy, bias, signed)


FP32 = standard(8, 23, "ieee")
FP16 = standard(5, 10, "ieee")
BF16 = standard(8, 7, "ieee")
E2M1 = standard(2, 1, "finite")
UE4M3 = standard(4, 3, "fn", signed=False)

CANONICAL_NAN = 0x7FC00000
assert FP32.code(NAN) == CANONICAL_NAN and FP32.decode(0x7F800000) == INFINITY
