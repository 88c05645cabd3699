"""Beats that wait, in the order in which they came."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.store import Store


class Queue(wiring.Component):
    """Holds up to ``depth`` beats.

    A beat a cycle, and one is shown from the cycle on after it came. ``valid`` and ``ready`` of
    either side come from registers.

    Parameters
    ----------
    width : bits of a beat.
    depth : two at least.

    Members
    -------
    i : :py:`In(stream.Signature(width))`
    o : :py:`Out(stream.Signature(width))`
    """

    def __init__(self, width: int, depth: int):
        self.width, self.depth = width, depth
        signature = stream.Signature(width)
        super().__init__({"i": In(signature), "o": Out(signature)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.kept = words = Store(self.width, self.depth, distributed=True)
        there, room = Signal(), Signal(init=1)
        count = Signal(range(self.depth + 1))
        comes, goes = Signal(), Signal()
        m.d.comb += [
            comes.eq(self.i.valid & room),
            goes.eq(there & self.o.ready),
            self.i.ready.eq(room),
            self.o.valid.eq(there),
            self.o.payload.eq(words.read_0),
            words.write.eq(comes),
            words.data.eq(self.i.payload),
        ]
        for moves, address in ((comes, words.address), (goes, words.read_address_0)):
            place = Signal.like(address)
            m.d.comb += address.eq(place)
            with m.If(moves):
                m.d.sync += place.eq(self._next(place))
        with m.If(comes & ~goes):
            m.d.sync += [count.eq(count + 1), there.eq(1), room.eq(count != self.depth - 1)]
        with m.If(goes & ~comes):
            m.d.sync += [count.eq(count - 1), room.eq(1), there.eq(count != 1)]
        return m

    def _next(self, place: Value) -> Value:
        """The place behind another, in a circle."""
        return Mux(place == self.depth - 1, 0, place + 1)
