"""Sums and differences of pairs of points, which come side by side or some beats apart.

Apart, the first of a pair waits in a line for the second. Their difference waits in the same line
until the sums have left; behind adders that take several cycles, in a line of its own.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ...golden.formats import Minifloat
from ..arith.long_delay import held_back
from ..fp import FloatAdd


class IntegerStep(wiring.Component):
    """Sums and differences of integers that stand ``distance`` beats apart.

    The output follows the input by ``distance + 1`` cycles with ``enable``: as many sums as the
    distance, then as many differences. Never overflows.

    Parameters
    ----------
    width : of an input; the output has a bit more.
    distance : beats between the two of a pair; 0: both come at once, as ``i`` and ``other``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    second : :py:`In(1)`
        The input is the second of a pair.
    i : :py:`In(signed(width))`
    o : :py:`Out(signed(width + 1))`
    """

    def __init__(self, width: int, distance: int):
        self.width, self.distance = width, distance
        ports = {"enable": In(1), "second": In(1)}
        super().__init__(ports | {"i": In(signed(width)), "o": Out(signed(width + 1))})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        wide, second = self.width + 1, self.second
        kept, head = Signal(signed(wide)), Signal(signed(wide))
        # A LUT a bit each: first + second, or what waits alone; first - second, or the input.
        first = Mux(second, head, 0)
        other = (Cat(self.i) ^ second.replicate(self.width)).as_signed()
        m.d.comb += kept.eq((Cat(second, first).as_signed() + Cat(second, other).as_signed()) >> 1)
        m.d.comb += head.eq(line(m, self.enable, kept, self.distance, "line"))
        with m.If(self.enable):
            m.d.sync += self.o.eq(head + Mux(second, self.i, 0))
        return m


class IntegerPair(wiring.Component):
    """The sum and the difference of two integers, a cycle with ``enable`` later.

    Parameters
    ----------
    width : of an input; outputs have a bit more.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    a, b : :py:`In(signed(width))`
    sum, difference : :py:`Out(signed(width + 1))`
    """

    latency = 1

    def __init__(self, width: int):
        self.width = width
        inputs = {name: In(signed(width)) for name in ("a", "b")}
        outputs = {name: Out(signed(width + 1)) for name in ("sum", "difference")}
        super().__init__({"enable": In(1), **inputs, **outputs})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        with m.If(self.enable):
            m.d.sync += [self.sum.eq(self.a + self.b), self.difference.eq(self.a - self.b)]
        return m


class FloatPair(wiring.Component):
    """The sum and the difference of two floats, each rounded once to nearest even.

    Parameters
    ----------
    format : :class:`Minifloat`
        Of operands and results.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    a, b : :py:`In(format.bits)`
    sum, difference : :py:`Out(format.bits)`
        ``latency`` cycles with ``enable`` later.
    """

    def __init__(self, format: Minifloat):
        self.format = format
        inputs = {name: In(format.bits) for name in ("a", "b")}
        outputs = {name: Out(format.bits) for name in ("sum", "difference")}
        super().__init__({"enable": In(1), **inputs, **outputs})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        minus = Cat(self.b[:-1], ~self.b[-1])
        for name, second in (("sum", self.b), ("difference", minus)):
            m.submodules[name] = add = adder(self.format).component()
            m.d.comb += [
                add.enable.eq(self.enable),
                add.a.eq(self.a),
                add.b.eq(second),
                getattr(self, name).eq(add.o),
            ]
        return m


class FloatStep(wiring.Component):
    """Sums and differences of floats that stand ``distance`` beats apart, rounded once each.

    The output follows the input by ``distance + latency`` cycles with ``enable``, in the order of
    :class:`IntegerStep`.

    Parameters
    ----------
    format : :class:`Minifloat`
    distance : beats between the two of a pair.

    Members
    -------
    enable, second : :py:`In(1)`
        As of :class:`IntegerStep`.
    i : :py:`In(format.bits)`
    o : :py:`Out(format.bits)`
    """

    def __init__(self, format: Minifloat, distance: int):
        self.format, self.distance = format, distance
        self.latency = pair_latency(format) + 1
        ports = {"enable": In(1), "second": In(1)}
        super().__init__(ports | {"i": In(format.bits), "o": Out(format.bits)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.pair = pair = FloatPair(self.format)
        late = partial(line, m, self.enable)
        m.d.comb += [
            pair.enable.eq(self.enable),
            pair.a.eq(late(self.i, self.distance, "line")),
            pair.b.eq(self.i),
        ]
        waiting = late(pair.difference, self.distance, "differences")
        second = late(self.second, self.latency - 1, "second")
        with m.If(self.enable):
            m.d.sync += self.o.eq(Mux(second, pair.sum, waiting))
        return m


def line(m: Module, enable: Value, value: Value, cycles: int, name: str) -> Value:
    """``value`` as it was so many cycles with ``enable`` ago; a long line is a memory."""
    return Value.cast(held_back(m, enable, Const(1), Value.cast(value), cycles, name)[1])


def adder(format: Minifloat) -> FloatAdd:
    """An adder with registers where levels need them."""
    return FloatAdd(format, format, format).staged()


def pair_latency(format: Minifloat) -> int:
    """Cycles of :class:`FloatPair`."""
    return adder(format).latency
