"""Huffman codes decoded by pieces that take turns: a symbol leaves in every cycle."""

from __future__ import annotations

from typing import Any, NamedTuple

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ...golden.storage.dfloat11 import PIECE
from ...golden.storage.huffman import POINTERS
from ..arith.store import Store

#: Pieces that are decoded at a time, each in one stage of the ring: so many stages it has.
TURNS = 10
#: Bits of a window that the longest code fits; of a gap; of a code's length; of a count of pieces.
WINDOW, GAP, LENGTH, ROUND = 32, 5, 6, 3
#: Pieces of a turn that wait to be decoded, and that wait to be read, at the most.
WAITING = 2
#: Entries of a table, as bits of an index.
BYTE = 8

#: Which of the pieces that take a turn: pieces are dealt to the turns in a circle, ``round`` by
#: ``round``.
Place = data.StructLayout({"turn": range(TURNS), "round": ROUND})
#: A piece, the bits behind it that its last code may have, and where its first code begins.
Piece = data.StructLayout({"bits": PIECE + WINDOW, "gap": GAP})
#: An entry of a table: of the lengths (number 0), of the first table, of those behind it.
Entry = data.StructLayout({"number": range(18), "index": BYTE, "entry": BYTE})
#: A symbol of a piece, the ``index``-th.
Symbol = data.StructLayout({"turn": range(TURNS), "half": 1, "index": 6, "symbol": BYTE})
#: The end of a piece of ``count`` symbols.
End = data.StructLayout({"turn": range(TURNS), "half": 1, "count": 7})

#: What a piece takes with it round the ring: its round, whether none of it is decoded yet; the next
#: code's place and the number of symbols so far, where some is.
_State = data.StructLayout({"round": ROUND, "fresh": 1, "at": 6, "count": 6})


class Moved(NamedTuple):
    """What is known of a piece in a stage."""

    turn: Value
    state: Any
    active: Value


def advance(m: Module, place: Any, when: Value) -> None:
    """The place of the piece after, when ``when``."""
    with m.If(when):
        last = place.turn == TURNS - 1
        m.d.sync += [
            place.turn.eq(Mux(last, 0, place.turn + 1)),
            place.round.eq(place.round + last),
        ]


