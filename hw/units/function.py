"""Functions of one value as designs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amaranth.lib import wiring

from ...golden.functions import FUNCTIONS
from ...golden.units import FunctionOfOne
from ..design import StageRow
from .every_element import EveryElement
from .function_elements import FunctionElements
from .grouped import GroupedHardware


class FunctionHardware(GroupedHardware):
    """A function of one value as a design.

    Parameters
    ----------
    design : :class:`FunctionOfOne`
    """

    kept = ("lines_row", "address_row", "code_row")
    parts = {"lines_row": "lines", "address_row": "addresses", "code_row": "codes"}
    work = "value"
    unit: FunctionOfOne

    def __init__(self, design: FunctionOfOne):
        super().__init__(design)
        self.elements = FunctionElements(design)

    def component(self) -> wiring.Component:
        return EveryElement(self.unit, self.elements)

    @property
    def latency(self) -> int:
        return self.elements.latency + self.entry

    @property
    def summary(self) -> str:
        unit = self.unit
        return (
            f"{unit.function} of {unit.format.name}, off by at most {_rounded_up(unit)} ulp, "
            f"{unit.rows} x {unit.lanes} values per beat, latency {self.latency} cycles"
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        unit = self.unit
        return (
            f"{unit.function}: {FUNCTIONS[unit.function].about}",
            f"the greatest error of all {1 << unit.format.bits} codes is {_rounded_up(unit)} of a "
            f"unit in the last place of the exact result ({unit.curve.entries} lines)",
        )

    @property
    def approximate(self) -> list[str]:
        return [f"{self.unit.function} by straight lines"]

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.unit.facts

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, words = self.unit, self.elements.words
        form = unit.format.name
        return (
            StageRow("values", unit.format.bits, None, form, 1, "taken into a buffer"),
            StageRow(
                "address", words.address, None, "integer", self.elements.address.latency,
                "the segment of the value, and the place in it",
            ),
            StageRow(
                "line", words.width, None, "integer", self.elements.reading,
                "exponent, start and rise",
            ),
            StageRow(
                "result", unit.format.bits, None, form, self.elements.code.latency,
                "start + rise × place, rounded",
            ),
        )  # fmt: skip


def _rounded_up(unit: FunctionOfOne) -> str:
    """The greatest error with three places, no less than it is."""
    thousandths = -(-(unit.off.numerator * 1000 + 1) // unit.off.denominator)
    return f"{thousandths / 1000:.3f}"
