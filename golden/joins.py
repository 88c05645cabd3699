"""How the results of one design become the operands, or points, of the next."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from .streams import Beats

Array = npt.NDArray[Any]

#: Entries of a multiplexer between two registers.
WIDEST = 64


@dataclass(frozen=True)
class Beside:
    """Scales that stand beside the values of a block, in each of its beats.

    The first of a block is read.

    Parameters
    ----------
    stream, field : of what follows, that take them.
    place : of their field among those of the results.
    count, bits : of the scales of a beat, and the width of one.
    every : beats of a block; 0: it ends with ``last`` alone. ``last`` ends it in any case.
    kept : how many blocks' scales can wait for the sums that they multiply.
    also : of further scales, as many of each, what ``field``, ``place`` and ``bits`` say.
    """

    stream: str
    field: str
    place: int
    count: int
    bits: int
    every: int
    kept: int
    also: tuple[tuple[str, int, int], ...] = ()

    @property
    def taken(self) -> tuple[tuple[str, int, int], ...]:
        """Field, place and bits of all scales, in the order of the results."""
        return ((self.field, self.place, self.bits), *self.also)

    @property
    def width(self) -> int:
        """Bits of the scales of a block."""
        return self.count * sum(bits for *_, bits in self.taken)

    def firsts(self, last: Array) -> Array:
        """Which of the beats with these marks are a block's first: bool (beats,)."""
        index = np.arange(len(last))
        starts = np.append(0, np.flatnonzero(last) + 1)
        number = index - starts[np.searchsorted(starts, index, side="right") - 1]
        return np.asarray(number % self.every == 0 if self.every else number == 0)

    def joined(self, results: Beats) -> Array:
        """The scales in the beats of results: (blocks, count)."""
        return self.all_joined(results)[self.field]

    def all_joined(self, results: Beats) -> dict[str, Array]:
        """The same of all scales, by the name of the field that takes them."""
        firsts = self.firsts(results.last)
        return {field: results.values[place][firsts] for field, place, _ in self.taken}


@dataclass(frozen=True)
class Join:
    """Values of some vectors, regrouped along K.

    Parameters
    ----------
    vectors : columns of the results, vectors of what follows.
    given, beats : elements along K of a block of results, and the beats that it takes.
    by_row : whether a block's values come row by row (element by element, all vectors of one
        together), as an engine's do; else vector by vector.
    taken : elements along K of a beat of what follows.
    every : beats of what follows after which its ``last`` is set; 0: where that of the results is.
    bits : width of a value.
    beside : the scales that come with the values, if they have some.
    """

    vectors: int
    given: int
    beats: int
    by_row: bool
    taken: int
    every: int
    bits: int
    beside: Beside | None = None

    @property
    def elements(self) -> int:
        """Elements along K that are regrouped at a time."""
        return lcm(self.given, self.taken)

    @property
    def arriving(self) -> int:
        """Beats of results that are regrouped at a time."""
        return self.elements // self.given * self.beats

    @property
    def leaving(self) -> int:
        """Beats that they become."""
        return self.elements // self.taken

    @property
    def direct(self) -> bool:
        """Whether a beat becomes a beat."""
        return self.arriving == self.leaving == 1

    @property
    def collects(self) -> bool:
        """Whether several beats are collected; a single one waits where it comes from."""
        return self.arriving > 1

    @property
    def latency(self) -> int:
        """Cycles from the last beat that arrives to the first that leaves."""
        return 0 if self.direct else 1 + self.collects + self.multiplexers

    @property
    def multiplexers(self) -> int:
        """Registers of the multiplexers that choose the beat that leaves."""
        count, found = self.leaving, 0
        while count > 1:
            count, found = -(-count // WIDEST), found + 1
        return found

    @property
    def kept(self) -> int:
        """Values that are kept: those that leave, and those that are collected."""
        return 0 if self.direct else (1 + self.collects) * self.elements * self.vectors

    @property
    def cycles(self) -> int:
        """Cycles between two that are regrouped at a time."""
        return max(self.arriving, self.leaving)

    def order(self) -> Array:
        """For each value that leaves, in order, the number of the value that arrives: integers."""
        blocks, shape = self.elements // self.given, (self.given, self.vectors)
        shape = shape if self.by_row else shape[::-1]
        numbers = np.arange(blocks * self.given * self.vectors).reshape(blocks, *shape)
        along = numbers if self.by_row else numbers.transpose(0, 2, 1)
        whole = along.reshape(self.leaving, self.taken, self.vectors)
        return whole.transpose(0, 2, 1).reshape(-1)

    def joined(self, results: Beats) -> Beats:
        """Beats of results as beats of what follows; what is not whole is left out."""
        times = len(results) // self.arriving
        size = self.elements * self.vectors
        values = results.values[0][: times * self.arriving].reshape(times, size)
        values = values[:, self.order()].reshape(times * self.leaving, size // self.leaving)
        if self.bits < 63:  # integers become codes
            values = values.astype(np.int64) & (1 << self.bits) - 1
        last = np.zeros((times, self.leaving), bool)
        if self.every:
            last = (np.arange(last.size) + 1) % self.every == 0
        else:
            marks = results.last[: times * self.arriving].reshape(times, self.arriving)
            last[:, -1] = marks[:, -1]
        return Beats((values,), (None,), last.reshape(-1))
