"""Dequantizers as designs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.lib import wiring

from ...golden.errors import DesignError
from ...golden.formats import Kind
from ...golden.streams import Beats
from ...golden.units import Dequantize
from ...golden.units.dequantize_rules import WAYS
from ..design import StageRow
from .element_steps import ElementSteps
from .grouped import GroupedHardware
from .table_plan import MOST_PARTS, WIDEST, TablePlan


class DequantizeHardware(GroupedHardware):
    """A dequantizer as a design.

    Parameters
    ----------
    design : :class:`Dequantize`
    """

    unit: Dequantize

    def __init__(self, design: Dequantize):
        super().__init__(design)
        self.table = TablePlan(design)
        if design.via == "table":
            self._check_table()

    def _check_table(self) -> None:
        unit, table = self.unit, self.table
        if not unit.scales or unit.element.bits > WIDEST:
            raise DesignError(
                f"via = 'table' needs scales and elements of up to {WIDEST} bits, got "
                f"{len(unit.scales)} scales and {unit.element.name}: choose direct"
            )
        if not table.possible:
            raise DesignError(
                f"a table of {len(table.entries)} products of {unit.element.name} cannot be filled "
                f"in the {table.beats} beats of a group, {MOST_PARTS} a cycle: make the lanes "
                "fewer, the group longer, or choose direct"
            )

    @property
    def via(self) -> str:
        """How it is built: ``table`` or ``direct``."""
        if self.unit.via != "auto":
            return self.unit.via
        return "table" if self.table.possible and self.table.pays else "direct"

    def component(self) -> wiring.Component:
        made: wiring.Component = WAYS[self.via](self.unit)
        return made

    @property
    def entry(self) -> int:
        # Tables, not the results' ready, say when scales are taken: one slot is enough for them.
        return 1 if self.via == "table" else super().entry

    @property
    def latency(self) -> int:
        latency = ElementSteps(self.unit).latency
        return latency + self.entry + (self.table.cycles + 1 if self.via == "table" else 0)

    @property
    def summary(self) -> str:
        unit = self.unit
        scales = " · ".join(fmt.name for fmt in unit.scales)
        zero = f" less {unit.zero.name}" if unit.zero else ""
        times = f" times {scales}" if scales else ""
        group = f" in groups of {unit.group}" if unit.group else ""
        return (
            f"dequantizer, {unit.element.name}{zero}{times}{group} to {unit.result.name}, "
            f"{unit.rows} x {unit.lanes} elements per beat, via {self.via}, latency "
            f"{self.latency} cycles"
        )

    @property
    def early(self) -> str:
        if self.via == "direct":
            return super().early
        return (
            f"Scales may come before their codes: a table is filled in {self.table.cycles} cycles "
            "while the group before is looked up, and shorter groups wait for it."
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        unit = self.unit
        said = "modulo 2^bits" if unit.wraps else "rounded once to nearest even"
        lines = [f"the exact product is {said} in {unit.result.name}"]
        if self.via == "table":
            table = self.table
            lines.append(
                f"tables of {len(table.entries)} products, {table.multipliers} a cycle, in "
                f"{table.cycles} cycles a group"
            )
        return tuple(lines)

    @property
    def facts(self) -> Mapping[str, Any]:
        return {**self.unit.facts, "via": self.via}

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, products = self.unit, ElementSteps(self.unit)
        words = {
            "value": "entries of the code book",
            "difference": "less the zero point",
            "scale": "times the integer scale",
            "look_up": "results looked up",
            "cut": "the low bits",
            "block": "times the scales, rounded to nearest even",
        }
        found = [
            StageRow("codes", unit.element.bits, None, unit.element.name, 1, "taken into a buffer")
        ]
        for step in products.steps:
            ends = step.kind in ("look_up", "cut", "block")
            bounds = products.whole if step.kind == "scale" else products.values
            result = unit.result.name
            width = unit.result.bits if ends else bounds.width
            name = step.kind.replace("_", " ")
            found.append(
                StageRow(name, width, None if ends else bounds, result if ends else "", step.cycles,
                    words[step.kind])
            )  # fmt: skip
        if self.via == "table":
            what = f"{len(self.table.entries)} products, then a look-up for each element"
            found.append(StageRow("table", unit.result.bits, None, unit.result.name,
                             self.table.cycles + 1, what))  # fmt: skip
        return tuple(found)

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int | None:
        codes = sum(len(trial["codes"]) for trial in trials)
        if self.via == "table":
            groups = sum(len(trial["scale"]) for trial in trials)
            if not self.unit.beats or groups * self.unit.beats != codes:
                return None  # short groups wait for their tables
            if self.table.mirrored and not all(map(self._finite, trials)):
                return None  # the address of zero is written too
        elif self.waits(trials):
            return None
        return self.latency + codes - 1

    def _finite(self, trial: Mapping[str, Beats]) -> bool:
        """Whether all scales of a trial are finite."""
        pairs = zip(self.unit.held.values(), trial["scale"].values, strict=True)
        return all((fmt.fields(codes).kind == Kind.FINITE).all() for fmt, codes in pairs)
