"""Where numbers stand in a block: runs of bits at regular distances, and digits of another base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..errors import DesignError
from .origin import Origin
from .runs import Run, Step, gathered, runs, scatter

Array = npt.NDArray[Any]


class Place(Protocol):
    """Where in a block items of one array stand, or what else is in it."""

    @property
    def array(self) -> str:
        """The codes, the level of scales or ``select`` that the items belong to."""

    @property
    def first(self) -> int:
        """Number of the first item."""

    @property
    def items(self) -> int:
        """How many."""

    @property
    def low(self) -> int:
        """Weight of the lowest bit that the place gives of an item, as a power of two."""

    @property
    def top(self) -> int:
        """One more than the highest bit that it gives."""

    @property
    def copy(self) -> bool:
        """Whether it says what is said elsewhere: written, not read."""

    @property
    def positions(self) -> Array:
        """Bits of the block, in an array of two axes: an item's or all together."""

    @property
    def origin(self) -> Origin:
        """How the items follow from bits of the block; of a copy nothing is asked."""

    def steps(self, size: int) -> Iterator[Step]:
        """What reads and writes the place, where an item of the array is ``size`` bytes."""


@dataclass(frozen=True)
class Field:
    """``width`` neighbouring bits of each of several items of one array.

    Bits of a block are numbered from 0, the lowest bit of its first byte; bit b stands in byte
    b // 8 with weight 2**(b % 8). Item ``first + i`` has its bits at ``bit`` + the sum over the
    axes of index × stride, where i counts through the axes, the last one fastest.

    Parameters
    ----------
    array : the codes or the level of scales that the items belong to.
    bit : where item ``first`` has its lowest of these bits.
    width : neighbouring bits of one item.
    axes : (count, stride in bits), slowest first; none for a single item. Strides may be negative.
    first : number of the first item.
    low : weight of the lowest of these bits in the item, as a power of two.
    copy : these bits repeat others: written, not read.
    """

    array: str
    bit: int
    width: int
    axes: tuple[tuple[int, int], ...] = ()
    first: int = 0
    low: int = 0
    copy: bool = False

    def __post_init__(self) -> None:
        counts = [count for count, _ in self.axes]
        if min(self.width, *counts, 1) < 1 or min(self.low, self.first) < 0:
            raise DesignError(f"a field has positive widths and counts, no negative place: {self}")

    @property
    def items(self) -> int:
        return prod(count for count, _ in self.axes)

    @property
    def top(self) -> int:
        """One more than the highest bit of an item that these bits give."""
        return self.low + self.width

    @property
    def positions(self) -> Array:
        """Bits of the block, (items, width)."""
        start = np.asarray([self.bit])
        for count, stride in self.axes:
            start = (start[:, None] + np.arange(count) * stride).ravel()
        return start[:, None] + np.arange(self.width)

    @property
    def origin(self) -> Origin:
        return Origin(self.positions)

    def steps(self, size: int) -> Iterator[Run]:
        """What reads and writes these bits, where an item of the array is ``size`` bytes."""
        counts = [count for count, _ in self.axes]
        axes = tuple(
            (count, stride, prod(counts[number + 1 :]))
            for number, (count, stride) in enumerate(self.axes)
        )
        return runs(self.bit, self.width, self.low, self.first, axes, size)


@dataclass(frozen=True)
class Digits:
    """Base-3 digits in bytes, as GGUF's TQ1_0 has them: the one thing that no run of bits says.

    ``count`` bytes from ``byte`` hold ``digits`` items each: digit i of byte j is item ``first`` +
    ``count`` * i + j. A byte q is the fraction of its digits u_0 u_1 … in base 3, rounded up to
    256ths: q = ceil(256 · Σ u_i 3**(4-i) / 243). So digit i is ``((q * 3**i mod 256) * 3) >> 8``,
    without a division. All 256 bytes decode; packing gives the 243 (81 for four digits) canonical
    ones.
    Source: gguf-py, quants.py, TQ1_0 (confirmed).
    """

    array: str
    byte: int
    count: int
    digits: int
    first: int = 0
    copy = False
    low, top = 0, 2

    def __post_init__(self) -> None:
        if not 1 <= self.digits <= 5:
            raise DesignError(f"a byte holds 1 to 5 digits of base 3, got {self.digits}")

    @property
    def items(self) -> int:
        return self.count * self.digits

    @property
    def positions(self) -> Array:
        """Bits of the block that the digits take up, all together."""
        return np.arange(8 * self.byte, 8 * (self.byte + self.count))[None]

    @property
    def origin(self) -> Origin:
        """Of a byte's value its digits."""
        choice, number = np.divmod(np.arange(self.items), self.count)
        bits = 8 * (self.byte + number)[:, None] + np.arange(8)
        return Origin(bits, np.stack(_DIGITS[: self.digits]), choice)

    def steps(self, size: int) -> Iterator[Digits]:
        """All at once."""
        yield self

    @property
    def where(self) -> slice:
        return slice(self.first, self.first + self.items)

    def bytes(self, size: int) -> slice:
        return slice(self.byte, self.byte + self.count)

    def read(self, data: Array, items: Array, first: bool) -> None:
        held = gathered(data[:, self.bytes(1)])
        for number, table in enumerate(_DIGITS[: self.digits]):
            start = self.first + self.count * number
            items[:, start : start + self.count] = table.take(held)

    def write(self, items: Array, data: Array, first: bool) -> None:
        mine = items[:, self.where]
        if mine.max() > 2:
            raise DesignError(
                f"{self.array}: digits in base 3 are 0, 1 and 2, got {mine.max()} (the second zero "
                "of ternary has none; use 0)"
            )
        number = np.zeros((len(mine), self.count), np.uint8)
        for start in range(0, 5 * self.count, self.count):
            number *= np.uint8(3)
            if start < self.items:
                number += mine[:, start : start + self.count]
        scatter(_BYTES.take(number), data[:, self.bytes(1)])


#: Of every byte, its five digits.
_DIGITS = [(((np.arange(256) * 3**i & 0xFF) * 3) >> 8).astype(np.uint8) for i in range(5)]
#: Of every number below 3**5, the byte of its digits.
_BYTES = ((np.arange(243) * 256 + 242) // 243).astype(np.uint8)
