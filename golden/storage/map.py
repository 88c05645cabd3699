"""A block as stored: which bits are which number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import raw_bytes, whole_numbers
from ..errors import DesignError
from .places import Place

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
    """

    size: int
    places: tuple[Place, ...]
    add: tuple[tuple[str, int], ...] = ()

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
        """``data`` (blocks, size) uint8 -> the codes of each array, (blocks, items)."""
        held = raw_bytes(data, "blocks").reshape(data.shape)
        bits = np.unpackbits(held, axis=1, bitorder="little")
        found = {
            name: np.zeros((len(data), items), _dtype(width))
            for name, (items, width) in self.arrays.items()
        }
        for place in self.places:
            if not place.copy:
                place.read(bits, found[place.array])
        return {name: self._shifted(name, stored, 1) for name, stored in found.items()}

    def pack(self, arrays: Mapping[str, Array]) -> Array:
        """The codes of each array, unsigned integers (blocks, items) -> (blocks, size) uint8."""
        stored = {}
        for name, (_, width) in self.arrays.items():
            codes = whole_numbers(arrays[name], name, 0, (1 << 32) - 1)  # bits may be elsewhere
            stored[name] = self._shifted(name, codes.astype(_dtype(width)), -1)
        blocks = len(next(iter(stored.values())))
        bits = np.zeros((blocks, 8 * self.size), np.uint8)
        for place in self.places:
            place.write(stored[place.array], bits)
        return np.packbits(bits, axis=1, bitorder="little")

    def _shifted(self, name: str, items: Array, sign: int) -> Array:
        """``items`` plus or minus the array's constant, modulo its width."""
        constant = sign * dict(self.add).get(name, 0)
        if not constant:
            return items
        mask = (1 << self.arrays[name][1]) - 1
        return np.asarray((items.astype(np.int64) + constant) & mask).astype(items.dtype)


def _dtype(width: int) -> type[np.unsignedinteger[Any]]:
    bits = next(size for size in (8, 16, 32) if width <= size)
    return getattr(np, f"uint{bits}")  # type: ignore[no-any-return]
