"""Streaming butterflies as a design."""

from __future__ import annotations

from functools import cached_property

from amaranth.lib import wiring

from ...golden.bounds import Range
from ...golden.units import Butterflies
from ..design import StageRow
from .butterfly_flow import ButterflyFlow, Stage, stages
from .rotation import RotationHardware


class ButterfliesHardware(RotationHardware[Butterflies]):
    """Stages of butterflies as a design.

    Parameters
    ----------
    design : :class:`Butterflies`
    """

    kept = ("row",)
    order = "in the order of the last stage (of an FFT: the place's bits reversed)"

    def component(self) -> wiring.Component:
        return ButterflyFlow(self.unit)

    @cached_property
    def _stages(self) -> tuple[Stage, ...]:
        return stages(self.unit)

    @property
    def inner(self) -> int:
        return sum(stage.cycles for stage in self._stages)

    @property
    def summary(self) -> str:
        unit = self.unit
        points = "complex points" if unit.complex else "points"
        many = f", {unit.vectors} vectors side by side" if unit.vectors > 1 else ""
        return (
            f"butterflies ({unit.kernel}) of {unit.points} {points}, {unit.format.name} to "
            f"{unit.result.name}, {unit.lanes} points per beat{many}, latency {self.latency} cycles"
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        unit = self.unit
        unit_of = "twice the unit" if unit.halved else "the unit"
        return (
            f"each stage is rounded to nearest even, to {unit_of} of the points before; "
            f"results are within {float(unit.error):.4g} of the exact transform",
        )

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit = self.unit
        given, often = unit.format, f"{unit.lanes} per beat"
        found = [StageRow("points", given.bits, None, given.name, None, often, "points")]
        for stage, bounds in zip(self._stages, unit.stage_bounds[1:], strict=True):
            values = Range(0, bounds.low, bounds.high)
            what = f"2 x 2 matrices times points {stage.distance} apart, rounded"
            name = f"stage {stage.distance}"
            found.append(StageRow(name, bounds.width, values, "", stage.cycles, what))
        return tuple(found)
