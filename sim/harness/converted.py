"""How a design between converters of widths is tried: with its own trials, as packets of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np

from ...golden.packets import KEEP, Record
from ...golden.streams import Beats, Stream
from ...hw.system.converted import ConvertedHardware
from .around import AroundHarness
from .base import Array, Lane
from .unit import Trial

#: How often a packet ends after a beat of a stream that marks no ends.
_OFTEN = 0.15


class ConvertedHarness(AroundHarness):
    """The trials of the design within.

    Streams that mark no ends are sent in packets of random lengths, over the ends of trials too.
    """

    hardware: ConvertedHardware

    def _ended(self, trials: list[Any]) -> list[Any]:
        """Trials whose streams of marks end with one: no packet stays open."""
        return [self._one_ended(t) if isinstance(t, Trial) else t for t in trials]

    def _one_ended(self, trial: Trial) -> Trial:
        own = self.within.hardware
        given = {s.name: trial.beats[s.name] for s in own.sources}
        for stream in own.sources:
            beats = given[stream.name]
            if stream.last and len(beats) and not beats.last[-1]:
                marks = np.append(beats.last[:-1], True)
                given[stream.name] = replace(beats, last=marks)
        changed = any(given[s.name] is not trial.beats[s.name] for s in own.sources)
        return Trial({**given, **own.answer(given)}) if changed else trial

    def sent(self, stream: Stream, trials: Sequence[Any]) -> Beats:
        item = self.hardware.records[stream.name].stream
        beats = self.within.sent(item, trials)
        if not self.hardware.sizes[stream.name]:
            return beats
        ends = None if item.last or item.output else _drawn(len(beats))
        return self.hardware.packed(item, beats, ends)

    def cycles(self, trials: Sequence[Any]) -> int | None:
        return self.within.cycles(trials) if self.hardware.full_rate else None

    @property
    def _result(self) -> tuple[Record, int]:
        """The stream of results within, and the bytes of its port; 0 where it has none."""
        return self.hardware.records[self.result.name], self.hardware.sizes[self.result.name]

    @property
    def slack(self) -> int:
        return self.hardware.more

    def longest(self, trials: Sequence[Any]) -> int:
        slowest = max(ceil(self.hardware.cycles_of(name)) for name in self.hardware.records)
        return self.within.longest(trials) * slowest

    @property
    def each(self) -> int:
        """As far as all trials have packets of one length."""
        record, size = self._result
        if not size:
            return self.within.each
        beats = self.within.each if record.stream.last else 1
        packet = -(-beats * record.size // size)
        return packet * (self.within.each // beats)

    def owners(self, trials: Sequence[Any], beats: int) -> Array:
        record, size = self._result
        if not size:
            return self.within.owners(trials, beats)
        keep = self.sent(self.result, trials).values[1].sum(axis=1)
        begins = np.cumsum(keep) - keep
        found = begins // record.size // self.within.each
        return np.asarray(np.minimum(found, len(trials) - 1))

    def difference(self, trial: Any, beat: int, lane: int, received: Lane, expected: Lane) -> str:
        record, size = self._result
        if not size:
            return self.within.difference(trial, beat, lane, received, expected)
        field, place = self.result.fields[0], lane
        if lane >= field.count:
            field, place = self.result.fields[1], lane - field.count
        what = "TKEEP of byte" if field.name == KEEP else "byte"
        return (
            f"{what} {place} of the packets' beat {beat} (of {size} bytes; a beat of "
            f"{self.result.name} has {record.size})\n"
            f"  expected {expected[0]:#x}\n  received {received[0]:#x}"
        )


def _drawn(count: int) -> list[bool]:
    """Where packets end: after few beats or many, by chance, and at the end."""
    ends = np.random.default_rng(count).random(count) < _OFTEN
    ends[-1:] = True
    return [bool(end) for end in ends]
