"""A streaming Walsh-Hadamard transform as a design."""

from __future__ import annotations

from functools import cached_property

from amaranth.lib import wiring

from ...golden.bounds import of_format
from ...golden.formats import Integer
from ...golden.units import Hadamard
from ..design import StageRow
from .rotation import RotationHardware
from .transform import Step, Transform, steps


class HadamardHardware(RotationHardware[Hadamard]):
    """A transform as a design.

    Parameters
    ----------
    design : :class:`Hadamard`
    """

    kept = ("step", "pair", "round", "factor")

    def component(self) -> wiring.Component:
        return Transform(self.unit)

    @cached_property
    def _steps(self) -> tuple[Step, ...]:
        return steps(self.unit)

    @property
    def inner(self) -> int:
        return sum(step.cycles for step in self._steps)

    @property
    def summary(self) -> str:
        unit = self.unit
        signs = f" after signs of seed {unit.signs}" if unit.signs is not None else ""
        many = f", {unit.vectors} vectors side by side" if unit.vectors > 1 else ""
        return (
            f"Walsh-Hadamard transform of {unit.points} points{signs}, {unit.format.name} to "
            f"{unit.result.name}, {unit.lanes} points per beat{many}, latency {self.latency} cycles"
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        unit = self.unit
        if isinstance(unit.format, Integer):
            left = self._left if unit.normalize == "folded" else ""
            more = f"; {left} of the factor is left to the scales" if left else ""
            bits = unit.result.bits - unit.format.bits
            return (f"exact: {bits} bits more than the points{more}",)
        end = " times 1/sqrt(points)" if unit.normalize == "multiplied" else ""
        return (
            f"every sum is rounded to nearest even in {unit.summed.name}, the result{end} to "
            f"{unit.result.name}",
        )

    @property
    def _left(self) -> str:
        """What folding leaves of 1/sqrt(points), in words; nothing where that is a power of two."""
        rest = self.unit.points / 4.0 ** ((self.unit.points.bit_length() - 1) // 2)
        return "" if rest == 1 else f"1/sqrt({rest:g})"

    @property
    def rows(self) -> tuple[StageRow, ...]:
        given = self.unit.format
        often = f"{self.unit.lanes} per beat"
        found = [StageRow("points", given.bits, None, given.name, None, often, "points")]
        for step in self._steps:
            whole = isinstance(step.result, Integer)
            words = {
                "signs": f"times random signs of seed {self.unit.signs}",
                "round": "rounded to nearest even",
                "factor": f"times the Hadamard matrix of order {self.unit.order}",
                "multiply": "times 1/sqrt(points), rounded",
            }
            what = words.get(step.kind, f"sums and differences of points {step.distance} apart")
            bounds = of_format(step.result) if whole else None
            form = "" if whole else step.result.name
            name = step.kind if step.kind in words else f"step {step.distance}"
            found.append(StageRow(name, step.result.bits, bounds, form, step.cycles, what))
        return tuple(found)
