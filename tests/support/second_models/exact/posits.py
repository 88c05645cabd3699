"""Posits: codes to numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .numbers import NAN, Number, floor_log2, power


def magnitude(code: int, bits: int, es: int) -> Fraction:
    """The value of a positive posit of so many bits."""
    text = format(code, f"0{bits}b")[1:]
    run = len(text) - len(text.lstrip(text[0]))
    regime = run - 1 if text[0] == "1" else -run
    rest = text[run + 1 :]
    exponent = int((rest[:es] + "0" * es)[:es] or "0", 2)
    fraction = rest[es:]
    share = Fraction(int(fraction or "0", 2), 1 << len(fraction))
    return power(regime * (1 << es) + exponent) * (1 + share)


@dataclass(frozen=True)
class Posit:
    bits: int
    es: int

    def number(self, code: int) -> Number:
        if code == 1 << (self.bits - 1):
            return NAN
        negative = code >> (self.bits - 1) == 1
        code = (1 << self.bits) - code if negative else code
        return Number(negative, magnitude(code, self.bits, self.es) if code else Fraction(0))

    def least_exponent(self, code: int) -> int:
        """The exponent of the hidden bit, which every posit but zero and NaR has."""
        size = self.number(code).magnitude
        return floor_log2(size) if size else 0
