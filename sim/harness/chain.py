"""How a chain is tried: a trial is one of its last part's, and what the parts before need."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

import numpy as np

from ...golden.streams import Beats, Stream
from ...golden.tiling import beats_of, sent
from ...golden.tiling import join as after_another
from ...hw.design import Streaming
from ...hw.engine.hardware import EngineHardware
from ...hw.system.chain import ChainHardware
from ...hw.system.joining import block
from ...hw.units.grouped import GroupedHardware
from ..stimuli import batches, unit
from .unit import Trial, UnitHarness

#: Groups, or blocks, of a trial, at most.
_MOST = 3


class ChainHarness(UnitHarness):
    """Random trials of all parts."""

    hardware: ChainHardware  # type: ignore[assignment]
    many = 1

    def cycles(self, trials: Sequence[Trial]) -> int | None:
        return None  # parts wait for each other

    def steps(self, trials: Sequence[Trial]) -> int:
        return sum(max(len(beats) for beats in trial.beats.values()) for trial in trials)

    @property
    def each(self) -> int:
        last = self.hardware.hardware[-1]
        if isinstance(last, EngineHardware):
            plan = last.plan
            return beats_of(self.result, plan, 1)  # the same for every K
        assert isinstance(last, Streaming)
        if isinstance(last, GroupedHardware):
            number = len(self.hardware.hardware) - 1
            return self._elements(number) // self.hardware.joins[number - 1].taken
        return last.whole // last.results[0].fields[0].lanes

    def _elements(self, number: int) -> int:
        """Elements that a trial of a unit of groups takes from the part before."""
        join = self.hardware.joins[number - 1]
        whole = max(join.every, 1) * join.taken
        return lcm(block(self.hardware.hardware[number]), self._made(number - 1), whole)

    def work(self, trials: Sequence[Trial]) -> int:
        main = self.hardware.hardware[self.hardware.main]
        if not isinstance(main, EngineHardware):
            return self.results_of(trials)
        steps = sum(self._entered(trial) for trial in trials)
        return steps * main.engine.lanes() * main.plan.rows * main.plan.cols

    def _entered(self, trial: Trial) -> int:
        """Beats that an engine's weights and activations have, whichever come from outside."""
        names = {s.name: name for name, s in self.hardware.outside[self.hardware.main]}
        return len(trial.beats[names.get("weight") or names["activation"]])

    def _drawn(self, count: int, seed: int, power: int = 1) -> list[Trial]:
        rng, last = np.random.default_rng(seed), len(self.hardware.hardware) - 1
        return self._answered([self._inputs(last, rng) for _ in range(count)])

    def _bounds(self) -> list[Trial]:
        return []

    def _inputs(self, number: int, rng: np.random.Generator) -> dict[str, Beats]:
        """What the parts up to ``number`` are sent for one trial of that part."""
        own, k = self._own(number, rng)
        wholes = {s.name: s for s in self.hardware.hardware[number].sources}
        found = {
            name: own[s.name].only(wholes[s.name], [field.name for field in s.fields])
            for name, s in self.hardware.outside[number]
            if not s.output
        }
        if not number:
            return found
        trials = k // self._made(number - 1)
        parts = [self._inputs(number - 1, rng) for _ in range(trials)]
        before = {name: after_another([part[name] for part in parts]) for name in parts[0]}
        if self.hardware.entries[number - 1].last and not self.hardware.joins[number - 1].every:
            # Units hand marks on: a reduction ends with the last of what makes it.
            before = {name: self._as_one(name, beats) for name, beats in before.items()}
        return found | before

    def _own(self, number: int, rng: np.random.Generator) -> tuple[dict[str, Beats], int]:
        """What a part alone is sent for a trial, and the elements along K that it takes."""
        part = self.hardware.hardware[number]
        if isinstance(part, EngineHardware):
            k = self._length(number, part, rng)
            [tile] = batches(part.engine, 1, int(rng.integers(1 << 30)), k)
            return {s.name: sent(s, part.plan, [tile]) for s in part.sources}, k
        assert isinstance(part, Streaming)
        if number and isinstance(part, GroupedHardware):
            return self._grouped(number, part, rng)
        [drawn] = part.trials(1, rng)
        beats = part.whole // part.results[0].fields[0].lanes
        return {s.name: _cut(drawn[s.name], s, beats) for s in part.sources}, part.whole

    def _grouped(
        self, number: int, part: GroupedHardware, rng: np.random.Generator
    ) -> tuple[dict[str, Beats], int]:
        """As :meth:`_own`: what groups share, for as many groups as the joined elements make."""
        join, found, k = self.hardware.joins[number - 1], {}, self._elements(number)
        count = k // join.taken
        if part.unit.held:
            marks = np.arange(count) % (join.every or count) == (join.every or count) - 1
            groups = int(part.unit.ends(marks).sum())
            drawn: list[Beats] = []
            while sum(map(len, drawn)) < groups:
                drawn.append(part.trials(1, rng)[0]["scale"])
            whole = after_another(drawn)
            values = tuple(array[:groups] for array in whole.values)
            found["scale"] = Beats(values, whole.flags, whole.last[:groups])
        return found, k

    def _made(self, number: int) -> int:
        """Elements along K that a trial of a part makes for the next."""
        part = self.hardware.hardware[number]
        return part.whole if isinstance(part, Streaming) else self.hardware.joins[number].given

    def _length(self, number: int, part: EngineHardware, rng: np.random.Generator) -> int:
        """K of a trial: what the part before makes whole."""
        size = unit(part.engine)
        if number:
            before = self.hardware.joins[number - 1]
            if before.every:
                return before.every * before.taken
            size = lcm(size, before.elements, self._made(number - 1))
        most = max(part.engine.arithmetic.k_max // size, 1)
        return size * int(rng.integers(1, min(_MOST, most) + 1))

    def _as_one(self, name: str, beats: Beats) -> Beats:
        """The beats of some trials as those of one reduction."""
        [stream] = [stream for stream in self.hardware.streams if stream.name == name]
        beats = _first(beats, 1 if stream.per == "reduction" else len(beats))
        last = np.zeros(len(beats), bool)
        last[-1] = True
        return Beats(beats.values, beats.flags, last)


def _cut(beats: Beats, stream: Stream, count: int) -> Beats:
    """The first beats of a unit's trial; where it has more than a whole, none ends early."""
    if stream.per != "step" or len(beats) == count:
        return _first(beats, 1) if stream.per == "reduction" else beats
    found = _first(beats, count)
    last = found.last & (np.arange(count) == count - 1)
    return Beats(found.values, found.flags, last)


def _first(beats: Beats, count: int) -> Beats:
    """The first so many beats."""
    flags = tuple(None if marks is None else marks[:count] for marks in beats.flags)
    return Beats(tuple(values[:count] for values in beats.values), flags, beats.last[:count])
