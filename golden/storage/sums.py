"""Sums that a block holds beside its codes: what GGUF's Q8_K keeps for products with minimums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .origin import Origin
from .runs import scatter

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Sums:
    """INT16 sums of ``each`` INT8 items after another: written, not read.

    They say nothing that the codes do not. Data whose sums are wrong are read as their codes.

    Parameters
    ----------
    array : the codes that are summed.
    byte : where the first sum begins.
    count : sums, one after another.
    each : items of a sum.
    """

    array: str
    byte: int
    count: int
    each: int
    first = 0
    copy = True
    low, top = 0, 8

    @property
    def items(self) -> int:
        return self.count * self.each

    @property
    def positions(self) -> Array:
        """Bits of the block that the sums take up, all together."""
        return np.arange(8 * self.byte, 8 * (self.byte + 2 * self.count))[None]

    @property
    def origin(self) -> Origin:
        """Nothing: sums are not read."""
        return Origin(np.zeros((self.items, 0), np.int64))

    @property
    def where(self) -> slice:
        return slice(0, self.items)

    def bytes(self, size: int) -> slice:
        return slice(self.byte, self.byte + 2 * self.count)

    def steps(self, size: int) -> Iterator[Sums]:
        """All at once."""
        yield self

    def read(self, data: Array, items: Array, first: bool) -> None:
        """Nothing."""

    def write(self, items: Array, data: Array, first: bool) -> None:
        apart = items[:, self.where].view(np.int8).reshape(len(items), self.count, self.each)
        scatter(apart.sum(axis=2, dtype="<i2").view(np.uint8), data[:, self.bytes(1)])
