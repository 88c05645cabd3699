"""How an engine whose scales ride in front of codes is tried: with its own reductions."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np

from ...golden.interleave import Carrier
from ...golden.streams import Beats, Stream
from ...hw.system.interleaved import InterleavedHardware
from .around import AroundHarness
from .base import Array, Lane

#: How often a packet ends after a group, where packets hold any number of groups.
_OFTEN = 0.15


class InterleavedHarness(AroundHarness):
    """The reductions of the engine within."""

    hardware: InterleavedHardware

    def sent(self, stream: Stream, trials: Sequence[Any]) -> Beats:
        carrier = self.hardware.carriers.get(stream.name)
        if carrier is None:
            return self.within.sent(stream, trials)
        own = {item.name: item for item in self.within.hardware.sources}
        beats = {carrier.stream.name: self.within.sent(carrier.stream, trials)}
        for item in carrier.riders:
            whole = self.within.sent(own[item.name], trials)
            beats[item.name] = whole.only(own[item.name], [field.name for field in item.fields])
        ends = self.within.sent(own["activation"], trials).last
        if not carrier.by_reduction:
            ends = _drawn(len(ends), carrier)
        units, last = carrier.joined(beats, ends)
        return Beats((units,), (None,), last)

    def cycles(self, trials: Sequence[Any]) -> None:
        """What stands in front of codes takes its time."""
        return None

    def longest(self, trials: Sequence[Any]) -> int:
        fronts = [item.once_units for item in self.hardware.carriers.values()]
        pace = max(item.pace() for item in self.hardware.carriers.values())
        return ceil(self.within.longest(trials) * pace) + max(fronts)

    def owners(self, trials: Sequence[Any], beats: int) -> Array:
        return self.within.owners(trials, beats)

    def difference(self, trial: Any, beat: int, lane: int, received: Lane, expected: Lane) -> str:
        return self.within.difference(trial, beat, lane, received, expected)


def _drawn(count: int, carrier: Carrier) -> Array:
    """Where packets of ``count`` beats of codes end: after few groups or many, and at the end."""
    found = np.random.default_rng(count).random(count) < _OFTEN
    found &= np.arange(count) % carrier.steps == carrier.steps - 1
    found[-1:] = True
    return found
