"""Floats as significands with a leading one, subnormal ones too, one level of a shift a cycle."""

from __future__ import annotations

from typing import NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed

from ...golden.formats import Minifloat
from ..arith.timing import delayed


class Normal(NamedTuple):
    """A significand, its leading one at the top, and its biased exponent, below 1 for subnormals.

    A significand of zero has no leading one.
    """

    significand: Value
    exponent: Value


def normal_shape(fmt: Minifloat) -> int:
    """Bits of the exponent, a signed number."""
    return max(fmt.exponent_width, (fmt.mantissa_width + 1).bit_length()) + 1


def _shifts(fmt: Minifloat, subnormals: bool) -> list[int]:
    count = fmt.mantissa_width.bit_length() if subnormals else 0
    return [1 << bit for bit in reversed(range(count))]


def cycles(fmt: Minifloat, subnormals: bool = True) -> int:
    """Registers on the way."""
    return 1 + len(_shifts(fmt, subnormals)) + bool(_shifts(fmt, subnormals))


def normalised(
    m: Module, enable: Value, fmt: Minifloat, code: Value, name: str, subnormals: bool = True
) -> Normal:
    """The parts of a code; its sign is not looked at. Without ``subnormals`` an exponent of 0 means
    zero."""
    width = fmt.mantissa_width
    mantissa, exponent = code[:width], code[width : width + fmt.exponent_width]
    significand = delayed(m, enable, Cat(mantissa, exponent.any()), 1, f"{name}_significand_0")
    exponent = delayed(m, enable, exponent, 1, f"{name}_exponent_0")
    zeros: list[Value] = []
    shifts = _shifts(fmt, subnormals)
    for number, shift in enumerate(shifts, start=1):
        none = ~significand[-shift:].any() if shift <= width else ~significand.any()
        moved = Cat(Const(0, shift), significand)[: width + 1]
        shown = Signal(width + 1, name=f"{name}_shown_{number}")
        m.d.comb += shown.eq(Mux(none, moved, significand))
        marks = delayed(m, enable, Cat(none, *zeros), 1, f"{name}_zeros_{number}")
        zeros = list(marks)
        significand = delayed(m, enable, shown, 1, f"{name}_significand_{number}")
        exponent = delayed(m, enable, exponent, 1, f"{name}_exponent_{number}")
    found = Signal(signed(normal_shape(fmt)), name=f"{name}_found")
    if not shifts:
        m.d.comb += found.eq(exponent)
        return Normal(significand, found)
    # Whatever was shifted had an exponent of 0, which counts as 1.
    count = Cat(*zeros)
    m.d.comb += found.eq(Mux(count.any(), 1 - count, exponent))
    late = delayed(m, enable, found, 1, f"{name}_exponent")
    return Normal(delayed(m, enable, significand, 1, f"{name}_significand"), late)
