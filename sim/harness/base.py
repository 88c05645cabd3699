"""How a design is tried: what is sent to it, in which order, and what is said of a wrong result.

Benches, batches and emitted test benches know this alone. A *trial* is a piece of work of a design:
a reduction of an engine, a block of a unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.streams import Beats, Stream
from ...hw.design import Hardware

Array = npt.NDArray[Any]

#: A result as it travels: bit pattern and flags, low flag first.
Lane = tuple[int, int]


@dataclass(frozen=True)
class Chosen:
    """The trials of an emitted test bench.

    Parameters
    ----------
    freely : sent first, nobody pausing: random ones, then those that drive every sum to its bounds.
    stalled : random ones, sent after those, everybody pausing now and then.
    held : those directed at what chance seldom meets, some random and some very short ones, sent
        at last, one stream after the other pausing until all holds still.
    cycles : what ``freely`` must take from its first step; None where trials may wait.
    """

    freely: list[Any]
    stalled: list[Any]
    held: list[Any]
    cycles: int | None

    @property
    def trials(self) -> list[Any]:
        return self.freely + self.stalled + self.held


@dataclass(frozen=True)
class Part:
    """Trials of a bulk run: at full rate, or under ``stalls``; with ``turns`` long ones; with
    ``resets`` begun and reset in the middle some times, before they are sent."""

    trials: list[Any]
    stalls: bool = False
    turns: bool = False
    resets: bool = False


class Harness(ABC):
    """How one design is tried.

    Attributes
    ----------
    trial, beats : what trials are called, and beats of the leader, in the plural.
    """

    trial = "trials"
    beats = "beats"

    def __init__(self, hardware: Hardware):
        self.hardware = hardware

    @property
    def alone(self) -> Harness:
        """How the design without converters of its streams is tried: itself, in general."""
        return self

    @property
    def result(self) -> Stream:
        """The stream whose beats are compared."""
        return self.hardware.results[0]

    @abstractmethod
    def stimuli(self, count: int, seed: int) -> list[Any]:
        """Trials for the cocotb bench: ``count`` random ones, corners, bounds, directed ones."""

    @abstractmethod
    def bulk(self, count: int, seed: int) -> Iterator[Part]:
        """Trials for compiled simulation, about ``count`` of them."""

    @abstractmethod
    def chosen(self, count: int, seed: int) -> Chosen:
        """Trials for the emitted test bench: ``count`` random ones a pass."""

    @abstractmethod
    def shares(self, trials: Sequence[Any], parts: int) -> list[list[Any]]:
        """Trials dealt out over patterns of stalls; the first share can run at full rate."""

    @abstractmethod
    def sent(self, stream: Stream, trials: Sequence[Any]) -> Beats:
        """The beats of a stream, one trial after another; of results, the golden answers."""

    @abstractmethod
    def cycles(self, trials: Sequence[Any]) -> int | None:
        """From the first transfer to the last result without stalls; None if the design itself may
        stall."""

    @property
    def slack(self) -> int:
        """Cycles that trials may take beyond that, because streams come later in and out."""
        return 0

    @abstractmethod
    def steps(self, trials: Sequence[Any]) -> int:
        """Beats of the stream that sets the pace."""

    def longest(self, trials: Sequence[Any]) -> int:
        """Cycles that the longest trial takes at most, without stalls."""
        return max(self.steps([trial]) for trial in trials)

    @property
    def leader(self) -> str:
        """The name of the stream that sets the pace."""
        return self.hardware.sources[0].name

    @property
    def pace(self) -> str:
        """How often that stream has a beat, in words; empty for every cycle."""
        return ""

    @property
    def cols(self) -> int | None:
        """Columns of the matrix that a trial's results are; None if they are none."""
        return None

    @property
    @abstractmethod
    def each(self) -> int:
        """Beats of results of a trial."""

    def owners(self, trials: Sequence[Any], beats: int) -> Array:
        """The number of its trial, for each of ``beats`` beats of results; longer trials than
        others count as several, up to the last."""
        return np.minimum(np.arange(beats) // self.each, len(trials) - 1)

    @abstractmethod
    def work(self, trials: Sequence[Any]) -> int:
        """What trials amount to, in the hardware's unit of work."""

    @abstractmethod
    def results_of(self, trials: Sequence[Any]) -> int:
        """Single results of trials."""

    @abstractmethod
    def difference(self, trial: Any, beat: int, lane: int, received: Lane, expected: Lane) -> str:
        """Lines about the result in ``lane`` of a trial's ``beat``-th beat of results.

        Lanes are counted through all fields of a beat.
        """
