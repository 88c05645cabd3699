"""The mean of a token's numbers, rounded to nearest even."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value, signed

from ..arith.rows import plus
from .token_teller import Sequence


class Mean(Sequence):
    """A sum of unsigned numbers over how many they are, a bit a cycle; see :class:`.Sequence`.

    Parameters
    ----------
    width : bits of a number, and of the mean.
    sums : bits of a sum.
    counts : bits of one less than the beats.
    lanes : numbers in a beat.

    Members
    -------
    i : :py:`In(stream.Signature(sums + counts))`
        The sum, and above it one less than the beats.
    o : :py:`Out(stream.Signature(width))`
    """

    def __init__(self, width: int, sums: int, counts: int, lanes: int):
        self.width, self.sums, self.lanes = width, sums, lanes
        super().__init__(sums + counts, width, width + 4)

    def work(self, m: Module, takes: Value, busy: Value, count: Value, final: Value) -> Value:
        width, payload = self.width, self.i.payload
        beats = Signal(len(payload) - self.sums, reset_less=True)
        size = ((1 << len(beats)) * self.lanes).bit_length()
        divisor = Signal(size, reset_less=True)
        left = Signal(signed(max(size, self.sums - width) + 1), reset_less=True)
        bits, found = (Signal(width, name=name, reset_less=True) for name in ("bits", "found"))
        up = Signal()

        # Twice what is left and a bit more, less the divisor, or with it if that is negative; at
        # the end a zero for a bit, which tells whether a half or more is left.
        moves, half = Signal(), Signal()
        m.d.sync += [moves.eq(busy & (count < width)), half.eq(busy & (count == width))]
        wide, adds = len(left), left[-1]
        operand = Cat(divisor, Const(0, wide - size)) ^ (~adds).replicate(wide)
        after = plus(Cat(bits[-1] & ~half, left)[:wide], operand, ~adds, width=wide)
        m.d.sync += [
            divisor.eq((beats + 1) * self.lanes),
            up.eq(~left[-1] & (left.any() | bits[0])),
        ]
        with m.If(takes):
            m.d.sync += [
                left.eq(payload[width : self.sums]),
                bits.eq(payload[:width]),
                beats.eq(payload[self.sums :]),
            ]
        with m.Elif(busy & (moves | half)):
            m.d.sync += left.eq(after)
        with m.If(busy & moves):
            m.d.sync += bits.eq(Cat(~after[-1], bits))
        with m.If(busy & final):
            m.d.sync += found.eq(bits + up)
        return found
