"""Additions that take one LUT and one carry bit a bit.

A carry's data input must be a bare signal, its select input may be any function of it and five
others. yosys puts a subtraction's first operand on the data input, never that of an addition: so
a + f + c is written as {a, c} − {~f, 1}, whose lowest position feeds the carry.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Shape, Value, signed, unsigned

from ...golden.bounds import Range
from .timing import delayed

#: Bits of the longest carry run.
LONGEST = 32


def plus(a: Value, f: Value, carry: Value | int = 0, *, width: int) -> Value:
    """The low ``width`` bits of ``a + f + carry``: ``a`` a register, ``f`` cheap functions."""
    make = [signed if value.shape().signed else unsigned for value in (a, f)]
    wide_a, wide_f = (
        _extended(value, shape(width)) for value, shape in zip((a, f), make, strict=True)
    )
    total = Cat(carry, wide_a) - Cat(Const(1, 1), ~wide_f)
    return total[1 : width + 1]


def segment_of(width: int) -> int:
    """Bits of the segments into which a sum is cut, all about as long; 0 if it need not be.

    A run has two positions more: for the carry that enters and for the one that leaves.
    """
    if width <= LONGEST:
        return 0
    return -(-width // -(-width // (LONGEST - 2)))


def lateness(width: int) -> int:
    """Cycles by which the top of a sum comes after its lowest segment."""
    segment = segment_of(width)
    return (width - 1) // segment if segment else 0


class Staggered:
    """Sums whose carries run through one segment a cycle.

    The bits of segment ``n`` of every number come ``n`` cycles after those of the lowest; only what
    is added in has to wait, and the lower segments of the last sum.

    Parameters
    ----------
    m, enable : where registers are made, and what lets them change.
    segment : bits; 0 for numbers in one piece.
    name : what registers are called.
    """

    def __init__(self, m: Module, enable: Value, segment: int, name: str):
        self.m, self.enable, self.segment, self.name = m, enable, segment, name
        self._count = 0

    def time(self, position: int) -> int:
        """The cycles by which the bit at a position comes late."""
        return position // self.segment if self.segment else 0

    def cuts(self, end: int) -> list[tuple[int, int]]:
        """The positions of each segment, from 0 to ``end``."""
        size = self.segment or end
        return [(start, min(start + size, end)) for start in range(0, end, size)]

    def late(self, value: Value, cycles: int) -> Value:
        """A value some cycles later."""
        self._count += 1
        return delayed(self.m, self.enable, value, cycles, f"{self.name}_{self._count}")

    def spread(self, value: Value, lsb: int = 0) -> Value:
        """A number whose lowest bit is at ``lsb``, all of whose bits come at once: its segments,
        one after the other."""
        cuts = [(max(a - lsb, 0), b - lsb) for a, b in self.cuts(lsb + len(value)) if b > lsb]
        found = Cat(self.late(value[a:b], self.time(lsb + a)) for a, b in cuts)
        return found.as_signed() if value.shape().signed else found

    def moved(self, bit: Value, position: int, other: int) -> Value:
        """The bit at a position, when the bits at a higher one come."""
        return self.late(bit, self.time(other) - self.time(position))

    def extended(self, value: Value, width: int, lsb: int = 0) -> Value:
        """The low ``width`` bits of a number whose lowest is at ``lsb``."""
        if len(value) >= width:
            return value[:width]
        if not (value.shape().signed and len(value)):
            return Cat(value, Const(0, width - len(value)))
        return Cat(value, *self.repeated(value[-1], lsb + len(value) - 1, lsb + width))

    def repeated(self, top: Value, at: int, end: int) -> list[Value]:
        """The bit at a position, repeated above it and below ``end``; a value a segment."""
        found, position = [], at + 1
        while position < end:
            if self.time(position) > self.time(at):
                top, at = self.moved(top, at, position), position
            stop = min((self.time(position) + 1) * self.segment, end) if self.segment else end
            found.append(top.replicate(stop - position))
            position = stop
        return found

    def plus(
        self, a: Value, f: Value, carry: Value | int = 0, *, width: int, lsb: int = 0
    ) -> Value:
        """:func:`plus` of numbers whose lowest bits are at ``lsb``."""
        if self.time(lsb) == self.time(lsb + width - 1):
            return plus(a, f, carry, width=width)
        a, f = self.extended(a, width, lsb), self.extended(f, width, lsb)
        found: list[Value] = []
        start = 0
        while start < width:
            end = min((self.time(lsb + start) + 1) * self.segment - lsb, width)
            size = end - start
            total = plus(a[start:end], f[start:end], carry, width=size + (end < width))
            found.append(total[:size])
            if end < width:
                carry = self.late(total[size], 1)
            start = end
        return Cat(*found)

    def joined(
        self, a: Value, low: Range, b: Value, high: Range, bounds: Range, carry: Value | int = 0
    ) -> Value:
        """The sum of two numbers, ``b`` of no smaller unit: the bits of ``a`` below that pass.

        ``low``, ``high`` and ``bounds`` are those of ``a``, ``b`` and the sum, which counts in the
        unit of ``a``; the carry is worth a unit of ``b``.
        """
        step = high.lsb - low.lsb
        a = a.as_signed() if low.signed else a
        if len(a) <= step:
            a = self.extended(a, step + 1, low.lsb)
        top = a[step:].as_signed() if low.signed else a[step:]
        total = self.plus(top, b, carry, width=bounds.width - step, lsb=high.lsb)
        value = Cat(a[:step], total)
        return value.as_signed() if bounds.signed else value


def _extended(value: Value, shape: Shape) -> Value:
    """The low bits of ``value``, extended by its sign."""
    if len(value) >= shape.width:
        return value[: shape.width]
    top = value[-1] if shape.signed else Const(0, 1)
    return Cat(value, *([top] * (shape.width - len(value))))
