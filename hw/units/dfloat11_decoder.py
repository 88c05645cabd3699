"""A matrix of DFloat11 decoded: its tables first, then its codes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring

from ...golden.units import DFloat11Decoder
from ..scale.queue import Queue
from .dfloat11_entrance import DFloat11Entrance
from .dfloat11_reader import DFloat11Reader
from .dfloat11_ring import DFloat11Ring
from .ports import ports


class DFloat11Core(wiring.Component):
    """Decodes one matrix after the other, a number a cycle.

    Parameters
    ----------
    unit : :class:`DFloat11Decoder`

    Members
    -------
    streams of the unit, by name.
    """

    def __init__(self, unit: DFloat11Decoder):
        self.unit = unit
        super().__init__(ports(unit.streams))

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        loaded, ends = Signal(), Signal()
        m.submodules.ring = ring = DFloat11Ring(self.unit.tables)
        m.submodules.reader = reader = DFloat11Reader()
        m.submodules.entrance = entrance = DFloat11Entrance(self.unit)
        self._load(m, ring, loaded, ends)

        wiring.connect(m, wiring.flipped(self.codes), entrance.codes)
        wiring.connect(m, wiring.flipped(self.gaps), entrance.gaps)
        wiring.connect(m, entrance.piece, ring.piece)
        for name in ("write", "symbol", "ends", "end"):
            m.d.comb += getattr(reader, name).eq(getattr(ring, name))
        m.d.comb += [
            ring.drained.eq(reader.drained),
            entrance.begins.eq(loaded),
            entrance.ends.eq(ends),
        ]

        # What comes behind the last number, of bits that fill the codes, is dropped.
        full = self._join(m, reader, ends)
        gone = ring.dealt.as_value() == reader.drained.as_value()
        m.d.comb += ends.eq(full & entrance.over & gone & ~reader.o.valid)
        return m

    def _load(self, m: Module, ring: DFloat11Ring, loaded: Signal, ends: Signal) -> None:
        """The entries of tables, the lengths first, each into its place."""
        source, entry = self.tables, ring.entry
        comes = source.valid & source.ready
        m.d.comb += [
            source.ready.eq(~loaded),
            ring.load.eq(comes),
            entry.entry.eq(source.payload.entry[0]),
        ]
        place = Signal(len(entry.index) + len(entry.number))
        m.d.comb += Cat(entry.index, entry.number).eq(place)
        with m.If(comes):
            m.d.sync += [place.eq(place + 1), loaded.eq(source.payload.last)]
            with m.If(source.payload.last):
                m.d.sync += place.eq(0)
        with m.If(ends):
            m.d.sync += loaded.eq(0)

    def _join(self, m: Module, reader: DFloat11Reader, ends: Signal) -> Signal:
        """Exponents between signs and mantissas, until all have left: then it is full."""
        rest, full = self.sign_mantissa, Signal()
        m.submodules.leaving = queue = Queue(17, 2)
        byte = rest.payload.sign_mantissa[0]
        m.d.comb += [
            queue.i.valid.eq(rest.valid & reader.o.valid & ~full),
            queue.i.payload.eq(Cat(byte[:7], reader.o.payload, byte[7], rest.payload.last)),
            rest.ready.eq(reader.o.valid & queue.i.ready & ~full),
            reader.o.ready.eq(full | (rest.valid & queue.i.ready)),
            self.result.valid.eq(queue.o.valid),
            queue.o.ready.eq(self.result.ready),
            self.result.payload.as_value().eq(queue.o.payload),
        ]
        with m.If(rest.valid & rest.ready & rest.payload.last):
            m.d.sync += full.eq(1)
        with m.If(ends):
            m.d.sync += full.eq(0)
        return full
