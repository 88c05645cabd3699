"""How units and chains are tried: a trial is what goes in, by stream, and the golden answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...golden.streams import Beats, Field, Stream
from ...golden.tiling import join
from ...hw.design import Streaming
from ..lanes import signed
from .base import Chosen, Harness, Lane, Part

#: Beats of a trial below which more trials are drawn, and from which on fewer: all together have as
#: many beats.
SHORT, LONG = 1 << 4, 1 << 10


@dataclass(frozen=True)
class Trial:
    """What is sent on each stream, and what must come out of it."""

    beats: Mapping[str, Beats]
    kind: str = "a trial"


class UnitHarness(Harness):
    """Trials as a description draws them, and their golden answers.

    Attributes
    ----------
    many : trials that are drawn for each that is asked for: those of a unit are a few beats long.
    """

    hardware: Streaming
    many = 4

    def stimuli(self, count: int, seed: int) -> list[Trial]:
        return self._drawn(count, seed) + self._bounds()

    def bulk(self, count: int, seed: int) -> Iterator[Part]:
        yield Part(self._drawn(count // 2, seed) + self._bounds())
        yield Part(self._drawn(count - count // 2, seed + 1), stalls=True)
        yield Part(self._drawn(max(count // 20, 8), seed + 2), stalls=True, turns=True)

    def chosen(self, count: int, seed: int) -> Chosen:
        # Text files and Icarus Verilog stay workable.
        freely = self._drawn(count, seed, 2) + self._bounds()
        stalled = self._drawn(count, seed + 1, 2)
        held = self._drawn(-(-count // 2), seed + 2, 2)
        return Chosen(freely, stalled, held, self.cycles(freely))

    def shares(self, trials: Sequence[Trial], parts: int) -> list[list[Trial]]:
        parts = min(parts, len(trials))
        return [list(trials[number::parts]) for number in range(parts)]

    def sent(self, stream: Stream, trials: Sequence[Trial]) -> Beats:
        return join([trial.beats[stream.name] for trial in trials])

    def cycles(self, trials: Sequence[Trial]) -> int | None:
        return self.hardware.cycles([trial.beats for trial in trials])

    def steps(self, trials: Sequence[Trial]) -> int:
        return sum(len(trial.beats[self.leader]) for trial in trials)

    @property
    def each(self) -> int:
        return self.hardware.result_beats

    def work(self, trials: Sequence[Trial]) -> int:
        return sum(self.hardware.worth(trial.beats) for trial in trials)

    def results_of(self, trials: Sequence[Trial]) -> int:
        name, count = self.result.name, self.result.fields[0].count
        return sum(len(trial.beats[name]) for trial in trials) * count

    def difference(self, trial: Trial, beat: int, lane: int, received: Lane, expected: Lane) -> str:
        field, place = self._field(lane)
        where = "" if len(self.result.fields) == 1 else f" of {field.name}"
        lines = [f"beat {beat}, lane {place}{where}"]
        numbers = (("expected", expected), ("received", received))
        lines += [f"  {what} {self._number(field, found)}" for what, found in numbers]
        for stream in self.hardware.sources:
            for field, values in zip(stream.fields, trial.beats[stream.name].values, strict=True):
                digits = -(-field.bits // 4)
                words = [f"{int(v) & (1 << field.bits) - 1:0{digits}x}" for v in values.flat[:16]]
                more = " …" * (values.size > 16)
                lines.append(f"  {field.name:10} {' '.join(words)}{more}")
        return "\n".join(lines)

    def _field(self, lane: int) -> tuple[Field, int]:
        """The field of a lane that is counted through all fields, and its number there."""
        for field in self.result.fields:
            if lane < field.count:
                return field, lane
            lane -= field.count
        raise IndexError(f"a beat of {self.result.name} has no such lane")

    @staticmethod
    def _number(field: Field, lane: Lane) -> str:
        """A result's code, and its value where that is an integer."""
        code = f"{lane[0]:#0{-(-field.bits // 4) + 2}x}"
        if not field.signed:
            return code
        return f"{code} = {int(signed(field.bits, np.asarray([lane[0]], object))[0])}"

    def _drawn(self, count: int, seed: int, power: int = 1) -> list[Trial]:
        """``many`` for each of ``count``; of short trials more, and of long ones fewer, by a
        ``power`` of their length."""
        rng, beats = np.random.default_rng(seed), max(self.hardware.result_beats, 1)
        number = self.many * count * max(SHORT // beats, 1)
        number = -(-number * LONG**power // max(beats, LONG) ** power)
        return self._answered(self.hardware.trials(number, rng))

    def _bounds(self) -> list[Trial]:
        return self._answered(self.hardware.bounds())

    def _answered(self, drawn: list[dict[str, Beats]]) -> list[Trial]:
        return [Trial({**given, **self.hardware.answer(given)}) for given in drawn]