class DFloat11Ring(wiring.Component):
    """Decodes pieces of Huffman codes, a symbol a cycle from one of ten pieces in turn.

    A symbol's length is known when it has gone through the tables, nine cycles after its code was
    cut out: then the next code of the same piece follows, and nine other pieces have had their
    turn. What is no code ends a piece.

    Parameters
    ----------
    tables : decoding tables that there is room for.

    Members
    -------
    load, entry : :py:`In(1)`, :py:`In(Entry)`
        An entry of a table, while no piece is there.
    piece : :py:`In(stream.Signature(Piece))`
        Pieces in their order.
    dealt : :py:`Out(Place)`
        Where the next piece goes.
    drained : :py:`In(Place)`
        The first piece that has not been read.
    write, symbol : :py:`Out(1)`, :py:`Out(Symbol)`
        A symbol of a piece.
    ends, end : :py:`Out(1)`, :py:`Out(End)`
        A piece has no more of them.
    """

    def __init__(self, tables: int):
        self.tables = tables
        super().__init__(
            {
                "load": In(1),
                "entry": In(Entry),
                "piece": In(stream.Signature(Piece)),
                "dealt": Out(Place),
                "drained": In(Place),
                "write": Out(1),
                "symbol": Out(Symbol),
                "ends": Out(1),
                "end": Out(End),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        state = Signal(_State, init={"fresh": 1})
        stages = [self._entrance(m, state)]
        piece = self._piece(m, stages[0])
        at = Mux(state.fresh, piece.gap, state.at)
        bits = self._kept(m, piece.bits, "piece_bits")
        stages.append(self._later(m, stages[0], at))
        for _ in range(2, TURNS):
            stages.append(self._later(m, stages[-1]))
        self._deal(m, stages[-1])
        window = self._window(m, stages[1].state.at, bits)
        symbol, length = self._looked_up(m, window)
        self._leave(m, stages[-2:], symbol, length, state)
        return m

    def _entrance(self, m: Module, state: Any) -> Moved:
        """The first stage: whose turn it is, and whether it may decode."""
        turn = Signal(range(TURNS))
        soon = Signal(range(TURNS), init=1)
        m.d.sync += [turn.eq(soon), soon.eq(Mux(soon == TURNS - 1, 0, soon + 1))]

        # Counts of its pieces, a cycle old: what they allowed then, they allow now.
        known = []
        for name, place in (("dealt", self.dealt), ("drained", self.drained)):
            count = Signal(ROUND, name=f"{name}_of_turn")
            m.d.sync += count.eq(place.round + (soon < place.turn))
            known.append(count)
        there = state.round != known[0]
        room = (state.round - known[1])[:ROUND] < WAITING

        return Moved(turn, state, there & room)

    def _deal(self, m: Module, last: Moved) -> None:
        """A piece for the turn that comes next, where it has room: known a cycle before."""
        waiting = (self.dealt.round - last.state.round)[:ROUND]
        m.d.sync += self.piece.ready.eq((last.turn == self.dealt.turn) & (waiting < WAITING))
        advance(m, self.dealt, self.piece.valid & self.piece.ready)

    @staticmethod
    def _later(m: Module, stage: Moved, at: Value | None = None) -> Moved:
        """The next stage; ``at`` where the code is, if it is known only now."""
        turn = Signal(range(TURNS), name="turn_late", reset_less=True)
        state = Signal(_State, init={"fresh": 1}, name="state_late")
        active = Signal(name="active_late")
        m.d.sync += [turn.eq(stage.turn), state.eq(stage.state), active.eq(stage.active)]
        if at is not None:
            m.d.sync += state.at.eq(at)
        return Moved(turn, state, active)

    def _piece(self, m: Module, stage: Moved) -> Any:
        """The piece of a stage."""
        kept = Store(Piece.size, 2 << ROUND + 1, distributed=True)
        m.submodules.pieces = kept
        found = Signal(Piece, name="piece_kept")
        m.d.comb += [
            kept.write.eq(self.piece.valid & self.piece.ready),
            kept.address.eq(Cat(self.dealt.turn, self.dealt.round[0])),
            kept.data.eq(self.piece.payload.as_value()),
            kept.read_address_0.eq(Cat(stage.turn, stage.state.round[0])),
        ]
        m.d.comb += found.as_value().eq(kept.read_0)
        return found

    @staticmethod
    def _window(m: Module, at: Value, bits: Value) -> Value:
        """The bits from place ``at`` on, two cycles later: cut out by bytes, then by bits."""
        wide = [bits[PIECE - 8 - 8 * byte :][: WINDOW + 8] for byte in range(8)]  # first bit on top
        cut, rest = Signal(WINDOW + 8, reset_less=True), Signal(3, reset_less=True)
        m.d.sync += [cut.eq(Array(wide)[at[3:]]), rest.eq(at[:3])]
        window = Signal(WINDOW, reset_less=True)
        m.d.sync += window.eq(Array([cut[8 - bit :][:WINDOW] for bit in range(8)])[rest])
        return window

    def _looked_up(self, m: Module, window: Value) -> tuple[Value, Value]:
        """The symbol and its length, 0 where there is none: a table for each byte of the window.

        The symbol comes five cycles after the window, its length with it.
        """
        levels, few = WINDOW // BYTE, (self.tables - 2).bit_length()
        number = self.entry.number
        [found] = self._memory(m, "first", BYTE, 1, number == 1)
        others = self._memory(m, "others", BYTE + few, levels - 1, number > 1)
        m.d.comb += found.addr.eq(window[-BYTE:])
        symbol: Value = found.data
        rest = self._kept(m, window[:-BYTE], "rest_0")
        for level, found in enumerate(others):
            m.d.comb += found.addr.eq(Cat(rest[-BYTE:], (-symbol)[:few]))
            known = self._kept(m, symbol < POINTERS, f"known_{level}")
            symbol = Mux(known, self._kept(m, symbol, f"symbol_{level}"), found.data)
            if level < levels - 2:
                rest = self._kept(m, rest[:-BYTE], f"rest_{level + 1}")
        [length] = self._memory(m, "lengths", BYTE, 1, number == 0, LENGTH)
        m.d.comb += length.addr.eq(symbol)
        nothing = self._kept(m, symbol >= POINTERS, "nothing")
        return self._kept(m, symbol, "symbol_made"), Mux(nothing, 0, length.data)

    @staticmethod
    def _kept(m: Module, value: Value, name: str) -> Signal:
        """A cycle later."""
        found = Signal(len(value), name=name, reset_less=True)
        m.d.sync += found.eq(value)
        return found

    def _memory(
        self, m: Module, name: str, bits: int, reads: int, chosen: Value, width: int = BYTE
    ) -> list[Any]:
        """Ports of memories of the entries of some tables, read in the next cycle."""
        ports = []
        for number in range(reads):
            memory = Memory(shape=width, depth=1 << bits, init=[])
            m.submodules[f"{name}_{number}"] = memory
            write, read = memory.write_port(), memory.read_port()
            which = (self.entry.number - 1)[: bits - BYTE]
            m.d.comb += [
                write.en.eq(self.load & chosen),
                write.addr.eq(Cat(self.entry.index, which)),
                write.data.eq(self.entry.entry),
            ]
            ports.append(read)
        return ports

    def _leave(
        self, m: Module, stages: list[Moved], symbol: Value, length: Value, first: Any
    ) -> None:
        """The last stages: a symbol goes out, and its piece round to the next code; or the next
        piece has its turn."""
        after = self._kept(m, (stages[0].state.at + length)[:7], "after")
        found = self._kept(m, length != 0, "found")
        symbol = self._kept(m, symbol, "symbol_out")
        turn, state, active = stages[1]
        over = Signal()
        m.d.comb += [
            over.eq(after[6] | ~found),
            self.write.eq(active & found),
            self.symbol.turn.eq(turn),
            self.symbol.half.eq(state.round[0]),
            self.symbol.index.eq(state.count),
            self.symbol.symbol.eq(symbol),
            self.ends.eq(active & over),
            self.end.turn.eq(turn),
            self.end.half.eq(state.round[0]),
            self.end.count.eq(state.count + found),
        ]
        stays = active & ~over
        m.d.sync += [
            first.round.eq(state.round + self.ends),
            first.fresh.eq(~stays),
            first.at.eq(after[:6]),
            first.count.eq(Mux(stays, state.count + 1, 0)),
        ]
