"""What normalizations of tokens have in common as designs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from amaranth.lib import wiring

from ...golden.streams import Beats
from ...golden.units.norm_trials import beats
from ...golden.units.normalization import Normalization
from ..arith.blueprint import Blueprint
from ..design import StageRow
from .rms_normalizer import RmsNormalizer
from .values_hardware import ValuesHardware

Kind = TypeVar("Kind", bound=Normalization)


class NormalizationHardware(ValuesHardware[Kind]):
    """A normalization of tokens as a design.

    Parameters
    ----------
    design : :class:`Normalization`
    """

    def __init__(self, design: Kind):
        super().__init__(design)
        self.built = self.blueprint()

    # What kinds differ in.

    title: str
    terms: str

    @abstractmethod
    def blueprint(self) -> Blueprint:
        """What is built."""

    @property
    @abstractmethod
    def normalizer(self) -> RmsNormalizer:
        """Its part that multiplies by the root."""

    @property
    @abstractmethod
    def waits(self) -> str:
        """How long values wait, a sentence."""

    @property
    @abstractmethod
    def remarks(self) -> tuple[str, ...]: ...

    def before(self) -> list[StageRow]:
        """The rows of what is done before squares are summed."""
        return []

    # What follows.

    def component(self) -> wiring.Component:
        return self.built.component()

    @property
    def latency(self) -> int:
        return self.built.latency

    @property
    def drain(self) -> int:
        return self.latency + self.unit.beats

    @property
    def pace(self) -> str:
        return f"a token of {self.unit.token} values in {self.unit.beats} cycles"

    @property
    def summary(self) -> str:
        unit = self.unit
        signs = {"gamma": "times a", "beta": "plus a"}
        beside = "".join(
            f" {signs[name]} {fmt.name} {name}" for name, fmt in unit.channel.items()
        )  # fmt: skip
        return (
            f"{self.title} of {unit.token} values, {unit.values.name} to {unit.result.name}"
            f"{beside}, {self.per_beat} per beat, latency {self.latency} cycles"
        )

    @property
    def notes(self) -> Mapping[str, str]:
        unit, order = self.unit, self.order
        each = ", ".join(f"{name} ({fmt.name}; lane by lane)" for name, fmt in unit.channel.items())
        beside = {"channel": f"from the low bits: {each}; a beat for each of values"}
        return (beside if unit.channel else {}) | {
            "values": f"from the low bits: values ({unit.values.name}; {order}); a token is "
            f"{unit.beats} beats, last is not looked at",
            "result": f"from the low bits: value ({unit.result.name}; {order}); a beat for each of "
            "values, last ends a token",
        }

    @property
    def manual(self) -> tuple[str, ...]:
        unit = self.unit
        found = [
            f"A token is {unit.beats} beats of `values`, each with {self.per_beat}; `last` is not "
            "looked at. Each becomes a beat of `result`, whose `last` ends the token.",
            self.waits,
        ]
        if unit.channel:
            found.append(
                "A beat of `channel` goes with each beat of results: it is taken when its token is "
                "whole. So beats of `values` must not wait for it."
            )
        found.append(
            f"{self.latency} cycles from a token's last beat to its first result when nobody "
            "stalls. The reset is synchronous."
        )
        return tuple(found)

    @property
    def facts(self) -> Mapping[str, Any]:
        return {**self.unit.facts, "cycles_per_token": self.unit.beats}

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, built = self.unit, self.normalizer
        given, often = unit.values, self.per_beat + " per beat"
        total, root, result = unit.sum, unit.root, unit.result
        wide = unit.squares.most.bit_length()
        found = [
            StageRow("values", given.bits, None, given.name, None, often, "values"),
            *self.before(),
            StageRow("squares", wide, None, "", built.sums.latency, "summed in windows of 2^32"),
            StageRow("sum", total.bits, None, "float", built.float.latency, "to nearest even"),
            StageRow("root", root.bits, None, "float", built.root.latency + 2,
                     "reciprocal, by a table of lines"),
        ]  # fmt: skip
        for name, fmt in unit.channel.items():
            found.append(StageRow(name, fmt.bits, None, fmt.name, None, often, "channel"))
        found.append(StageRow("round", result.bits, None, result.name, built.working + 1,
                              f"{self.terms}, to nearest even"))  # fmt: skip
        return tuple(found)

    @property
    def whole(self) -> int:
        return self.unit.token

    # How it is tried.

    @property
    def result_beats(self) -> int:
        return beats(self.unit)

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int:
        """Values come at full rate; then come the results of the last token."""
        count = sum(len(trial["values"]) for trial in trials)
        return count - 1 + self.latency + self.unit.beats - 1
