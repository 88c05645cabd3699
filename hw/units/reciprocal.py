"""2^31 - 1 over integers, rounded down: a bit of the quotient a step."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value, signed

from ...golden.units.shift_exp import MOST
from ..arith.rows import plus
from .token_teller import Sequence

#: Bits of the numerator, all of which are ones.
NUMERATOR = MOST.bit_length()


def start(bits: int) -> int:
    """The remainder before the first step of a quotient of so many bits: all ones above them."""
    return (1 << (NUMERATOR - bits)) - 1


def step(m: Module, remainder: Value, divisor: Value, name: str) -> Value:
    """The next remainder R of the divisor d: 2R + 1 - d if R is not negative, else 2R + 1 + d.

    R is signed, of a bit more than d, and lies in -d … d - 1; the quotient's bit is whether the
    next one is not negative. The lowest bit of 2R + 1 is a one: it lends to none.
    """
    negative, width = remainder[-1], len(remainder)
    high = Cat(divisor[1:], Const(0, width - len(divisor)))
    carry = ~negative | divisor[0]
    after = Signal(signed(width), name=f"{name}_after")
    upper = plus(remainder[: width - 1], high ^ (~negative).replicate(width - 1), carry,
                 width=width - 1)  # fmt: skip
    m.d.comb += after.eq(Cat(~divisor[0], upper))
    return after


class Reciprocal(Sequence):
    """(2^31 - 1) // d of integers d, a bit of it a cycle; see :class:`.Sequence`.

    Parameters
    ----------
    width : bits of d.
    quotient : bits of what is made; d is so large that it has no more, or zero.

    Members
    -------
    i : :py:`In(stream.Signature(width))`
    o : :py:`Out(stream.Signature(quotient))`
    """

    def __init__(self, width: int, quotient: int):
        self.width, self.quotient = width, quotient
        super().__init__(width, quotient, quotient)

    def work(self, m: Module, takes: Value, busy: Value, count: Value, final: Value) -> Value:
        divisor = Signal(self.width, reset_less=True)
        remainder = Signal(signed(self.width + 1), reset_less=True)
        found = Signal(self.quotient, reset_less=True)
        after = step(m, remainder, divisor, "step")
        with m.If(takes):
            m.d.sync += [divisor.eq(self.i.payload), remainder.eq(start(self.quotient))]
        with m.If(busy):
            m.d.sync += [remainder.eq(after), found.eq(Cat(~after[-1], found))]
        return found
