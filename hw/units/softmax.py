"""Softmax as a design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from amaranth.lib import wiring

from ...golden.bounds import Range
from ...golden.streams import Beats
from ...golden.units import Softmax
from ..design import StageRow
from .grouped import GroupedHardware
from .softmax_core import SoftmaxCore, SoftmaxPlan

#: Cycles in buffers and memories on the way of a token to its greatest value, to the reciprocal of
#: its sum, and to its results.
_ENTRY, _BETWEEN, _EXIT = 3, 2, 1


class SoftmaxHardware(GroupedHardware):
    """A softmax as a design.

    Parameters
    ----------
    design : :class:`Softmax`
    """

    kept = ("apart", "distance", "power", "term", "product", "reciprocal")
    work = "value"
    unit: Softmax

    @cached_property
    def plan(self) -> SoftmaxPlan:
        return SoftmaxPlan(self.unit)

    def component(self) -> wiring.Component:
        return SoftmaxCore(self.unit)

    @property
    def latency(self) -> int:
        """Of a token as long as it may be."""
        return sum(self._waits) + self.unit.beats - 1

    @property
    def _waits(self) -> tuple[int, int, int]:
        """Cycles from a token's last beat until its powers are made, from the last of these until
        it is divided, and from a beat that is divided until its results leave."""
        plan = self.plan
        return (
            plan.greatest_cycles + _ENTRY,
            plan.power_cycles + plan.sum_cycles + _BETWEEN,
            plan.product.latency + _EXIT,
        )

    @property
    def hold(self) -> int:
        return self.latency + self.unit.beats + 16

    @property
    def drain(self) -> int:
        return self.latency + 2 * self.unit.beats + 16

    @property
    def pace(self) -> str:
        return "tokens of any length follow each other without a pause"

    @property
    def summary(self) -> str:
        unit = self.unit
        return (
            f"softmax of {unit.format.name} over tokens of up to {unit.token} values, off by at "
            f"most {self._bound} ulp, {unit.lanes} values per beat, latency {self.latency} cycles"
        )

    @property
    def _bound(self) -> str:
        """The bound with two places, no less than it is."""
        hundredths = -(-self.unit.off.numerator * 100 // self.unit.off.denominator)
        return f"{hundredths / 100:.2f}"

    @property
    def remarks(self) -> tuple[str, ...]:
        unit = self.unit
        return (
            f"bound, of tokens of {unit.token}: {self._bound} of a unit in the last place of the "
            f"exact result; what is {unit.clip} or more below the greatest value becomes 0",
        )

    @property
    def approximate(self) -> list[str]:
        return ["powers and reciprocals by straight lines"]

    @property
    def manual(self) -> tuple[str, ...]:
        unit = self.unit
        return (
            f"A token takes up to {unit.beats} beats of `values`, {unit.lanes} values each, and as "
            "many of `result`. It ends with `last`, or when it is as long as it may be; the mark "
            "comes out with its last beat.",
            f"{self.latency} cycles from the last beat of a token of {unit.beats} beats to its "
            "first result when nobody stalls; shorter ones take less. The reset is synchronous.",
        )

    @property
    def ends(self) -> str:
        return f"a token ends after {self.unit.beats} beats or with last"

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.unit.facts

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, plan, parts = self.unit, self.plan, self.unit.parts
        form = unit.format.name
        far = Range(-parts.fraction, 0, parts.distance.high)
        total = Range(-parts.term, 0, unit.token * ((1 << parts.term) - 1))
        apart = plan.apart.latency + plan.distance.latency
        return (
            StageRow("values", unit.format.bits, None, form, 1, "kept until the greatest is known",
                     "values"),
            StageRow("distance", parts.distance.bits, far, "", apart, "below the greatest"),
            StageRow("power", parts.bits, None, "integer", plan.power.latency,
                     "kept until the sum is known"),
            StageRow("sum", plan.total, total, "", plan.sum_cycles, "and its reciprocal"),
            StageRow("result", unit.format.bits, None, form, plan.product.latency,
                     "power × reciprocal, rounded"),
        )  # fmt: skip

    # How it is tried.

    @property
    def result_beats(self) -> int:
        return self.unit.beats

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int:
        marks = np.concatenate([trial["values"].last for trial in trials])
        ends = np.flatnonzero(self.unit.ends(marks)) + 1
        greatest, sums, out = self._waits
        powered = divided = 0
        for start, end in zip([0, *ends.tolist()], ends.tolist(), strict=False):
            # A token's powers follow those of the one before, and so do its results.
            powered = max(end - 1 + greatest, powered) + end - start
            divided = max(powered - 1 + sums, divided) + end - start
        return divided - 1 + out
