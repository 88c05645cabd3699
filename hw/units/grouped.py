"""Units whose elements share values by groups, as designs: what all kinds have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...golden.formats import Format
from ...golden.streams import Beats, Field
from ...golden.units.grouped import Grouped
from ...golden.units.grouped_trials import beats
from .buffer import Pair
from .grouped_ports import ends_in_buffer, shared_buffer
from .unit_hardware import UnitHardware


class GroupedHardware(UnitHardware[Grouped]):
    """A unit of groups as a design: what its kinds share.

    Parameters
    ----------
    design : :class:`Grouped`
    """

    work = "element"

    @property
    def entry(self) -> int:
        """Cycles in the buffers of the inputs and of the results."""
        first = 2 if self.unit.held and shared_buffer(self.unit) is Pair else 1
        return first + ends_in_buffer(self.unit)

    @property
    def drain(self) -> int:
        return self.latency + 4

    @property
    def rates(self) -> Mapping[str, int | float]:
        return {self.unit.source[1].name: self.unit.rows * self.unit.lanes}

    @property
    def notes(self) -> Mapping[str, str]:
        unit, order = self.unit, "row by row, lane by lane"
        name, element = unit.source
        found = {name: f"from the low bits: {name} ({element.name}; {order}), {self.ends}"}
        if unit.held:
            whose = "row by row" if unit.holders > 1 else "one for all rows"
            told = ", ".join(f"{key} ({fmt.name}; {whose})" for key, fmt in unit.held.items())
            found["scale"] = f"from the low bits: {told}; a beat per group"
        return found | {
            "result": f"from the low bits: value ({unit.result.name}; {order}), a beat for each "
            f"of {name}, with its last"
        }

    @property
    def ends(self) -> str:
        """What ends a group, in words."""
        if not self.unit.held:
            return "last passes through"
        if not self.unit.beats:
            return "a group ends with last"
        return f"a group ends after {self.unit.beats} beats or with last"

    @property
    def manual(self) -> tuple[str, ...]:
        unit, source = self.unit, self.unit.source[0]
        found = [
            f"A beat of `{source}` holds {unit.lanes} elements of each of {unit.rows} rows and "
            "becomes a beat of `result`, with the same `last`."
        ]
        if unit.held:
            found.append(f"A group has one beat of `scale`; {self.ends}. {self.early}")
        found.append(
            f"{self.latency} cycles from a beat to its result when nobody stalls, no `ready` "
            "depends on another stream's. The reset is synchronous."
        )
        return tuple(found)

    @property
    def early(self) -> str:
        """What becomes of scales that come early, in a sentence."""
        return "Scales may come before their elements."

    def holds(self, field: Field) -> Format:
        return self.unit.holds(field)

    # How it is tried.

    @property
    def result_beats(self) -> int:
        return beats(self.unit)

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int | None:
        codes = sum(len(trial[self.unit.source[0]]) for trial in trials)
        if self.waits(trials):
            return None
        return self.latency + codes - 1

    def waits(self, trials: Sequence[Mapping[str, Beats]]) -> bool:
        """Whether a group of one beat waits for its values, which are taken every second cycle."""
        if not self.unit.held or shared_buffer(self.unit) is not Pair:
            return False
        marks = np.concatenate([trial[self.unit.source[0]].last for trial in trials])
        ends = self.unit.ends(marks)
        return bool(np.any(ends[1:] & ends[:-1]) or ends[0])

    def worth(self, trial: Mapping[str, Beats]) -> int:
        return trial[self.unit.source[0]].values[0].size
