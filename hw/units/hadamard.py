"""A streaming Walsh-Hadamard transform as a design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from amaranth.lib import wiring

from ...golden.bounds import of_format
from ...golden.formats import Format, Integer
from ...golden.streams import Beats, Field
from ...golden.units import Hadamard
from ..design import StageRow
from .transform import Step, Transform, steps
from .unit_hardware import UnitHardware


class HadamardHardware(UnitHardware[Hadamard]):
    """A transform as a design.

    Parameters
    ----------
    design : :class:`Hadamard`
    """

    kept = ("step", "pair", "round")
    work = "point"

    def component(self) -> wiring.Component:
        return Transform(self.unit)

    @cached_property
    def _steps(self) -> tuple[Step, ...]:
        return steps(self.unit)

    @property
    def depth(self) -> int:
        """Cycles from the first beat of a block to its first result."""
        return sum(step.cycles for step in self._steps)

    @property
    def latency(self) -> int:
        return self.depth - (self.unit.beats - 1)

    @property
    def hold(self) -> int:
        return self.depth + self.unit.beats + 8

    @property
    def drain(self) -> int:
        return self.depth + self.unit.beats

    @property
    def rates(self) -> Mapping[str, int | float]:
        return {self.unit.format.name: self.unit.vectors * self.unit.lanes}

    @property
    def pace(self) -> str:
        return f"a transform of {self.unit.points} points in {self.unit.beats} cycles"

    @property
    def summary(self) -> str:
        unit = self.unit
        many = f", {unit.vectors} vectors side by side" if unit.vectors > 1 else ""
        return (
            f"Walsh-Hadamard transform of {unit.points} points, {unit.format.name} to "
            f"{unit.result.name}, {unit.lanes} points per beat{many}, latency {self.latency} cycles"
        )

    @property
    def notes(self) -> Mapping[str, str]:
        unit, order = self.unit, "vector by vector, point by point"
        form, exponent = unit.formats(self.streams[1].fields[0])
        result = form if exponent is None else f"integers in units of 2^{exponent}"
        ends = f"a block of {unit.points} points takes {unit.beats} beats; last passes through"
        return {
            "points": f"from the low bits: points ({unit.format.name}; {order}); {ends}",
            "result": f"from the low bits: value ({result}; {order}); {ends}",
        }

    @property
    def manual(self) -> tuple[str, ...]:
        unit = self.unit
        return (
            f"A block of {unit.points} points of each vector takes {unit.beats} beats of `points` "
            "and as many of `result`, in natural order. `last` is not looked at: it comes out with "
            "the beat in the same position.",
            "A source that pauses within a block holds up the results of the block before; between "
            "blocks it may pause at any time.",
            f"{self.latency} cycles from a block's last beat to its first result, without "
            "stalls. The reset is synchronous.",
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        unit = self.unit
        if isinstance(unit.format, Integer):
            left = unit.normalize == "folded" and unit.steps % 2
            more = "; 1/sqrt(2) of the factor is left to the scales" if left else ""
            return (f"exact: {unit.steps} bits more than the points{more}",)
        end = " times 2^(-n/2)" if unit.normalize == "multiplied" else ""
        return (
            f"every sum is rounded to nearest even in {unit.summed.name}, the result{end} to "
            f"{unit.result.name}",
        )

    @property
    def facts(self) -> Mapping[str, Any]:
        return {**self.unit.facts, "cycles_per_block": self.unit.beats}

    @property
    def rows(self) -> tuple[StageRow, ...]:
        given = self.unit.format
        often = f"{self.unit.lanes} per beat"
        found = [StageRow("points", given.bits, None, given.name, None, often, "points")]
        for step in self._steps:
            whole = isinstance(step.result, Integer)
            words = {"round": "rounded to nearest even", "multiply": "times 2^(-n/2), rounded"}
            what = words.get(step.kind, f"sums and differences of points {step.distance} apart")
            bounds = of_format(step.result) if whole else None
            form = "" if whole else step.result.name
            name = step.kind if step.kind in words else f"step {step.distance}"
            found.append(StageRow(name, step.result.bits, bounds, form, step.cycles, what))
        return tuple(found)

    def holds(self, field: Field) -> Format:
        return self.unit.format if field.kind == "codes" else self.unit.result

    # How it is tried.

    @property
    def result_beats(self) -> int:
        return self.unit.beats

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int:
        return self.depth + sum(len(trial["points"]) for trial in trials) - 1

    def worth(self, trial: Mapping[str, Beats]) -> int:
        return trial["points"].values[0].size
