"""Quotients of significands, a bit a step, by adding or subtracting the divisor.

With numerator and divisor in 1…2, every remainder R lies in -d … d. A step makes 2R - d of it if it
is not negative, else 2R + d: an addition of one LUT a bit, no multiplexer. The bit is whether the
remainder is not negative then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed

from .timing import delay_line, delayed

#: Bits of a remainder that are looked at together.
_GROUP = 6


class Quotient(NamedTuple):
    """Bits of a quotient, the first in the top bit, and whether anything is left."""

    bits: Value
    rest: Value


def cycles(steps: int) -> int:
    """Registers on the way of a quotient of so many bits."""
    return steps + 2


def divisors(m: Module, enable: Value, divisor: Value, steps: int, name: str) -> list[Value]:
    """A divisor for each step, to be shared by quotients."""
    line = delay_line(m, enable, divisor, steps, name)
    return [value for value in line if value is not None]


def quotient(
    m: Module, enable: Value, numerator: Value, line: Sequence[Value], name: str
) -> Quotient:
    """``numerator / divisor``, where ``line`` are its :func:`divisors`, all of one width.

    Both have their leading bit at the top, but for a numerator of zero. Takes :func:`cycles`.
    """
    width, steps = len(line[0]), len(line) - 1
    remainder = Signal(signed(width + 1), name=f"{name}_0")
    with m.If(enable):
        m.d.sync += remainder.eq(numerator - line[0])
    bits: Value = ~remainder[-1]
    for step in range(1, steps):
        after = Signal(signed(width + 1), name=f"{name}_{step}")
        # Twice the remainder, and the divisor with the other sign.
        negative, divisor = remainder[-1], Cat(line[step], Const(0, 1))
        twice = Cat(Const(0, 1), remainder)[: width + 1]
        changed = divisor ^ (~negative).replicate(width + 1)
        # One carry run: the lowest place lets the carry in.
        with m.If(enable):
            m.d.sync += after.eq((Cat(Const(1, 1), twice) + Cat(~negative, changed))[1:])
        bits = Cat(~after[-1], delayed(m, enable, bits, 1, f"{name}_bits_{step}"))
        remainder = after
    # It is exact with a remainder of 0, or of -d: a + b is 0 if a ^ b is (a | b) << 1.
    divisor = Cat(line[steps], Const(0, 1))
    left = remainder.as_unsigned()
    other = (left ^ divisor) ^ Cat(Const(0, 1), (left | divisor)[:-1])
    places = range(0, width + 1, _GROUP)
    zero, least = (
        delayed(m, enable, Cat(value[low : low + _GROUP].any() for low in places), 1, what)
        for value, what in ((left, f"{name}_left"), (other, f"{name}_other"))
    )
    sign = delayed(m, enable, left[-1], 1, f"{name}_sign")
    rest = Mux(sign, least.any(), zero.any())
    return Quotient(
        delayed(m, enable, bits, 2, f"{name}_bits"), delayed(m, enable, rest, 1, f"{name}_rest")
    )
