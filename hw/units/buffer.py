"""Slots for beats: two, between which no path leads from ``ready`` to ``ready``, or one."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class Slots(wiring.Component):
    """Hands beats on, each some cycles later.

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


class TwoSlots(Slots):
    """``i.ready`` and all of ``o`` come from registers.

    A beat is shown from the first slot. The second takes what comes while the first cannot move,
    and until it is free again, no other is taken.
    """

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
        # The second slot follows the input while it is free.
        with m.If(~waiting):
            m.d.sync += second.eq(given)
        beat, there, stays = self.next(waiting, moves, second)
        with m.If(moves):
            m.d.sync += [first.eq(beat), valid.eq(there)]
        m.d.sync += waiting.eq(stays)
        return m

    @abstractmethod
    def next(self, waiting: Value, moves: Value, second: Value) -> tuple[Value, Value, Value]:
        """What the first slot takes when it moves, whether that is a beat, and whether one waits in
        the second slot afterwards."""


class Buffer(TwoSlots):
    """A beat a cycle, a cycle later: one that comes goes to the first slot if it can."""

    def next(self, waiting: Value, moves: Value, second: Value) -> tuple[Value, Value, Value]:
        there = waiting | self.i.valid
        return Mux(waiting, second, Value.cast(self.i.payload)), there, ~moves & there


class Pair(TwoSlots):
    """A beat every second cycle, two cycles later, without multiplexers: each takes both slots.

    Two that wait can be taken in two cycles.
    """

    def next(self, waiting: Value, moves: Value, second: Value) -> tuple[Value, Value, Value]:
        return second, waiting, Mux(waiting, ~moves, self.i.valid)


class Slot(Slots):
    """A beat a cycle, a cycle later, in a single register.

    A path leads from ``o.ready`` to ``i.ready``: for a reader whose ``ready`` comes from registers.
    """

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        valid = Signal()
        given, shown = Value.cast(self.i.payload), Value.cast(self.o.payload)
        beat = Signal(len(given), reset_less=True)
        m.d.comb += [
            self.i.ready.eq(~valid | self.o.ready),
            self.o.valid.eq(valid),
            shown.eq(beat),
        ]
        with m.If(self.i.ready):
            m.d.sync += [beat.eq(given), valid.eq(self.i.valid)]
        return m
