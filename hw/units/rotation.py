"""What the descriptions of units that rotate blocks of points have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ...golden.formats import Format
from ...golden.streams import Beats, Field
from ...golden.units.rotation import Rotation
from .unit_hardware import UnitHardware

Kind = TypeVar("Kind", bound=Rotation)


class RotationHardware(UnitHardware[Kind]):
    """A rotation as a design.

    Parameters
    ----------
    design : :class:`Rotation`
    """

    work = "point"

    @property
    @abstractmethod
    def inner(self) -> int:
        """Cycles from the first beat of a block to its first result, less the buffer's."""

    @property
    def depth(self) -> int:
        """Cycles from the first beat of a block to its first result, which a buffer hands on."""
        return self.inner + 1

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
    def notes(self) -> Mapping[str, str]:
        unit, order = self.unit, "vector by vector, point by point"
        if unit.parts > 1:
            order += ", real part first"
        form, exponent = unit.formats(self.streams[1].fields[0])
        result = form if exponent is None else f"integers in units of 2^{exponent}"
        ends = f"a block of {unit.points} points takes {unit.beats} beats; last passes through"
        return {
            "points": f"from the low bits: points ({unit.format.name}; {order}); {ends}",
            "result": f"from the low bits: value ({result}; {order}); {ends}",
        }

    #: Where results stand, in words.
    order = "in natural order"

    @property
    def manual(self) -> tuple[str, ...]:
        unit = self.unit
        return (
            f"A block of {unit.points} points of each vector takes {unit.beats} beats of `points` "
            f"and as many of `result`, {self.order}. `last` is not looked at: it comes out with "
            "the beat in the same position.",
            "A source that pauses within a block holds up the results of the block before; between "
            "blocks it may pause at any time.",
            f"{self.latency} cycles from a block's last beat to its first result, without "
            "stalls. The reset is synchronous.",
        )

    @property
    def facts(self) -> Mapping[str, Any]:
        return {**self.unit.facts, "cycles_per_block": self.unit.beats}

    def holds(self, field: Field) -> Format:
        return self.unit.format if field.kind == "codes" else self.unit.result

    # How it is tried.

    @property
    def result_beats(self) -> int:
        return self.unit.beats

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int:
        return self.depth + sum(len(trial["points"]) for trial in trials) - 1

    def worth(self, trial: Mapping[str, Beats]) -> int:
        return int(trial["points"].values[0].size) // self.unit.parts
