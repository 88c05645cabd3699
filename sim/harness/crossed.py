"""How a design behind borders of dies is tried: with its own trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...golden.streams import Beats, Stream
from ...hw.system.crossed import CrossedHardware
from .around import AroundHarness
from .base import Array, Lane


class CrossedHarness(AroundHarness):
    """The trials of the design within."""

    hardware: CrossedHardware

    def sent(self, stream: Stream, trials: Sequence[Any]) -> Beats:
        return self.within.sent(stream, trials)

    def cycles(self, trials: Sequence[Any]) -> int | None:
        found = self.within.cycles(trials)
        return None if found is None else found + self.hardware.more

    @property
    def slack(self) -> int:
        return self.within.slack

    def longest(self, trials: Sequence[Any]) -> int:
        return self.within.longest(trials)

    def owners(self, trials: Sequence[Any], beats: int) -> Array:
        return self.within.owners(trials, beats)

    def difference(self, trial: Any, beat: int, lane: int, received: Lane, expected: Lane) -> str:
        return self.within.difference(trial, beat, lane, received, expected)
