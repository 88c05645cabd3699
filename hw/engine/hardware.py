"""An engine as a design: its plan, its component, and what the others ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from amaranth.lib import wiring

from ...golden.answers import answered
from ...golden.bounds import Range
from ...golden.description import Engine
from ...golden.description.axis_widths import width_of
from ...golden.formats import Format
from ...golden.products import RULES
from ...golden.streams import Beats, Field, Stream
from ..array.flows import array
from ..design import Hardware, StageRow
from ..plan.array_plan import ArrayPlan
from ..plan.plan import Plan
from ..plan.streams import streams
from .component import ScaledEngine
from .facts import facts
from .planner import plan
from .stages import stages
from .words import format_of, holds, manual, notes, summary


class EngineHardware(Hardware):
    """A matrix product's engine.

    Parameters
    ----------
    design : :class:`Engine`
        Raises DesignError if it cannot be built.
    """

    kept = ("pe", "tile", "row_sum", "column_sum", "unit", "path")
    parts = {"path": "scale path"}

    def __init__(self, design: Engine):
        super().__init__(design)
        self.engine = design
        self.plan: ArrayPlan = plan(design)

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        return streams(self.plan)

    def component(self) -> wiring.Component:
        return component(self.plan)

    @property
    def latency(self) -> int:
        return self.plan.latency

    @property
    def hold(self) -> int:
        return self.plan.hold

    @property
    def drain(self) -> int:
        return self.plan.latency + self.plan.cycles * self.plan.reduction_cycles

    @property
    def rates(self) -> Mapping[str, int | float]:
        return dict(zip((mode.label for mode in self.plan.modes), self.plan.rates, strict=True))

    @property
    def summary(self) -> str:
        return summary(self.engine, self.plan)

    @property
    def notes(self) -> Mapping[str, str]:
        return notes(self.plan, self.streams, self._outside)

    @property
    def _outside(self) -> str:
        result = next(stream.name for stream in self.streams if stream.output)
        return "packets" if width_of(self.target.axis_width, result) else self.target.interface

    def note(self, stream: Stream) -> str:
        return notes(self.plan, [stream], self._outside)[stream.name]

    @property
    def manual(self) -> tuple[str, ...]:
        return manual(self.engine, self.plan)

    @property
    def remarks(self) -> tuple[str, ...]:
        return self.plan.remarks

    @property
    def shape(self) -> str:
        build = self.engine.build
        return f"{build.rows}x{build.cols}x{build.lanes}"

    @property
    def pace(self) -> str:
        pace = f"one step {self.plan.pace}"
        if self.plan.skips:
            pace += ", or in one for each digit that some element has"
        return pace

    @property
    def approximate(self) -> list[str]:
        rules = sorted({mode.product for mode in self.engine.modes})
        return [name for name in rules if RULES[name].approximate]

    def explained(self, part: str) -> str:
        return f"{part}, from the array's sums to results"

    @property
    def facts(self) -> Mapping[str, Any]:
        return facts(self.engine, self.plan)

    @property
    def rows(self) -> tuple[StageRow, ...]:
        return stages(self.plan)

    def format_of(self, field: Field) -> tuple[str, int | None]:
        return format_of(self.plan, field)

    def holds(self, field: Field) -> Format | Range:
        return holds(self.plan, field)

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        return answered(self.engine, self.streams, sent)


def component(planned: ArrayPlan) -> wiring.Component:
    """The component of a plan: the array alone where its sums are the results."""
    if isinstance(planned, Plan) and planned.serial:
        return ScaledEngine(planned)
    return array(planned)
