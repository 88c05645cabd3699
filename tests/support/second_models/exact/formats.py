"""Formats by their names, as the page on formats defines them.

A code book is a list of (integer, exponent) pairs: its values are data, not arithmetic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from .minifloats import Minifloat, p3109, standard
from .numbers import Number, finite, power
from .posits import Posit


@dataclass(frozen=True)
class Integer:
    """Integers times ``2**lsb``: two's complement, or unsigned."""

    bits: int
    signed: bool
    symmetric: bool = False
    lsb: int = 0

    @property
    def least(self) -> int:
        return (-(1 << (self.bits - 1)) + self.symmetric) if self.signed else 0

    @property
    def greatest(self) -> int:
        return (1 << (self.bits - self.signed)) - 1

    def number(self, code: int) -> Number:
        half = 1 << (self.bits - 1)
        return finite((code - 2 * half if self.signed and code >= half else code) * power(self.lsb))

    def least_exponent(self, code: int) -> int:
        """That of the greatest magnitude's leading bit, whatever the code."""
        return self.lsb + max(self.greatest, -self.least).bit_length() - 1


@dataclass(frozen=True)
class Book:
    """A value for each code, in units of ``2**lsb``."""

    bits: int
    values: tuple[int, ...]
    lsb: int = 0

    def number(self, code: int) -> Number:
        return finite(self.values[code] * power(self.lsb))

    def least_exponent(self, code: int) -> int:
        """That of the greatest magnitude's leading bit, whatever the code."""
        return self.lsb + max(map(abs, self.values)).bit_length() - 1


@dataclass(frozen=True)
class Powers:
    """E8M0: a power of two for each code; the last is NaN. No zero, no sign."""

    bits: int = 8

    def number(self, code: int) -> Number:
        if code == 255:
            return Number(False, Fraction(0), "nan")
        return finite(power(code - 127))

    def least_exponent(self, code: int) -> int:
        return code - 127


Format = Integer | Book | Powers | Minifloat | Posit

_OCP = {"e4m3": "fn", "e5m2": "ieee", "ue4m3": "fn", "ue5m3": "fn"}
_IEEE = {"fp32": (8, 23), "fp16": (5, 10), "bf16": (8, 7)}


def step(form: Format) -> int:
    """The exponent of the LSB that all values of a format are multiples of."""
    if isinstance(form, Minifloat):
        return form.subnormals - form.bias - form.mantissa
    if isinstance(form, Posit):
        return -(form.bits - 2) << form.es
    if isinstance(form, Powers):
        return -127
    if isinstance(form, Integer):
        return form.lsb
    return form.lsb + min((value & -value).bit_length() - 1 for value in form.values if value)


@cache
def named(name: str) -> Format:
    """The format of a name; KeyError where the pages do not define its codes."""
    if name in _IEEE:
        return standard(*_IEEE[name], "ieee")
    if name == "e8m0":
        return Powers()
    if name == "binary":
        return Book(1, (-1, 1))
    if name == "ternary":  # two's complement; the spare code 0b10 is a second zero
        return Book(2, (0, 1, 0, -1))
    if match := re.fullmatch(r"(u?)int(\d+)(_sym)?", name):
        return Integer(int(match[2]), not match[1], match[3] is not None)
    if match := re.fullmatch(r"mxint(\d+)", name):
        return Integer(int(match[1]), True, lsb=2 - int(match[1]))
    if match := re.fullmatch(r"bipolar(\d+)", name):
        ones = (1 << int(match[1])) - 1
        return Book(int(match[1]), tuple(2 * code - ones for code in range(ones + 1)))
    if match := re.fullmatch(r"posit(\d+)_(\d+)", name):
        return Posit(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"(u?e(\d+)m(\d+))(?:b(\d+))?(?:_(\w+))?", name):
        policy = match[5] or _OCP.get(match[1], "finite")
        bias = int(match[4]) if match[4] else None
        form = standard(int(match[2]), int(match[3]), policy, bias)
        return replace(form, signed=not name.startswith("u"))
    if match := re.fullmatch(r"binary(\d+)p(\d+)([su])([ef])", name):
        return p3109(int(match[1]), int(match[2]), match[3] == "s", match[4] == "e")
    if match := re.fullmatch(r"denseshift(\d+)", name):  # ±2**p, from p = 0
        return standard(int(match[1]) - 1, 0, "normal", 0)
    raise KeyError(name)
