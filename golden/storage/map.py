"""A block as stored: which bits are which number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import raw_bytes, whole_numbers
from ..errors import DesignError
from .places import Place
from .runs import Step

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Map:
    """The bit-field map of a block: plain data, from which packing, unpacking and wiring follow.

    Parameters
    ----------
    size : bytes of a block.
    places : where the items of each array stand. No bit of the block belongs to two of them, and no
        bit of an item is given twice.
    add : (array, constant): code = (stored + constant) modulo 2**width. Half the range is an XOR of
        the top bit: what is stored as q + 8 is thus the two's complement of q.
    carries : whether the block is one number to ``add``: what runs over an item goes into the next.
        For blocks of at most 8 bytes whose items follow each other without gaps.
    """

    size: int
    places: tuple[Place, ...]
    add: tuple[tuple[str, int], ...] = ()
    carries: bool = False

    def __post_init__(self) -> None:
        taken = np.zeros(8 * self.size, np.int64)
        for place in self.places:
            positions = place.positions
            if positions.min() < 0 or positions.max() >= len(taken):
                raise DesignError(f"{place.array} leaves its block of {self.size} bytes: {place}")
            taken += np.bincount(positions.ravel(), minlength=len(taken))
        if taken.max() > 1:
            raise DesignError(f"bit {int(taken.argmax())} of the block belongs to two numbers")
        masks = self.masks
        for name, _ in self.add:
            if name not in masks:
                raise DesignError(f"a constant is added to {name!r}, which is not in the block")

    @cached_property
    def arrays(self) -> dict[str, tuple[int, int]]:
        """name -> (items in a block, bits of an item)."""
        found: dict[str, tuple[int, int]] = {}
        for place in self.places:
            items, width = found.get(place.array, (0, 0))
            found[place.array] = max(items, place.first + place.items), max(width, place.top)
        return found

    @cached_property
    def masks(self) -> dict[str, Array]:
        """name -> the bits of each item that the block holds: all, but for cut elements."""
        found = {name: np.zeros(items, np.int64) for name, (items, _) in self.arrays.items()}
        for place in self.places:
            if not place.copy:
                mine = found[place.array][place.first : place.first + place.items]
                given = (1 << place.top) - (1 << place.low)
                if (mine & given).any():
                    raise DesignError(f"bits of {place.array} are given twice, by {place}")
                mine |= given
        return found

    @cached_property
    def spare(self) -> bytes:
        """A block with ones where no number stands: bits that packing clears."""
        bits = np.ones(8 * self.size, np.uint8)
        for place in self.places:
            bits[place.positions.ravel()] = 0
        return np.packbits(bits, bitorder="little").tobytes()

    def unpack(self, data: Array) -> dict[str, Array]:
        """``data`` (blocks, size) uint8 -> the codes of each array, (blocks, items).

        An array has the least unsigned type that holds its codes.
        """
        held = raw_bytes(data, "blocks").reshape(data.shape)
        found = {
            name: np.zeros((len(held), items), _little(width))
            for name, (items, width) in self.arrays.items()
        }
        many = max(_CHUNK // self.size, 1)
        for start in range(0, len(held), many):
            chunk = slice(start, start + many)
            for name, step, first in self.reading:
                step.read(held[chunk], found[name][chunk], first)
            for name, _ in self.add:
                self._shift(name, found[name][chunk], 1)
        return {name: items.astype(items.dtype.type, copy=False) for name, items in found.items()}

    def pack(self, arrays: Mapping[str, Array]) -> Array:
        """The codes of each array, unsigned integers (blocks, items) -> (blocks, size) uint8."""
        stored = {}
        for name, (_, width) in self.arrays.items():
            codes = whole_numbers(arrays[name], name, 0, (1 << 32) - 1)  # bits may be elsewhere
            stored[name] = np.array(codes, _little(width), order="C")
            self._shift(name, stored[name], -1)
        data = np.zeros((len(next(iter(stored.values()))), self.size), np.uint8)
        for name, step, first in self.writing:
            step.write(stored[name], data, first)
        return data

    @cached_property
    def reading(self) -> list[tuple[str, Step, bool]]:
        """The array, the step, and whether it is the first to give its items any bits."""
        given = {name: np.zeros(items, bool) for name, (items, _) in self.arrays.items()}
        found = []
        for place in self.places:
            for step in self._steps(place) if not place.copy else ():
                mine = given[place.array][step.where]
                found.append((place.array, step, not mine.any()))
                mine[:] = True
        return found

    @cached_property
    def writing(self) -> list[tuple[str, Step, bool]]:
        """The array, the step, and whether it is the first to give its bytes any bits."""
        given, found = np.zeros(self.size, bool), []
        for place in self.places:
            for step in self._steps(place):
                mine = given[step.bytes(self._size(place.array))]
                found.append((place.array, step, not mine.any()))
                mine[:] = True
        return found

    def _size(self, name: str) -> int:
        """Bytes of an item in memory."""
        return _little(self.arrays[name][1]).itemsize

    def _steps(self, place: Place) -> Iterator[Step]:
        return place.steps(self._size(place.array))

    def _shift(self, name: str, items: Array, sign: int) -> None:
        """Adds the array's constant to ``items``, or takes it away, modulo its width."""
        if constant := dict(self.add).get(name, 0):
            width = self.arrays[name][1]
            mask, kind = (1 << width) - 1, items.dtype.type
            if self.carries:
                shifts = np.arange(items.shape[1], dtype=np.uint64) * np.uint64(width)
                step = sum(constant << int(shift) for shift in shifts)
                whole = (items.astype(np.uint64) << shifts).sum(axis=1, keepdims=True)
                whole += np.uint64(sign * step & (1 << 64) - 1)
                items[:] = whole >> shifts & np.uint64(mask)
                return
            items += kind(sign * constant & mask)
            items &= kind(mask)


#: Bytes of blocks that are read at a time: with their items they stay in the cache.
_CHUNK = 1 << 18


def _little(width: int) -> np.dtype[np.unsignedinteger[Any]]:
    """The least unsigned type of ``width`` bits, little-endian, as bytes are in a block."""
    size = next(size for size in (1, 2, 4) if width <= 8 * size)
    return np.dtype(f"<u{size}")
