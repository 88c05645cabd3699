"""Entries of a table by their number: how GGUF's grid types store several elements in an index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DesignError
from .origin import Origin
from .places import Field
from .runs import scatter

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Table:
    """Indices into a table, each of which gives ``width`` bits of a few neighbouring items.

    Not every combination of items is in the table: packing takes those that are.

    Parameters
    ----------
    array : the codes that the items belong to.
    index : where the indices stand: fields of one array, called ``index``.
    entries : of each index the items' bits, a byte an item; as many as the indices tell apart.
    width : bits of an item that an entry gives.
    what : an entry, as an error calls it: ``eight elements of the grid``.
    low : weight of the lowest of these bits in the item, as a power of two.
    """

    array: str
    index: tuple[Field, ...]
    entries: tuple[bytes, ...] = field(repr=False)
    width: int
    what: str
    low: int = 0
    first = 0
    copy = False

    def __post_init__(self) -> None:
        bits = max(place.top for place in self.index)
        if len(self.entries) != 1 << bits or len({*self.entries}) != 1 << bits:
            raise DesignError(
                f"indices of {bits} bits need {1 << bits} different entries: {self.what}"
            )
        if len({*map(len, self.entries)}) > 1 or max(map(max, self.entries)) >> self.width:
            raise DesignError(
                f"entries have one length and items of {self.width} bits: {self.what}"
            )

    @property
    def each(self) -> int:
        """Items of an entry."""
        return len(self.entries[0])

    @property
    def count(self) -> int:
        """Indices in a block."""
        return max(place.first + place.items for place in self.index)

    @property
    def items(self) -> int:
        return self.count * self.each

    @property
    def top(self) -> int:
        """One more than the highest bit of an item that an entry gives."""
        return self.low + self.width

    @property
    def positions(self) -> Array:
        """Bits of the block that the indices take up, all together."""
        return np.concatenate([place.positions.ravel() for place in self.index])[None]

    @property
    def origin(self) -> Origin:
        """Of an index the items of its entry."""
        bits = np.zeros((self.count, max(place.top for place in self.index)), np.int64)
        for place in self.index:
            mine = slice(place.first, place.first + place.items)
            bits[mine, place.low : place.top] = place.positions
        tables = np.frombuffer(b"".join(self.entries), np.uint8).reshape(-1, self.each)
        choice = np.tile(np.arange(self.each), self.count)
        return Origin(bits.repeat(self.each, axis=0), tables.T, choice)

    @property
    def where(self) -> slice:
        return slice(0, self.items)

    def bytes(self, size: int) -> slice:
        """From the first to the last of the indices' bytes."""
        return slice(int(self.positions.min()) // 8, int(self.positions.max()) // 8 + 1)

    def steps(self, size: int) -> Iterator[Table]:
        """All at once."""
        yield self

    @cached_property
    def _words(self) -> Array:
        """Each entry as one word of memory."""
        items = np.frombuffer(b"".join(self.entries), np.uint8) << np.uint8(self.low)
        return items.view(f"V{self.each}")

    @cached_property
    def _numbers(self) -> Array:
        """Items as digits, the first lowest -> the index of the entry, or -1."""
        found = np.full(1 << (self.width * self.each), -1, np.int32)
        items = np.frombuffer(b"".join(self.entries), np.uint8).reshape(-1, self.each)
        found[self._digits(items)] = np.arange(len(items))
        return found

    def _digits(self, items: Array) -> Array:
        """(…, each) -> (…): one number of them."""
        number = np.zeros(items.shape[:-1], np.int32)
        for place in range(self.each):
            number |= items[..., place].astype(np.int32) << np.int32(self.width * place)
        return number

    def read(self, data: Array, items: Array, first: bool) -> None:
        index = np.zeros((len(data), self.count), np.uint16)
        for step in chain.from_iterable(place.steps(2) for place in self.index):
            step.read(data, index, False)
        found = self._words.take(index).view(items.dtype)
        scatter(found, items[:, self.where], first)

    def write(self, items: Array, data: Array, first: bool) -> None:
        mine = items[:, self.where] >> np.uint8(self.low) & np.uint8((1 << self.width) - 1)
        index = self._numbers[self._digits(mine.reshape(len(mine), self.count, self.each))]
        if index.min() < 0:
            block, number = (int(place) for place in np.argwhere(index < 0)[0])
            start = number * self.each
            raise DesignError(
                f"block {block}: {self.array} {start}…{start + self.each - 1} are not {self.what}, "
                f"got {', '.join(map(str, items[block, start : start + self.each]))}"
            )
        for step in chain.from_iterable(place.steps(2) for place in self.index):
            step.write(index.astype(np.uint16), data, False)
