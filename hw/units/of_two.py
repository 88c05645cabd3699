"""Units that take two streams of floats side by side, as designs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.formats import Format, Minifloat
from ...golden.streams import Beats
from ...golden.units.of_two import BEATS, OfTwo
from ..arith.blueprint import Blueprint
from ..arith.shared import instance
from ..arith.timing import delayed
from ..design import StageRow
from ..fp.pipeline import Pipelined
from .buffer import Buffer
from .values_hardware import ValuesHardware


class PairsOfValues(Blueprint):
    """What becomes of two streams, a beat a cycle; ``ready`` of every side comes from registers.

    Parameters
    ----------
    unit : :class:`OfTwo`
        What is computed.
    block : :class:`Pipelined`
        How: takes codes ``a`` and ``b`` and gives ``o``.
    name : :class:`str`
        What the block makes.

    Members
    -------
    values : :py:`In(stream.Signature(…))`
        Beats of values, with ``last``.
    residual, factor, … : :py:`In(stream.Signature(…))`
        What stands beside them, called as the unit has it.
    result : :py:`Out(stream.Signature(…))`
        What is made, with the ``last`` of the values.
    """

    def __init__(self, unit: OfTwo, block: Pipelined, name: str):
        self.unit, self.block, self.name = unit, block, name
        layouts = [
            data.ArrayLayout(fmt.bits, unit.width) for fmt in (unit.values, unit.other, unit.result)
        ]
        shapes = (
            {"values": layouts[0], "last": 1},
            {unit.beside: layouts[1]},
            {"value": layouts[2], "last": 1},
        )
        given, beside, made = (stream.Signature(data.StructLayout(shape)) for shape in shapes)
        super().__init__({"values": In(given), unit.beside: In(beside), "result": Out(made)})

    @property
    def latency(self) -> int:
        return 1 + self.block.latency + 1

    def build(self, m: Module, io: Any) -> None:
        enable, both, beside = Signal(), Signal(), self.unit.beside
        other = getattr(io, beside)
        m.submodules.values_buffer = a = Buffer(io.values.payload.shape())
        m.submodules[f"{beside}_buffer"] = b = Buffer(other.payload.shape())
        m.submodules.result_buffer = made = Buffer(io.result.payload.shape())
        wiring.connect(m, wiring.flipped(io.values), a.i)
        wiring.connect(m, wiring.flipped(other), b.i)
        wiring.connect(m, made.o, wiring.flipped(io.result))
        m.d.comb += [
            enable.eq(made.i.ready),
            both.eq(a.o.valid & b.o.valid),
            a.o.ready.eq(b.o.valid & enable),
            b.o.ready.eq(a.o.valid & enable),
        ]
        found = []
        for lane in range(self.unit.width):
            block = instance(m, f"{self.name}_of_{lane}", (self.name,), self.block.component)
            m.d.comb += [
                block.enable.eq(enable),
                block.a.eq(a.o.payload.values[lane]),
                block.b.eq(b.o.payload[beside][lane]),
            ]
            found.append(block.o)
        late = self.block.latency
        there = delayed(m, enable, both, late, "there", reset=True)
        m.d.comb += [
            made.i.payload.value.eq(Cat(*found)),
            made.i.payload.last.eq(delayed(m, enable, a.o.payload.last, late, "last")),
            made.i.valid.eq(enable & there),
        ]


class OfTwoHardware(ValuesHardware[OfTwo]):
    """A unit of two streams as a design.

    A subclass names it, and what it makes, and says which block makes it.

    Parameters
    ----------
    design : :class:`OfTwo`
    """

    #: The unit, and one result, in words.
    called: str
    makes: str

    def __init__(self, design: OfTwo):
        super().__init__(design)
        self.built = PairsOfValues(design, self.block().staged(), self.makes)

    @abstractmethod
    def block(self) -> Pipelined:
        """What makes a result of ``a`` and ``b``."""

    @staticmethod
    def float_of(fmt: Format) -> Minifloat:
        assert isinstance(fmt, Minifloat)
        return fmt

    def component(self) -> wiring.Component:
        return self.built.component()

    @property
    def latency(self) -> int:
        return self.built.latency

    @property
    def drain(self) -> int:
        return self.latency + 4

    @property
    def summary(self) -> str:
        unit = self.unit
        return (
            f"{self.called}, {unit.values.name} and {unit.other.name} to {unit.result.name}, "
            f"{self.per_beat} per beat, latency {self.latency} cycles"
        )

    @property
    def notes(self) -> Mapping[str, str]:
        unit, order, beside = self.unit, self.order, self.unit.beside
        return {
            "values": f"from the low bits: values ({unit.values.name}; {order}), last passes "
            "through",
            beside: f"from the low bits: {beside} ({unit.other.name}; {order}); a beat for "
            "each of values",
            "result": f"from the low bits: value ({unit.result.name}; {order}); a beat for each of "
            "values, with its last",
        }

    @property
    def manual(self) -> tuple[str, ...]:
        return (
            f"A beat of `values` and one of `{self.unit.beside}` become a beat of `result`, with "
            "the `last` of the values. Either may come first, and waits for the other.",
            f"{self.latency} cycles from the later of both to their {self.makes} when nobody "
            "stalls, no `ready` depends on another stream's. The reset is synchronous.",
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        return (
            f"the {self.makes} is rounded once, to nearest even; NaN and infinities as in IEEE 754",
        )

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.unit.facts

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, often = self.unit, self.per_beat + " per beat"
        a, b, made = unit.values, unit.other, unit.result
        return (
            StageRow("values", a.bits, None, a.name, 1, often, "values"),
            StageRow(unit.beside, b.bits, None, b.name, None, often, unit.beside),
            StageRow(self.makes, made.bits, None, made.name, self.built.block.latency + 1,
                     "rounded to nearest even"),
        )  # fmt: skip

    # How it is tried.

    @property
    def result_beats(self) -> int:
        return BEATS

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int:
        return self.latency + sum(len(trial["values"]) for trial in trials) - 1
