"""Bytes of codes and of gaps as pieces, each with what its last code has of the next one."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.storage.dfloat11 import PIECE
from ...golden.units import DFloat11Decoder
from ...golden.units.dfloat11 import BYTES, GAPS, PIECES
from .dfloat11_ring import GAP, WINDOW, Piece
from .ports import ports


class DFloat11Entrance(wiring.Component):
    """Joins the codes of a matrix and its gaps; a piece waits for the next one, unless it is last.

    Parameters
    ----------
    unit : :class:`DFloat11Decoder`

    Members
    -------
    codes, gaps
        Streams of the unit, the first bit on top of the first byte.
    begins : :py:`In(1)`
        A matrix may come.
    ends : :py:`In(1)`
        It has gone: what is left of its gaps goes, too.
    over : :py:`Out(1)`
        All of its pieces have gone.
    piece : :py:`Out(stream.Signature(Piece))`
    """

    def __init__(self, unit: DFloat11Decoder):
        super().__init__(
            ports(item for item in unit.streams if item.name in ("codes", "gaps"))
            | {
                "begins": In(1),
                "ends": In(1),
                "over": Out(1),
                "piece": Out(stream.Signature(Piece)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        seen = Signal()  # the last beat of codes
        coming = self.begins & ~seen
        gap, known = self._gap(m, coming)

        held = Signal(data.StructLayout({"bits": PIECE, "gap": GAP, "last": 1}), reset_less=True)
        there, goes, comes = Signal(), Signal(), Signal()
        given = self._turned(self.codes.payload.codes, BYTES)
        behind = Mux(held.last, Const(0, WINDOW), given[-WINDOW:])
        m.d.comb += [
            self.piece.valid.eq(there & (held.last | (self.codes.valid & known))),
            self.piece.payload.bits.eq(Cat(behind, held.bits)),
            self.piece.payload.gap.eq(held.gap),
            goes.eq(self.piece.valid & self.piece.ready),
            self.codes.ready.eq(coming & known & (~there | self.piece.ready)),
            comes.eq(self.codes.valid & self.codes.ready),
            self.over.eq(seen & ~there),
        ]
        with m.If(comes):
            m.d.sync += [
                held.bits.eq(given), held.gap.eq(gap), held.last.eq(self.codes.payload.last),
                seen.eq(self.codes.payload.last),
            ]  # fmt: skip
        with m.If(comes | goes):
            m.d.sync += there.eq(comes)
        with m.If(self.ends):
            m.d.sync += seen.eq(0)
        return m

    def _gap(self, m: Module, coming: Value) -> tuple[Value, Value]:
        """The next piece's, and whether it has come."""
        kept, left = Signal(8 * GAPS, reset_less=True), Signal(range(PIECES + 1), reset_less=True)
        known = Signal()
        m.d.comb += self.gaps.ready.eq(coming & ~known)
        with m.If(self.gaps.valid & self.gaps.ready):
            m.d.sync += [
                kept.eq(self._turned(self.gaps.payload.gaps, GAPS)),
                left.eq(PIECES),
                known.eq(1),
            ]
        with m.If(self.codes.valid & self.codes.ready):
            m.d.sync += [kept.eq(kept << GAP), left.eq(left - 1), known.eq(left != 1)]
        with m.If(self.ends):
            m.d.sync += known.eq(0)
        return kept[-GAP:], known

    @staticmethod
    def _turned(values: Any, count: int) -> Value:
        """Bytes with the first on top."""
        return Cat(*(values[number] for number in reversed(range(count))))
