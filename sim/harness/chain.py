"""How a chain is tried: a trial is one of its last part's, and what the parts before need."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

import numpy as np

from ...golden.joins import Join
from ...golden.streams import Beats
from ...golden.tiling import join as after_another
from ...golden.tiling import sent, steps_of
from ...hw.design import Hardware, Streaming
from ...hw.engine.hardware import EngineHardware
from ...hw.system.chain import ChainHardware
from ...hw.system.joining import entry
from ..stimuli import batches, unit
from .unit import Trial, UnitHarness

#: Groups, or blocks, of a trial, at most.
_MOST = 3


class ChainHarness(UnitHarness):
    """Random trials of all parts."""

    hardware: ChainHardware  # type: ignore[assignment]

    def cycles(self, trials: Sequence[Trial]) -> int | None:
        return None  # parts wait for each other

    def steps(self, trials: Sequence[Trial]) -> int:
        return sum(max(len(beats) for beats in trial.beats.values()) for trial in trials)

    @property
    def leader(self) -> str:
        return self.hardware.sources[0].name

    @property
    def each(self) -> int:
        last = self.hardware.hardware[-1]
        if isinstance(last, EngineHardware):
            plan = last.plan
            return plan.rows * plan.cols if self.result.per == "result" else 1
        assert isinstance(last, Streaming)
        return last.result_beats

    def work(self, trials: Sequence[Trial]) -> int:
        results, last = self.results_of(trials), self.hardware.hardware[-1]
        if not isinstance(last, EngineHardware):
            return results
        field = entry(last).fields[0]
        each = last.plan.rows * field.lanes
        steps = sum(self._entered(trial) for trial in trials)
        return steps * each * field.vectors

    def _entered(self, trial: Trial) -> int:
        """Beats that the last part's activations have: as many as its weights."""
        names = {s.name: name for name, s in self.hardware.outside[-1]}
        return len(trial.beats[names["weight"]])

    def _drawn(self, count: int, seed: int) -> list[Trial]:
        rng = np.random.default_rng(seed)
        last = len(self.hardware.hardware) - 1
        given = [self._inputs(last, rng, None) for _ in range(count)]
        return self._answered(given)

    def _bounds(self) -> list[Trial]:
        return []

    def _inputs(
        self, number: int, rng: np.random.Generator, blocks: int | None
    ) -> dict[str, Beats]:
        """What the parts up to ``number`` are sent for one trial of that part, or for so many of
        its blocks of results."""
        part, streams = self.hardware.hardware[number], self.hardware.outside[number]
        trials = 1 if blocks is None else blocks
        parts = [self._own(number, rng) for _ in range(trials)]
        found = {
            name: after_another([own[s.name] for own in parts])
            for name, s in streams
            if not s.output
        }
        if blocks is not None and isinstance(part, Streaming) and not number:
            for name, beats in found.items():
                last = np.zeros(len(beats), bool)
                last[-1] = True
                found[name] = Beats(beats.values, beats.flags, last)
        if number:
            needed = sum(own["blocks"] for own in parts)  # type: ignore[misc]
            found |= self._inputs(number - 1, rng, needed)
        return found

    def _own(self, number: int, rng: np.random.Generator) -> dict[str, Beats]:
        """What a part alone is sent for a trial; ``blocks``: results that it takes of the one
        before."""
        part = self.hardware.hardware[number]
        before = self.hardware.joins[number - 1] if number else None
        if isinstance(part, EngineHardware):
            k = self._length(number, part, before, rng)
            [tile] = batches(part.engine, 1, int(rng.integers(1 << 30)), k)
            found = {s.name: sent(s, part.plan, [tile]) for s in part.sources}
            assert steps_of(part.plan, tile)
        else:
            assert isinstance(part, Streaming)
            [found] = part.trials(1, rng)
            k = part.result_beats * entry(part).fields[0].lanes
        if before is not None:
            found["blocks"] = self._blocks(number - 1, k, before)  # type: ignore[assignment]
        return found

    def _blocks(self, number: int, k: int, join: Join) -> int:
        """Trials of a part that make ``k`` elements of what follows."""
        before = self.hardware.hardware[number]
        whole = join.given
        if isinstance(before, Streaming):
            whole = before.result_beats * before.results[0].fields[0].lanes
        assert k % whole == 0, f"{k} elements are no whole trials of {whole}"
        return k // whole

    def _length(
        self, number: int, part: EngineHardware, before: Join | None, rng: np.random.Generator
    ) -> int:
        """K of a trial: what all parts before make whole."""
        if before is None:
            size = unit(part.engine)
            return size * int(rng.integers(1, _MOST + 1))
        if before.every:
            return before.every * before.taken
        size = lcm(
            unit(part.engine), before.elements, self._whole(self.hardware.hardware[number - 1])
        )
        most = max(part.engine.arithmetic.k_max // size, 1)
        return size * int(rng.integers(1, min(_MOST, most) + 1))

    @staticmethod
    def _whole(part: Hardware) -> int:
        if isinstance(part, Streaming):
            return part.result_beats * part.results[0].fields[0].lanes
        return 1
