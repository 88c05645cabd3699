"""What is unpacked at a time of each array of a stored matrix: words of whole blocks."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from ..storage import Part

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Words:
    """Words of a part: the blocks of ``rows`` rows and of as many columns as make whole blocks and
    whole beats of ``lanes`` columns.

    Blocks stand column by column of the grid of blocks, those of all rows together.

    Parameters
    ----------
    part : of the scheme.
    rows, lanes : elements of a beat.
    k : elements along K of a row; 0: any number.
    """

    part: Part
    rows: int
    lanes: int
    k: int

    @property
    def down(self) -> int:
        """Blocks of a word along a column."""
        return self.rows // (self.part.tile.rows or self.rows)

    @property
    def across(self) -> int:
        """Blocks of a word along a row."""
        return self.columns // (self.part.tile.columns or self.columns)

    @property
    def columns(self) -> int:
        """Elements along K of a word."""
        columns = self.part.tile.columns
        return lcm(columns, self.lanes) if columns else self.k

    @property
    def beats(self) -> int:
        """Beats of results that a word becomes."""
        return self.columns // self.lanes

    @property
    def size(self) -> int:
        """Bytes of a word."""
        return self.down * self.across * self.part.map.size

    def sent(self, words: Array, shape: tuple[int, int]) -> Array:
        """An array of the part's words, of a matrix of ``shape``, as bytes in the order in which
        they are taken."""
        tiles = shape[0] // self.rows
        blocks = self.part.to_blocks(words, shape).reshape(tiles, self.down, -1, self._size)
        return np.ascontiguousarray(blocks.transpose(0, 2, 1, 3)).reshape(-1)

    def words(self, data: Array, shape: tuple[int, int]) -> Array:
        """The inverse of ``sent``."""
        tiles = shape[0] // self.rows
        blocks = data.reshape(tiles, -1, self.down, self._size).transpose(0, 2, 1, 3)
        return self.part.from_blocks(blocks.reshape(-1, self._size), shape)

    @property
    def _size(self) -> int:
        return self.part.map.size
