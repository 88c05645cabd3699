"""Residual addition as a design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.formats import Minifloat
from ...golden.streams import Beats
from ...golden.units import Residual
from ...golden.units.residual import BEATS
from ..arith.blueprint import Blueprint
from ..arith.shared import instance
from ..arith.timing import delayed
from ..design import StageRow
from ..fp import FloatAdd
from .buffer import Buffer
from .values_hardware import ValuesHardware


class ResidualAdder(Blueprint):
    """Sums of two streams, a beat a cycle; ``ready`` of every side comes from registers.

    Parameters
    ----------
    unit : :class:`Residual`
        What is computed.

    Members
    -------
    values, residual : :py:`In(stream.Signature(…))`
        Beats of both; ``last`` beside the values.
    result : :py:`Out(stream.Signature(…))`
        Their sums, with the ``last`` of the values.
    """

    def __init__(self, unit: Residual):
        self.unit = unit
        formats = unit.values, unit.residual, unit.result
        a, b, made = (fmt for fmt in formats if isinstance(fmt, Minifloat))
        self.sum = FloatAdd(a, b, made).staged()
        layouts = [data.ArrayLayout(fmt.bits, unit.width) for fmt in formats]
        shapes = (
            {"values": layouts[0], "last": 1},
            {"residual": layouts[1]},
            {"value": layouts[2], "last": 1},
        )
        given, beside, sums = (stream.Signature(data.StructLayout(shape)) for shape in shapes)
        super().__init__({"values": In(given), "residual": In(beside), "result": Out(sums)})

    @property
    def latency(self) -> int:
        return 1 + self.sum.latency + 1

    def build(self, m: Module, io: Any) -> None:
        enable, both = Signal(), Signal()
        m.submodules.values_buffer = a = Buffer(io.values.payload.shape())
        m.submodules.residual_buffer = b = Buffer(io.residual.payload.shape())
        m.submodules.result_buffer = made = Buffer(io.result.payload.shape())
        wiring.connect(m, wiring.flipped(io.values), a.i)
        wiring.connect(m, wiring.flipped(io.residual), b.i)
        wiring.connect(m, made.o, wiring.flipped(io.result))
        m.d.comb += [
            enable.eq(made.i.ready),
            both.eq(a.o.valid & b.o.valid),
            a.o.ready.eq(b.o.valid & enable),
            b.o.ready.eq(a.o.valid & enable),
        ]
        sums = []
        for lane in range(self.unit.width):
            block = instance(m, f"sum_{lane}", ("sum",), self.sum.component)
            m.d.comb += [
                block.enable.eq(enable),
                block.a.eq(a.o.payload.values[lane]),
                block.b.eq(b.o.payload.residual[lane]),
            ]
            sums.append(block.o)
        late = self.sum.latency
        there = delayed(m, enable, both, late, "there", reset=True)
        m.d.comb += [
            made.i.payload.value.eq(Cat(*sums)),
            made.i.payload.last.eq(delayed(m, enable, a.o.payload.last, late, "last")),
            made.i.valid.eq(enable & there),
        ]


class ResidualHardware(ValuesHardware[Residual]):
    """Residual addition as a design.

    Parameters
    ----------
    design : :class:`Residual`
    """

    def __init__(self, design: Residual):
        super().__init__(design)
        self.built = ResidualAdder(design)

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
            f"residual addition, {unit.values.name} and {unit.residual.name} to "
            f"{unit.result.name}, {self.per_beat} per beat, latency {self.latency} cycles"
        )

    @property
    def notes(self) -> Mapping[str, str]:
        unit, order = self.unit, self.order
        return {
            "values": f"from the low bits: values ({unit.values.name}; {order}), last passes "
            "through",
            "residual": f"from the low bits: residual ({unit.residual.name}; {order}); a beat for "
            "each of values",
            "result": f"from the low bits: value ({unit.result.name}; {order}); a beat for each of "
            "values, with its last",
        }

    @property
    def manual(self) -> tuple[str, ...]:
        return (
            "A beat of `values` and one of `residual` become a beat of `result`, with the `last` "
            "of the values. Either may come first, and waits for the other.",
            f"{self.latency} cycles from the later of both to their sum when nobody stalls, no "
            "`ready` depends on another stream's. The reset is synchronous.",
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        return ("the sum is rounded once, to nearest even; NaN and infinities as in IEEE 754",)

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.unit.facts

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, often = self.unit, self.per_beat + " per beat"
        a, b, made = unit.values, unit.residual, unit.result
        return (
            StageRow("values", a.bits, None, a.name, 1, often, "values"),
            StageRow("residual", b.bits, None, b.name, None, often, "residual"),
            StageRow("sum", made.bits, None, made.name, self.built.sum.latency + 1,
                     "rounded to nearest even"),
        )  # fmt: skip

    # How it is tried.

    @property
    def result_beats(self) -> int:
        return BEATS

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int:
        return self.latency + sum(len(trial["values"]) for trial in trials) - 1
