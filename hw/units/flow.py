"""The way of beats through a unit that rotates blocks of points: a beat a cycle, and its marks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.formats import Integer
from ...golden.units.rotation import Rotation
from ..arith.timing import delayed
from .buffer import Buffer


class BeatMarks(NamedTuple):
    """What travels beside a beat: whether there is one, and its ``last``."""

    valid: Value
    last: Value


class Part(Protocol):
    """A part of the way, which takes ``cycles`` with ``enable``."""

    @property
    def cycles(self) -> int: ...


class Flow(wiring.Component):
    """Beats of blocks, one after the other through all parts, a beat a cycle.

    While a block is incomplete, all moves on only with its next beat; between blocks it moves on by
    itself, so that what is complete comes out. Latency is ``latency`` cycles from a block's first
    beat to its first result, without stalls. Results leave through a buffer, which cuts the path
    from their ``ready``.

    Parameters
    ----------
    unit : :class:`Rotation`
        What it computes.

    Members
    -------
    points : :py:`In(stream.Signature(…))`
        Beats of points, and ``last``.
    result : :py:`Out(stream.Signature(…))`
        As many beats, each with the mark of the beat in its place.
    """

    def __init__(self, unit: Rotation):
        self.unit = unit
        #: Whether the next beat that goes in is the last of a block.
        self.final: Value = Const(0)
        result = unit.result
        shape = signed(result.bits) if isinstance(result, Integer) else result.bits
        given = data.ArrayLayout(unit.format.bits, self.count)
        made = data.ArrayLayout(shape, self.count)
        super().__init__(
            {
                "points": In(stream.Signature(data.StructLayout({"points": given, "last": 1}))),
                "result": Out(stream.Signature(data.StructLayout({"value": made, "last": 1}))),
            }
        )

    @property
    def count(self) -> int:
        """Numbers of a beat."""
        return self.unit.vectors * self.unit.lanes * self.unit.parts

    @property
    @abstractmethod
    def way(self) -> Sequence[Part]:
        """All parts in the order in which points meet them."""

    @abstractmethod
    def build(
        self, m: Module, enable: Value, lanes: list[Value], marks: BeatMarks, part: Any
    ) -> list[Value]:
        """What a part makes of a beat's numbers, ``part.cycles`` cycles with ``enable`` later."""

    def elaborate(self, platform: Any) -> Module:
        m, unit = Module(), self.unit
        enable, taken, result = Signal(), Signal(), self.result
        # Beats are counted: whether the next is the last of a block, or within one.
        inside, final, within = Signal(range(max(unit.beats, 2))), Signal(), Signal()
        m.submodules.buffer = buffer = Buffer(result.payload.shape())
        wiring.connect(m, buffer.o, wiring.flipped(result))
        result = buffer.i
        # A result may leave while the others wait for the next beat of a block.
        room, gone = Signal(), Signal()
        with m.If(enable):
            m.d.sync += gone.eq(0)
        with m.Elif(result.valid & result.ready):
            m.d.sync += gone.eq(1)
        m.d.comb += [
            self.points.ready.eq(room),
            taken.eq(self.points.valid & room),
            enable.eq(room & (self.points.valid | ~within)),
        ]
        if unit.beats > 1:
            with m.If(taken):
                m.d.sync += [
                    inside.eq(Mux(final, 0, inside + 1)),
                    final.eq(inside == unit.beats - 2),
                    within.eq(~final),
                ]

        # A beat passes all parts; its marks pass beside it.
        lanes = [self.points.payload.points[lane] for lane in range(self.count)]
        marks, self.final = BeatMarks(taken, self.points.payload.last), final
        for number, part in enumerate(self.way):
            lanes = self.build(m, enable, lanes, marks, part)
            marks = BeatMarks(
                delayed(m, enable, marks.valid, part.cycles, f"valid_{number}", reset=True),
                delayed(m, enable, marks.last, part.cycles, f"last_{number}"),
            )
        m.d.comb += [
            *(result.payload.value[lane].eq(value) for lane, value in enumerate(lanes)),
            result.payload.last.eq(marks.last),
            result.valid.eq(marks.valid & ~gone),
            # From registers: the buffer stops all at once, full or not.
            room.eq(~marks.valid | gone | result.ready),
        ]
        return m
