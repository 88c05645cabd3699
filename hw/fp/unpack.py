"""A float's code taken apart: sign and magnitude, where the decoder negates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from amaranth.hdl import Cat, Const, Module, Signal, Value

from ...golden.formats import Minifloat, NaN
from ..arith.specials import specials


class Told(NamedTuple):
    """What is known of a float's fields: what is special of it follows from that by one LUT.

    Parameters
    ----------
    top : the exponent has all bits.
    tail : the mantissa has any.
    hidden : the exponent has any.
    """

    top: Value
    tail: Value
    hidden: Value

    @property
    def nan(self) -> Value:
        return self.top & self.tail

    @property
    def inf(self) -> Value:
        return self.top & ~self.tail

    @property
    def zero(self) -> Value:
        return ~self.hidden & ~self.tail


def told(fmt: Minifloat, code: Value) -> Told | None:
    """What ``code`` tells of its fields; None where NaN and infinity are no exponent's alone."""
    if fmt.policy.nan is not NaN.MANTISSAS or not (fmt.has_nan and fmt.has_inf and fmt.has_zero):
        return None
    mantissa, biased = code[: fmt.mantissa_width], code[fmt.mantissa_width :][: fmt.exponent_width]
    return Told(biased.all(), mantissa.any(), biased.any())


@dataclass(frozen=True)
class Unpacked:
    """``(-1)**sign * significand * 2**(exponent - bias - mantissa_width)``, and what is special.

    ``exponent`` is the biased one, 1 for subnormals. Where ``nan`` or ``inf``, the numbers mean
    nothing. Signals that the format has no use for are constants.
    """

    sign: Value
    significand: Value
    exponent: Value
    zero: Value
    nan: Value
    inf: Value


def unpack(m: Module, fmt: Minifloat, code: Value, *, subnormals: bool = True) -> Unpacked:
    """The parts of ``code``; without ``subnormals``, an exponent of 0 must mean zero."""
    mantissa = code[: fmt.mantissa_width]
    biased = code[fmt.mantissa_width :][: fmt.exponent_width]
    sign = code[-1] if fmt.signed else Const(0, 1)
    nan, inf = specials(fmt, code)
    if not fmt.has_zero:
        significand = Cat(mantissa, Const(1, 1))
        return Unpacked(sign, significand, biased, Const(0, 1), nan, inf)

    hidden = Signal(name="hidden")
    m.d.comb += hidden.eq(biased.any())
    zero = ~hidden & ~mantissa.any() if subnormals else ~hidden
    exponent = Cat(biased[0] | ~hidden, biased[1:]) if subnormals else biased
    return Unpacked(sign, Cat(mantissa, hidden), exponent, zero, nan, inf)


def exponents(fmt: Minifloat) -> tuple[int, int]:
    """The least and the greatest ``exponent`` of a finite value."""
    least = int(fmt.has_zero)
    return least, max(fmt.max_exponent, least)
