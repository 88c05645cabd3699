"""Across the border of two dies: registers only, and a queue behind them.

The wires between dies of a stacked device (super long lines) begin and end at registers of their
own. A register is placed there that has ``USER_SLL_REG``, drives one register beyond the border,
and has neither enable nor reset (UG912, "USER_SLL_REG"; UG949, "Using SLR Crossing Registers").
So nothing on the way can be held: beats and the word that there is room fly on, and the queue has
room for all beats that are under way when it asks to wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.store import Store
from ..units.token_queue import moved

#: What placers are told of registers at a border, and synthesis tools: each stays as it is.
ATTRIBUTES = {"USER_SLL_REG": "TRUE", "SHREG_EXTRACT": "NO", "keep": 1}


@dataclass(frozen=True)
class Way:
    """The way over so many ``borders`` of dies, one behind the other: two registers at each."""

    borders: int

    @property
    def latency(self) -> int:
        """Cycles from a beat taken to the beat shown: borders, a register, the queue."""
        return 2 * self.borders + 2

    @property
    def under_way(self) -> int:
        """Beats that may still come when the queue has asked to wait."""
        return 4 * self.borders + 2

    @property
    def depth(self) -> int:
        """Places of the queue: a power of two, with room for those under way, and for as many and
        two to be taken until the first comes that was asked for anew."""
        return 1 << (2 * self.under_way + 2 - 1).bit_length()


class Crossing(wiring.Component):
    """A stream that crosses borders of dies.

    Latency is ``way.latency`` cycles, throughput a beat a cycle. ``ready`` and ``valid`` come from
    registers. A reset loses the beats that are under way.

    Parameters
    ----------
    width : bits of a beat.
    way : which borders.

    Members
    -------
    i : :py:`In(stream.Signature(width))`
        In the first die.
    o : :py:`Out(stream.Signature(width))`
        In the last.
    """

    def __init__(self, width: int, way: Way):
        self.width, self.way = width, way
        signature = stream.Signature(width)
        super().__init__({"i": In(signature), "o": Out(signature)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        room, open_ = Signal(), Signal()
        m.d.sync += open_.eq(self._crossed(m, room, "ready"))
        m.d.comb += self.i.ready.eq(open_)

        # A beat that was taken, beyond the borders; what a reset found there is none.
        valid = self._crossed(m, self.i.valid & open_, "valid")
        payload = self._crossed(m, self.i.payload, "payload")
        awake = Signal(2 * self.way.borders)
        comes, beat = Signal(), Signal(self.width, reset_less=True)
        m.d.sync += [
            awake.eq(Cat(1, awake)),
            comes.eq(valid & awake[-1]),
            beat.eq(payload),
        ]
        self._queued(m, comes, beat, room)
        return m

    def _crossed(self, m: Module, value: Value, name: str) -> Signal:
        """A value beyond the borders: a register at each side of each."""
        found = value
        for border in range(self.way.borders):
            for side in ("leaves", "arrives"):
                register = Signal(
                    len(value), name=f"{name}_{side}_{border}", reset_less=True, attrs=ATTRIBUTES
                )
                m.d.sync += register.eq(found)
                found = register
        assert isinstance(found, Signal)
        return found

    def _queued(self, m: Module, comes: Signal, beat: Signal, room: Signal) -> None:
        """Beats wait for who takes them; ``room`` is for all that may be under way."""
        depth = self.way.depth
        m.submodules.beats = words = Store(self.width, depth, distributed=True)
        count, there, goes = Signal(range(depth + 1)), Signal(), Signal()
        after = Signal.like(count)
        m.d.comb += [
            goes.eq(there & self.o.ready),
            after.eq(moved(count, comes, goes)),
            room.eq(count < depth - self.way.under_way),
            words.write.eq(comes),
            words.data.eq(beat),
            self.o.valid.eq(there),
            self.o.payload.eq(words.read_0),
        ]
        m.d.sync += [count.eq(after), there.eq(after != 0)]
        for moves, address in ((comes, words.address), (goes, words.read_address_0)):
            place = Signal.like(address)
            m.d.comb += address.eq(place)
            with m.If(moves):
                m.d.sync += place.eq(place + 1)
