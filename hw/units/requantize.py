"""Requantizers as designs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amaranth.lib import wiring

from ...golden.units import Requantize
from ...golden.units.requantize_rules import RULES
from ..design import StageRow
from .every_element import EveryElement
from .grouped import GroupedHardware
from .requantizers import elements


class RequantizeHardware(GroupedHardware):
    """A requantizer as a design.

    Parameters
    ----------
    design : :class:`Requantize`
    """

    unit: Requantize

    def __init__(self, design: Requantize):
        super().__init__(design)
        self.elements = elements(design)

    def component(self) -> wiring.Component:
        return EveryElement(self.unit, self.elements)

    @property
    def latency(self) -> int:
        return self.elements.latency + self.entry

    @property
    def summary(self) -> str:
        unit = self.unit
        held = "".join(f", {name} {fmt.name}" for name, fmt in unit.held.items())
        group = f" per {unit.group} sums" if unit.group else " up to last"
        return (
            f"requantizer, {unit.sums.name} to {unit.result.name} by {unit.rule}{held}"
            f"{group * bool(held)}, {unit.rows} x {unit.lanes} sums per beat, latency "
            f"{self.latency} cycles"
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        unit = self.unit
        lines = [RULES[unit.rule].about]
        if unit.rule == "dyadic":
            low, high = unit.shifts
            far = f"{low}" if low == high else f"{low} to {high}"
            lines.append(f"shifted to the right by {far}, rounded as {unit.rounding}")
        if isinstance(unit.ends_of_result if unit.rule != "scale" else None, tuple):
            low, high = unit.ends_of_result
            zero = f", zero point {unit.zero}" if unit.zero else ""
            lines.append(f"results of {low} to {high}{zero}")
        return tuple(lines)

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.unit.facts

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit = self.unit
        found = [StageRow("sums", unit.sums.bits, None, unit.sums.name, 1, "taken into a buffer")]
        for number, step in enumerate(self.elements.steps):
            form = unit.result.name if step.width == unit.result.bits else "integer"
            name = f"step {number}"
            found.append(StageRow(name, step.width, None, form, step.cycles, step.name))
        return tuple(found)
