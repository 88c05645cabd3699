"""2^31 - 1 over about the root of a sum of squares, as I-LayerNorm has it."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed

from ...golden.units.ilayernorm import FIRST, STEPS
from ..arith.rows import plus
from .reciprocal import NUMERATOR, start
from .token_teller import Sequence

#: Bits of 2^31 - 1 over a root: that is 2^16, halved ten times, or more.
BITS = NUMERATOR - (FIRST.bit_length() - 1 - STEPS)
#: The power of two of where the iteration begins.
_FIRST = FIRST.bit_length() - 1


def quotient_bits(square: int) -> int:
    """Bits of a quotient, of a square of so many bits."""
    return (square + 1) // 2 + 1


def cycles(square: int) -> int:
    """Cycles of all turns, of a square of so many bits."""
    return 2 + (STEPS - 1) * (quotient_bits(square) + 2) + BITS + 1


class Root(Sequence):
    """(2^31 - 1) // k, k from ten steps (k + square // k) // 2; see :class:`.Sequence`.

    A bit of a quotient a cycle. The first step divides by 2^16, and none of the others by less than
    the whole part of the root: so quotients have few more bits than it.

    Parameters
    ----------
    low, high : bits of the two parts of a square's sum.
    unit : the power of two in which the second part counts, up to ``low``.

    Members
    -------
    i : :py:`In(stream.Signature(low + high))`
    o : :py:`Out(stream.Signature(BITS))`
    """

    def __init__(self, low: int, high: int, unit: int):
        self.low, self.unit = low, unit
        self.square = high + unit
        #: Bits of k after a step, and of a quotient.
        self.root = max(_FIRST, self.square - _FIRST)
        self.quotient = quotient_bits(self.square)
        super().__init__(low + high, BITS, cycles(self.square))

    def work(self, m: Module, takes: Value, busy: Value, count: Value, final: Value) -> Value:
        size, quotient, unit = self.root, self.quotient, self.unit
        square = Signal(self.square, reset_less=True)
        carried = Signal(self.low - unit, reset_less=True)
        k, left = Signal(size, reset_less=True), Signal(signed(size + 1), reset_less=True)
        bits = Signal(max(quotient, BITS), reset_less=True)

        # The square's parts become one number, and it the first k.
        sums, first = Signal(), Signal()
        m.d.sync += [sums.eq(takes), first.eq(sums & busy)]
        with m.If(takes):
            m.d.sync += [
                Cat(square[:unit], carried).eq(self.i.payload[: self.low]),
                square[unit:].eq(self.i.payload[self.low :]),
            ]
        with m.Elif(sums & busy):
            m.d.sync += square[unit:].eq(square[unit:] + carried)

        # Each turn loads what is divided, divides it, and makes the next k of the quotient.
        turn, place = Signal(range(STEPS)), Signal(range(len(bits) + 2))
        opened, loads, ends, last = Signal(), Signal(), Signal(), Signal()
        with m.If(takes):
            m.d.sync += [turn.eq(0), place.eq(0), opened.eq(0), ends.eq(0), last.eq(0)]
        with m.Elif(first):
            m.d.sync += [opened.eq(1), loads.eq(1)]
        with m.Elif(opened & busy):
            m.d.sync += [
                place.eq(Mux(ends, 0, place + 1)),
                ends.eq(~last & (place == quotient)),
                loads.eq(ends),
            ]
            with m.If(ends):
                m.d.sync += [turn.eq(turn + 1), last.eq(turn == STEPS - 2)]

        whole = Cat(Const(0, len(bits) - quotient), square[:quotient])
        ones = Const((1 << BITS) - 1 << len(bits) - BITS, len(bits))
        subtracts = ~left[-1]
        operand = Cat(k, Const(0, 1)) ^ subtracts.replicate(size + 1)
        after = plus(Cat(bits[-1], left)[: size + 1], operand, subtracts, width=size + 1)
        with m.If(loads):
            m.d.sync += [
                left.eq(Mux(last, start(BITS), square[quotient:])),
                bits.eq(Mux(last, ones, whole)),
            ]
        with m.Elif(opened & busy & ~ends):
            m.d.sync += [left.eq(after), bits.eq(Cat(~after[-1], bits))]

        added = Mux(first, square[_FIRST:], bits[:quotient])
        before = Mux(first, FIRST, Cat(k, Const(0, 1)))
        with m.If(first | ends):
            m.d.sync += k.eq((before + added) >> 1)
        return bits[:BITS]
