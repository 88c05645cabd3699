"""Runs: neighbouring bytes of a block whose bits go to neighbouring items, moved at once.

A field is a few runs, and each is a few NumPy calls for all blocks: that is what makes reading a
checkpoint fast. What a run moves is moved as one word of many bytes a block, since NumPy copies few
bytes no faster than many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: (count, bits of the block from one to the next, items from one to the next)
Axis = tuple[int, int, int]


class Step(Protocol):
    """What reads and writes some bits of every block at once."""

    @property
    def where(self) -> slice:
        """The items of which the step gives bits."""

    def bytes(self, size: int) -> slice:
        """The bytes of the block that hold them, where an item of the array is ``size`` bytes."""

    def read(self, data: Array, items: Array, first: bool) -> None:
        """Bits of ``data`` (blocks, bytes) into ``items`` (blocks, all items), beside those that
        stand there unless it is the ``first`` to give any."""

    def write(self, items: Array, data: Array, first: bool) -> None:
        """The inverse of ``read``; the items' other bits are not looked at."""


@dataclass(frozen=True)
class Run:
    """``count`` neighbouring bytes that each hold bits of one item, or of the same few neighbours.

    Parameters
    ----------
    byte, item : the first byte, of the block, and the first item, of the array.
    count : bytes; of a whole run items.
    bits : of each item of a byte: its lowest bit there, how many, and their lowest weight in the
        item as a power of two.
    whole : the bytes are whole items, little-endian.
    """

    byte: int
    item: int
    count: int
    bits: tuple[tuple[int, int, int], ...]
    whole: bool = False

    @property
    def where(self) -> slice:
        return slice(self.item, self.item + self.count * len(self.bits))

    def bytes(self, size: int) -> slice:
        return slice(self.byte, self.byte + self.count * (size if self.whole else 1))

    @cached_property
    def _table(self) -> Array:
        """Byte -> its items, as one word."""
        lows, widths, weights = np.array(self.bits).T
        items = ((np.arange(256)[:, None] >> lows) & ((1 << widths) - 1)) << weights
        return np.ravel(items.astype(np.uint8).view(f"V{len(self.bits)}"))

    def read(self, data: Array, items: Array, first: bool) -> None:
        held, kind = gathered(data[:, self.bytes(items.itemsize)]), items.dtype
        if self.whole:
            held = held.view(kind)
        elif len(self.bits) > 1:
            held = self._table.take(held).view(kind)
        else:
            ((low, width, weight),) = self.bits
            if low + width < 8 or weight:  # else the shift leaves no other
                held &= np.uint8(((1 << width) - 1) << low)
            if weight < low:
                held >>= np.uint8(low - weight)
            held = held.astype(kind, copy=False)
            if weight > low:
                held <<= kind.type(weight - low)
        scatter(held, items[:, self.where], first)

    def write(self, items: Array, data: Array, first: bool) -> None:
        mine, kind = items[:, self.where], items.dtype.type
        if self.whole:
            found = gathered(mine).view(np.uint8)
        else:
            found = np.zeros((len(mine), self.count), np.uint8)
            for number, (low, width, weight) in enumerate(self.bits):
                held = (mine[:, number :: len(self.bits)] >> kind(weight)) & kind((1 << width) - 1)
                found |= held.astype(np.uint8, copy=False) << np.uint8(low)
        scatter(found, data[:, self.bytes(items.itemsize)], first)


def gathered(rows: Array) -> Array:
    """A copy of a window of an array, contiguous."""
    return _words(rows).copy().view(rows.dtype)


def scatter(rows: Array, window: Array, first: bool = True) -> None:
    """``rows``, contiguous, into a window of an array, beside the bits there unless ``first``."""
    if not first:
        rows = rows | gathered(window)
    _words(window)[:] = _words(rows)


def _words(rows: Array) -> Array:
    """Each row as one word."""
    return rows.view(f"V{rows.shape[1] * rows.itemsize}")


def runs(
    bit: int, width: int, low: int, item: int, axes: tuple[Axis, ...], size: int
) -> Iterator[Run]:
    """The runs of ``width`` neighbouring bits of items at regular distances.

    Item ``item`` has the lowest of these bits at ``bit`` of the block, with weight 2**``low``; an
    item of the array is ``size`` bytes.
    """
    rest, aligned = [*axes], all(axis[1] % 8 == 0 for axis in axes)
    whole = aligned and bit % 8 == 0 and width == 8 * size
    places = [] if whole or size > 1 else _shared(bit, width, rest)
    each = tuple((place, width, low) for place in places)
    many, step, count = max(len(each), 1), size if whole else 1, 1
    while rest and rest[-1][1:] == (8 * step * count, many * count):
        count *= rest.pop()[0]
    for steps in product(*(range(axis[0]) for axis in rest)):
        start = bit + sum(at * axis[1] for at, axis in zip(steps, rest, strict=True))
        mine = item + sum(at * axis[2] for at, axis in zip(steps, rest, strict=True))
        if whole or each:
            yield Run(start // 8, mine, count, each or ((0, width, low),), whole)
            continue
        given = 0
        while given < width:
            byte, place = divmod(start + given, 8)
            taken = min(8 - place, width - given)
            yield Run(byte, mine, count, ((place, taken, low + given),))
            given += taken


def _shared(bit: int, width: int, rest: list[Axis]) -> list[int]:
    """Where the items of a byte stand in it, taken from the last axis of ``rest``; none where they
    are not the same in each byte."""
    if not rest or any(axis[1] % 8 for axis in rest[:-1]):
        return []
    count, stride, _ = rest[-1]  # items of the last axis are neighbours
    many = min(8 // abs(stride), count) if stride and 8 % stride == 0 else 1
    places = [bit % 8 + index * stride for index in range(many)]
    if many == 1 or count % many or min(places) < 0 or max(places) + width > 8:
        return []
    rest[-1:] = [(count // many, stride * many, many)] if count > many else []
    return places
