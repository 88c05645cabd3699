"""From which bits of a block items come: what wiring is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Origin:
    """The bits that a place gives of its items, as a function of bits of the block.

    Parameters
    ----------
    bits : (items, width), the bits of the block that item ``first`` + i depends on, low first.
    tables : of a number of ``width`` bits what it stands for, (tables, 2**width); None: itself.
    choice : which of the tables an item has, (items,).
    """

    bits: Array
    tables: Array | None = None
    choice: Array | None = None

    def values(self, data: Array) -> Array:
        """``data`` (blocks, bytes) uint8 -> what the place gives, (blocks, items), without its
        weight: slowly, bit by bit."""
        held = np.unpackbits(data, axis=1, bitorder="little")[:, self.bits].astype(np.int64)
        numbers = (held << np.arange(self.bits.shape[1])).sum(axis=2)
        if self.tables is None or self.choice is None:
            return np.asarray(numbers)
        return np.asarray(self.tables[self.choice, numbers])
