"""A quantizer with residual channels as a design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.lib import wiring

from ...golden.streams import Beats
from ...golden.units import Augment
from ..design import StageRow
from .augmenter import Augmenter, behind, residual_of
from .quantize import QuantizeHardware


class AugmentHardware(QuantizeHardware):
    """A quantizer with residual channels as a design.

    Parameters
    ----------
    design : :class:`Augment`
    """

    unit: Augment

    def component(self) -> wiring.Component:
        return Augmenter(self.unit)

    @property
    def latency(self) -> int:
        """Of the values' own codes."""
        return super().latency + 1

    @property
    def drain(self) -> int:
        unit = self.unit
        return 2 * super().drain + behind(unit) + 2 * unit.main_beats

    @property
    def rates(self) -> Mapping[str, int | float]:
        unit = self.unit
        share = unit.columns / (unit.columns + unit.augmented)
        return {unit.values.name: round(unit.lanes * share, 3)}

    @property
    def pace(self) -> str:
        unit = self.unit
        cycles = unit.main_beats + unit.more_beats
        return f"a token of {unit.columns} values in {cycles} cycles"

    @property
    def summary(self) -> str:
        unit = self.unit
        return (
            f"quantizer, {unit.values.name} to {unit.element.name} with a {unit.scale.name} scale "
            f"for {unit.block} values by {unit.rule}, {unit.augmented} residuals behind "
            f"{unit.columns} values, {self.per_beat} per beat, latency {self.latency} cycles"
        )

    @property
    def ends(self) -> str:
        return f"a token is {self.unit.main_beats} beats, last is not looked at"

    @property
    def notes(self) -> Mapping[str, str]:
        found, unit = dict(super().notes), self.unit
        told = found["result"].split("; a beat for each")[0]
        found["result"] = (
            f"{told}; {unit.main_beats} beats of a token, then {unit.more_beats} of the residuals "
            "of its first values, with the last of which it ends"
        )
        return found

    @property
    def manual(self) -> tuple[str, ...]:
        unit = self.unit
        found = [
            f"A token is {unit.main_beats} beats of `values`, each with {self.per_beat}; `last` is "
            f"not looked at. It becomes as many beats of `result`, and {unit.more_beats} more: "
            f"codes of the residuals of its first {unit.augmented} values, the last of which ends "
            "it. A block's scale stands beside its codes in every beat.",
            "Weights that these codes are multiplied with have their first "
            f"{unit.augmented} columns a second time behind the others.",
        ]
        found += [
            f"A token has one beat of `{name}`; values wait for it. It may come before them."
            for name in unit.tokens
        ]
        found.append(
            f"{self.latency} cycles from a block's last beat to its first result when nobody "
            "stalls. The reset is synchronous."
        )
        return tuple(found)

    @property
    def remarks(self) -> tuple[str, ...]:
        unit = self.unit
        scales = "s · t" if unit.tensor else "s"
        return (
            *super().remarks,
            f"a residual is x - q · {scales}, the product rounded to fp32 and the difference to "
            f"{unit.values.name}",
        )

    @property
    def facts(self) -> Mapping[str, Any]:
        cycles = self.unit.main_beats + self.unit.more_beats
        return {**super().facts, "cycles_per_token": cycles}

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, given = self.unit, self.unit.values
        what = f"x - q · s of the first {unit.augmented} of {unit.columns}"
        return (
            *super().rows,
            StageRow("residual", given.bits, None, given.name, residual_of(unit).cycles, what),
            StageRow("again", unit.element.bits, None, unit.element.name, self.timing.depth,
                     "quantized as the values are"),
        )  # fmt: skip

    @property
    def whole(self) -> int:
        return self.unit.columns

    # How it is tried.

    @property
    def result_beats(self) -> int:
        return self.unit.tried * (self.unit.main_beats + self.unit.more_beats)

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int | None:
        return None  # the first token's residuals may come late
