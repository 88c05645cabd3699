"""How a chain is tried: a trial is one of its last part's, and what the parts before need."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

import numpy as np

from ...golden.streams import Beats
from ...golden.tiling import join as after_another
from ...golden.tiling import sent
from ...hw.design import Streaming
from ...hw.engine.hardware import EngineHardware
from ...hw.system.chain import ChainHardware
from ...hw.system.joining import block
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
        lanes = self.hardware.entries[-1].fields[0].lanes
        steps = sum(self._entered(trial) for trial in trials)
        return steps * lanes * last.plan.rows * last.plan.cols

    def _entered(self, trial: Trial) -> int:
        """Beats that the last part's weights and activations have, whichever come from outside."""
        names = {s.name: name for name, s in self.hardware.outside[-1]}
        return len(trial.beats[names.get("weight") or names["activation"]])

    def _drawn(self, count: int, seed: int) -> list[Trial]:
        rng, last = np.random.default_rng(seed), len(self.hardware.hardware) - 1
        return self._answered([self._inputs(last, rng) for _ in range(count)])

    def _bounds(self) -> list[Trial]:
        return []

    def _inputs(self, number: int, rng: np.random.Generator) -> dict[str, Beats]:
        """What the parts up to ``number`` are sent for one trial of that part."""
        own, k = self._own(number, rng)
        streams = self.hardware.outside[number]
        found = {name: own[s.name] for name, s in streams if not s.output}
        if not number:
            return found
        trials = k // self._made(number - 1)
        parts = [self._inputs(number - 1, rng) for _ in range(trials)]
        before = {name: after_another([part[name] for part in parts]) for name in parts[0]}
        if self.hardware.entries[number - 1].last and not self.hardware.joins[number - 1].every:
            # Units hand marks on: a reduction ends with the last of what makes it.
            before = {name: _marked_at_the_end(beats) for name, beats in before.items()}
        return found | before

    def _own(self, number: int, rng: np.random.Generator) -> tuple[dict[str, Beats], int]:
        """What a part alone is sent for a trial, and the elements along K that it takes."""
        part = self.hardware.hardware[number]
        if isinstance(part, EngineHardware):
            k = self._length(number, part, rng)
            [tile] = batches(part.engine, 1, int(rng.integers(1 << 30)), k)
            return {s.name: sent(s, part.plan, [tile]) for s in part.sources}, k
        assert isinstance(part, Streaming)
        [found] = part.trials(1, rng)
        return found, block(part)

    def _made(self, number: int) -> int:
        """Elements along K that a trial of a part makes for the next."""
        part = self.hardware.hardware[number]
        return block(part) if isinstance(part, Streaming) else self.hardware.joins[number].given

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


def _marked_at_the_end(beats: Beats) -> Beats:
    last = np.zeros(len(beats), bool)
    last[-1] = True
    return Beats(beats.values, beats.flags, last)
