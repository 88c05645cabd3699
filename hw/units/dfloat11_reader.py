"""Symbols of pieces that were decoded in turns, in the order of the pieces."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..arith.store import Store
from ..scale.queue import Queue
from .dfloat11_ring import BYTE, End, Place, Symbol, advance

#: Bits that tell one of the pieces that are kept, and one of its symbols.
_PIECE, _INDEX = 5, 6


class DFloat11Reader(wiring.Component):
    """Keeps the symbols of two pieces of each turn, and gives those of whole pieces, one a cycle.

    Members
    -------
    write, symbol : :py:`In(1)`, :py:`In(Symbol)`
    ends, end : :py:`In(1)`, :py:`In(End)`
        As the ring tells them.
    drained : :py:`Out(Place)`
        The first piece that has not been read.
    o : :py:`Out(stream.Signature(8))`
        The symbols.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "write": In(1),
                "symbol": In(Symbol),
                "ends": In(1),
                "end": In(End),
                "drained": Out(Place),
                "o": Out(stream.Signature(BYTE)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        counts = self._counts(m)

        # The piece that is read: how many symbols are left, and the next one.
        busy, left, index = Signal(), Signal(_INDEX + 1), Signal(_INDEX)
        more, one, moves, ends = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            moves.eq(more & (~self.o.valid | self.o.ready)),
            ends.eq(busy & (~more | (moves & one))),
            counts.ready.eq(~busy | ends),
        ]
        with m.If(moves):
            m.d.sync += [left.eq(left - 1), index.eq(index + 1), one.eq(left == 2), more.eq(~one)]
        with m.If(counts.ready):
            m.d.sync += [
                busy.eq(counts.valid),
                left.eq(counts.payload),
                one.eq(counts.payload == 1),
                more.eq(counts.valid & counts.payload.any()),
                index.eq(0),
            ]
        advance(m, self.drained, ends)

        # Their memory, whose output register is a beat.
        m.submodules.symbols = memory = Memory(shape=BYTE, depth=1 << _PIECE + _INDEX, init=[])
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.en.eq(self.write),
            write.addr.eq(Cat(self.symbol.index, self.symbol.half, self.symbol.turn)),
            write.data.eq(self.symbol.symbol),
            read.en.eq(moves),
            read.addr.eq(Cat(index, self.drained.round[0], self.drained.turn)),
            self.o.payload.eq(read.data),
        ]
        with m.If(moves | self.o.ready):
            m.d.sync += self.o.valid.eq(moves)
        return m

    def _counts(self, m: Module) -> Any:
        """How many symbols pieces have, of those that are whole, in their order."""
        m.submodules.counts = kept = Store(_INDEX + 1, 1 << _PIECE, distributed=True)
        m.submodules.whole = queue = Queue(_INDEX + 1, 2)
        there, ahead = Signal(1 << _PIECE), Signal(Place)
        place, end = Signal(_PIECE), Signal(_PIECE)
        ended, last = Signal(), Signal(End, reset_less=True)
        seen, count = Signal(), Signal(_INDEX + 1, reset_less=True)
        m.d.comb += [
            place.eq(Cat(ahead.round[0], ahead.turn)),
            end.eq(Cat(last.half, last.turn)),
            kept.write.eq(ended),
            kept.address.eq(end),
            kept.data.eq(last.count),
            kept.read_address_0.eq(place),
            queue.i.valid.eq(seen),
            queue.i.payload.eq(count),
        ]
        taken = seen & queue.i.ready
        m.d.sync += [ended.eq(self.ends), last.eq(self.end)]
        # A piece is looked for in one cycle, and counted in the next.
        m.d.sync += [seen.eq(there.bit_select(place, 1) & ~seen), count.eq(kept.read_0)]
        with m.If(seen & ~taken):
            m.d.sync += [seen.eq(1), count.eq(count)]
        with m.If(taken):
            m.d.sync += there.bit_select(place, 1).eq(0)
        with m.If(ended):
            m.d.sync += there.bit_select(end, 1).eq(1)
        advance(m, ahead, taken)
        return queue.o
