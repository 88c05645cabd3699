"""Stops and resets in every phase of the work: nothing is lost, doubled or left over, whenever one
comes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ..golden.errors import Mismatch
from .batch import differences
from .coverage.bins import Bins
from .harness import harness
from .streams import Run, Simulator, Stop

#: Phases in which each port stops, at most; and resets.
_MOST = 64

#: Cycles that all stops of a port may take together, in general.
_PATIENCE = 60_000

#: Trials of which those that are sent are taken.
_DRAWN = 200


class Phases:
    """A design with the trials that it is stopped and reset in.

    Parameters
    ----------
    machine : its compiled core.
    seed : of the trials.
    """

    def __init__(self, machine: Simulator, seed: int):
        self.machine, self.emitted = machine, machine.emitted
        hardware = self.emitted.hardware
        self.tried = harness(hardware)
        self.work = self._trials(seed)
        self.beats = {s.name: self.tried.sent(s, self.work) for s in self.emitted.streams}
        self.ports = [stream.name for stream in (*hardware.sources, self.tried.result)]
        self.bins = Bins()

    def run(self) -> Bins:
        """Stop and reset the design in all phases; what was met of what should be.

        Raises Mismatch.
        """
        self._stops()
        self._fills()
        self._resets()
        self._neighbours()
        return self.bins

    def _trials(self, seed: int) -> list[Any]:
        """Trials that last until the latest stop, and on: two short ones and two longer ones in
        turn, so that ends and beginnings stand in every stage. Of zeros alone nothing would be left
        over."""
        drain = self.emitted.hardware.drain
        drawn = sorted(self.tried.stimuli(_DRAWN, seed), key=self._length)
        telling = [trial for trial in drawn if self._tells(trial)]
        drawn = telling if len(telling) >= 4 else drawn
        few = [trial for trial in drawn if self._length(trial) <= max(drain, 16)]
        few = few if len(few) >= 4 else drawn[:4]
        chosen: list[Any] = []
        for number in range(0, len(few) // 2 - 1, 2):
            end = len(few) - number
            chosen += [*few[number : number + 2], *few[end - 2 : end]]
            if self.tried.steps(chosen) >= 2 * drain + 16:
                break
        return [*chosen, chosen[0]]

    def _tells(self, trial: Any) -> bool:
        """Whether a result is not 0."""
        return any(values.any() for values in self.tried.sent(self.tried.result, [trial]).values)

    def _length(self, trial: Any) -> int:
        return self.tried.steps([trial])

    def _stops(self) -> None:
        """Each port stops in each phase, until all holds still."""
        for port in self.ports:
            for cycle in self._cycles():
                name = f"{port} stops after {cycle} cycles"
                self._held("stops", name, Stop(cycles={port: cycle}))

    def _fills(self) -> None:
        """Results are refused from the start, and the work ends at each number of beats that the
        design takes then: its buffers hold so many."""
        leader, result = self.tried.leader, self.tried.result.name
        full = self._sent(Stop(cycles={result: 0}), f"{result} stops at once").held
        for count in _spread(1, full[leader] if full else 1, self._room()):
            name = f"{result} refused, {count} beats of {leader} inside"
            self._held("buffers", name, Stop(cycles={result: 0}, beats={leader: count}))

    def _resets(self) -> None:
        """A reset in each phase: what comes after it comes out right."""
        for cycle in self._cycles():
            name = f"reset after {cycle} cycles"
            self.bins.declare("resets", [name])
            begun = self.machine.run(self.beats, self._wanted, most=cycle + 1)
            self.machine.reset()
            self._sent(None, name)
            self.bins.meet("resets", name, int(len(begun.last) < self._wanted))

    def _neighbours(self) -> None:
        """Short reductions after short and long ones, in the very next step."""
        leader = next(s for s in self.emitted.hardware.sources if s.name == self.tried.leader)
        if not leader.last:
            return
        least = min(map(self._length, self.work))
        kinds = ["short" if self._length(trial) == least else "long" for trial in self.work]
        self.bins.declare("neighbours", [f"{two} after {one}" for one in kinds for two in kinds])
        for one, two in pairwise(kinds):
            self.bins.meet("neighbours", f"{two} after {one}")

    def _cycles(self) -> list[int]:
        """Phases: cycles after the first transfer, until what was taken in it has come out."""
        return _spread(0, self.emitted.hardware.drain, self._room())

    def _room(self) -> int:
        """How many phases there is time for."""
        hardware = self.emitted.hardware
        each = self.tried.steps(self.work) + 3 * hardware.drain + 2 * hardware.hold
        return min(_MOST, max(8, _PATIENCE // each))

    def _held(self, part: str, name: str, stop: Stop) -> None:
        self.bins.declare(part, [name])
        self.bins.meet(part, name, int(self._sent(stop, name).held is not None))

    @property
    def _wanted(self) -> int:
        return len(self.beats[self.tried.result.name])

    def _sent(self, stop: Stop | None, name: str) -> Run:
        """All trials under a stop, and all results right."""
        run = self.machine.run(self.beats, self._wanted, stop=stop)
        for what in self._wrong(run):
            raise Mismatch(f"{self.emitted.name}: {name}: {what}")
        return run

    def _wrong(self, run: Run) -> Iterator[str]:
        wanted = self.beats[self.tried.result.name]
        for number, words in differences(self.tried, self.work, wanted, run):
            yield f"tile {number}: {words}"
        if run.unsteady:
            yield f"{run.unsteady} results changed before they were taken"
        if run.extra:
            yield f"{run.extra} results more than {self.tried.trial}"


def _spread(first: int, last: int, most: int) -> list[int]:
    """Numbers from the first to the last, all or as many."""
    count = min(most, last - first + 1)
    return sorted({first + (last - first) * n // max(count - 1, 1) for n in range(count)})
