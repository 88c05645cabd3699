"""How a design between converters of widths is tried: with its own trials, as packets of bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

import numpy as np

from ...golden.packets import KEEP
from ...golden.streams import Beats, Stream
from ...hw.system.converted import ConvertedHardware
from .base import Array, Chosen, Harness, Lane, Part

#: Beats of a packet of a stream that marks no ends, at most.
_MOST = 24


class ConvertedHarness(Harness):
    """The trials of the design within.

    Streams that mark no ends are sent in packets of random lengths, over the ends of trials too.
    """

    hardware: ConvertedHardware

    def __init__(self, hardware: ConvertedHardware, inner: Harness):
        super().__init__(hardware)
        self.within = inner
        self.trial, self.beats = inner.trial, inner.beats

    @property
    def alone(self) -> Harness:
        return self.within

    def stimuli(self, count: int, seed: int) -> list[Any]:
        return self.within.stimuli(count, seed)

    def bulk(self, count: int, seed: int) -> Iterator[Part]:
        return self.within.bulk(count, seed)

    def chosen(self, count: int, seed: int) -> Chosen:
        found = self.within.chosen(count, seed)
        return Chosen(found.freely, found.stalled, found.held, None)

    def shares(self, trials: Sequence[Any], parts: int) -> list[list[Any]]:
        return self.within.shares(trials, parts)

    def sent(self, stream: Stream, trials: Sequence[Any]) -> Beats:
        item = self.hardware.records[stream.name].stream
        beats = self.within.sent(item, trials)
        ends = None if item.last or item.output else _drawn(len(beats))
        return self.hardware.packed(item, beats, ends)

    def cycles(self, trials: Sequence[Any]) -> int | None:
        return self.within.cycles(trials) if self.hardware.full_rate else None

    @property
    def slack(self) -> int:
        return self.hardware.more

    def steps(self, trials: Sequence[Any]) -> int:
        return self.within.steps(trials)

    def longest(self, trials: Sequence[Any]) -> int:
        slowest = max(ceil(self.hardware.cycles_of(name)) for name in self.hardware.records)
        return self.within.longest(trials) * slowest

    @property
    def leader(self) -> str:
        return self.within.leader

    @property
    def each(self) -> int:
        """As far as all trials have packets of one length."""
        record = self.hardware.records[self.result.name]
        beats = self.within.each if record.stream.last else 1
        packet = -(-beats * record.size // self.hardware.size)
        return packet * (self.within.each // beats)

    def owners(self, trials: Sequence[Any]) -> Array:
        record = self.hardware.records[self.result.name]
        keep = self.sent(self.result, trials).values[1].sum(axis=1)
        begins = np.cumsum(keep) - keep
        found = begins // record.size // self.within.each
        return np.asarray(np.minimum(found, len(trials) - 1))

    def work(self, trials: Sequence[Any]) -> int:
        return self.within.work(trials)

    def results_of(self, trials: Sequence[Any]) -> int:
        return self.within.results_of(trials)

    def difference(self, trial: Any, beat: int, lane: int, received: Lane, expected: Lane) -> str:
        field, place = self.result.fields[0], lane
        if lane >= field.count:
            field, place = self.result.fields[1], lane - field.count
        what = "TKEEP of byte" if field.name == KEEP else "byte"
        size = self.hardware.records[self.result.name].size
        return (
            f"{what} {place} of the packets' beat {beat} (of {self.hardware.size} bytes; a beat of "
            f"{self.result.name} has {size})\n"
            f"  expected {expected[0]:#x}\n  received {received[0]:#x}"
        )


def _drawn(count: int) -> list[bool]:
    """Where packets end: after few beats or many, by chance."""
    rng = np.random.default_rng(count)
    ends = np.zeros(count, bool)
    ends[np.cumsum(rng.integers(1, _MOST + 1, max(count, 1))).clip(max=max(count, 1)) - 1] = True
    return [bool(end) for end in ends]
