"""How a design between other streams is tried: with the trials of the design within."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ...hw.design import Hardware
from .base import Chosen, Harness, Part


class AroundHarness(Harness):
    """The trials of the design within, told by how that is tried.

    Parameters
    ----------
    hardware : the whole.
    inner : how the design within is tried.
    """

    def __init__(self, hardware: Hardware, inner: Harness):
        super().__init__(hardware)
        self.within = inner
        self.trial, self.beats = inner.trial, inner.beats

    @property
    def alone(self) -> Harness:
        return self.within.alone

    def stimuli(self, count: int, seed: int) -> list[Any]:
        return self._ended(self.within.stimuli(count, seed))

    def bulk(self, count: int, seed: int) -> Iterator[Part]:
        for part in self.within.bulk(count, seed):
            yield replace(part, trials=self._ended(part.trials))

    def chosen(self, count: int, seed: int) -> Chosen:
        found = self.within.chosen(count, seed)
        freely, stalled = self._ended(found.freely), self._ended(found.stalled)
        return Chosen(freely, stalled, self._ended(found.held), None)

    def _ended(self, trials: list[Any]) -> list[Any]:
        """Trials as they can be sent."""
        return trials

    def shares(self, trials: Sequence[Any], parts: int) -> list[list[Any]]:
        return self.within.shares(trials, parts)

    def steps(self, trials: Sequence[Any]) -> int:
        return self.within.steps(trials)

    @property
    def leader(self) -> str:
        return self.within.leader

    @property
    def each(self) -> int:
        return self.within.each

    def work(self, trials: Sequence[Any]) -> int:
        return self.within.work(trials)

    def results_of(self, trials: Sequence[Any]) -> int:
        return self.within.results_of(trials)
