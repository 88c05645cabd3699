"""IEEE P3109's formats (interim report 4.0, a draft), from the report's definition of a code.

A format has K bits and precision P, is signed or not, extended (with infinities) or finite. The
bias is 2^(K-P-1) where signed, 2^(K-P) where not. A code's trailing significand T are its last P-1
bits, what is above (without a sign) is E; it is worth T·2^(1-P)·2^(1-bias) if E is 0, else
(1 + T·2^(1-P))·2^(E-bias). NaN is the one code 2^(K-1) where signed, else the last; +infinity is
the code before the NaN in the order of values, -infinity the last code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from .reals import INFINITY, NAN, Real

TWO = Fraction(2)


@dataclass(frozen=True)
class P3109:
    """``policy``: se, sf, ue, uf."""

    bits: int
    precision: int
    policy: str

    @property
    def signed(self) -> bool:
        return self.policy[0] == "s"

    @property
    def extended(self) -> bool:
        return self.policy[1] == "e"

    @property
    def mantissa(self) -> int:
        return self.precision - 1

    @property
    def bias(self) -> int:
        return 2 ** (self.bits - self.precision - (1 if self.signed else 0))

    @property
    def greatest(self) -> int:
        """The code of the greatest finite value."""
        nan = 2 ** (self.bits - 1) if self.signed else 2**self.bits - 1
        return nan - 2 if self.extended else nan - 1

    def magnitude(self, code: int) -> Fraction:
        """What a code below NaN's is worth, were none of them infinite."""
        trailing, exponent = code % 2**self.mantissa, code // 2**self.mantissa
        fraction = Fraction(trailing, 2**self.mantissa)
        if exponent == 0:
            return fraction * TWO ** (1 - self.bias)
        return (1 + fraction) * TWO ** (exponent - self.bias)

    def decode(self, code: int) -> Real:
        half = 2 ** (self.bits - 1)
        if self.signed and code == half or not self.signed and code == 2 * half - 1:
            return NAN
        if self.signed and code > half:
            positive = self.decode(code - half)
            return Real(positive.magnitude, True, positive.special)
        if self.extended and code == self.greatest + 1:
            return INFINITY
        return Real(self.magnitude(code))

    def leading(self, code: int) -> int:
        """The exponent of a full significand's leading bit."""
        half = 2 ** (self.bits - 1)
        positive = code - half if self.signed and code >= half else code
        return max(positive // 2**self.mantissa, 1) - self.bias


def p3109(name: str) -> P3109 | None:
    """``binary8p3se`` and its kin."""
    found = re.fullmatch(r"binary(\d)p(\d)([su][ef])", name)
    return P3109(int(found[1]), int(found[2]), found[3]) if found else None


#: All formats of 3 to 8 bits.
NAMES = tuple(
    f"binary{bits}p{precision}{sign}{domain}"
    for bits in range(3, 9)
    for sign in "su"
    for precision in range(1, bits + (sign == "u"))
    for domain in "ef"
)
