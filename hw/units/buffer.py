"""Two slots for beats, between which no path leads from ``ready`` to ``ready``."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class Buffer(wiring.Component):
    """Hands beats on a cycle later; ``i.ready`` and all of ``o`` come from registers.

    A beat a cycle. One that arrives while the output stalls waits in a second slot, until whose
    end no other is taken.

    Parameters
    ----------
    shape : of the payload.

    Members
    -------
    i : :py:`In(stream.Signature(shape))`
    o : :py:`Out(stream.Signature(shape))`
    """

    def __init__(self, shape: ShapeLike):
        signature = stream.Signature(shape)
        super().__init__({"i": In(signature), "o": Out(signature)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        moves, waiting = Signal(), Signal()
        given, shown = Value.cast(self.i.payload), Value.cast(self.o.payload)
        first = Signal(len(given), reset_less=True)
        second = Signal(len(given), reset_less=True)
        valid = Signal()
        m.d.comb += [
            moves.eq(~valid | self.o.ready),
            self.i.ready.eq(~waiting),
            self.o.valid.eq(valid),
            shown.eq(first),
        ]
        # The second slot follows the input while it is free.
        with m.If(~waiting):
            m.d.sync += second.eq(given)
        with m.If(moves):
            m.d.sync += [
                first.eq(Mux(waiting, second, given)),
                valid.eq(waiting | self.i.valid),
            ]
        m.d.sync += waiting.eq(~moves & (waiting | self.i.valid))
        return m


class Pair(wiring.Component):
    """As :class:`Buffer`, for beats that are taken every second cycle at most: no multiplexers.

    The slots stand one behind the other. One beat can be taken in every cycle from two that wait,
    but the input takes none in the cycle after one that it took.

    Parameters
    ----------
    shape : of the payload.

    Members
    -------
    i : :py:`In(stream.Signature(shape))`
    o : :py:`Out(stream.Signature(shape))`
    """

    def __init__(self, shape: ShapeLike):
        signature = stream.Signature(shape)
        super().__init__({"i": In(signature), "o": Out(signature)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        moves, valid, waiting = Signal(), Signal(), Signal()
        given, shown = Value.cast(self.i.payload), Value.cast(self.o.payload)
        first = Signal(len(given), reset_less=True)
        second = Signal(len(given), reset_less=True)
        m.d.comb += [
            moves.eq(~valid | self.o.ready),
            self.i.ready.eq(~waiting),
            self.o.valid.eq(valid),
            shown.eq(first),
        ]
        with m.If(~waiting):
            m.d.sync += second.eq(given)
        with m.If(moves):
            m.d.sync += [first.eq(second), valid.eq(waiting)]
        m.d.sync += waiting.eq(Mux(waiting, ~moves, self.i.valid))
        return m
