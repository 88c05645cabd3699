"""One array of a stored matrix: blocks of bytes, and their order in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..description import Span
from .map import Map
from .places import Field
from .shape import Shape

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Part:
    """One array of a scheme: blocks that cover the matrix, and their order in memory.

    Parameters
    ----------
    name : as the checkpoint calls it.
    map : of a block.
    tile : the elements that a block (its codes or its scales) belongs to.
    order : what varies slowest to fastest: ``row`` and ``column`` of the grid of blocks, ``word``
        inside a block.
    word : bytes of a word; words are little-endian.
    partial : whether K may end within a block; items that are not there are stored as zeros, and
        nobody reads them.
    """

    name: str
    map: Map
    tile: Span
    order: tuple[str, str, str] = ("row", "column", "word")
    word: int = 1
    partial: bool = False

    @property
    def single(self) -> str | None:
        """The array of which each word is one item, whole and as it is; None if there is none."""
        match self.map.places:
            case (Field(array=name, width=width, items=1),) if width == 8 * self.word:
                return None if self.map.add or self.word != self.map.size else name
        return None

    def whole(self, shape: Shape) -> Shape:
        """The elements that the blocks have room for, where K ends within one."""
        columns = self.tile.columns or shape[1]
        return shape[0], -(-shape[1] // columns) * columns

    def _lengths(self, shape: Shape) -> dict[str, int]:
        rows, columns = self.tile.shape(*shape)
        return {"row": rows, "column": columns, "word": self.map.size // self.word}

    def shape(self, shape: Shape) -> Shape:
        """Of the array of words: words lie along the axis of the blocks that come before them."""
        first, second, third = (self._lengths(shape)[axis] for axis in self.order)
        return (first * second, third) if self.order[1] == "word" else (first, second * third)

    def unit(self, shape: Shape) -> tuple[str, int]:
        """What is contiguous in memory, in words and in bytes."""
        whole = self.order[2] == "word"
        return ("block", self.map.size) if whole else ("word", self.word)

    def to_blocks(self, words: Array, shape: Shape) -> Array:
        """An array of words -> (blocks, bytes), row by row of the grid."""
        lengths = self._lengths(shape)
        grid = words.reshape([lengths[axis] for axis in self.order])
        axes = [self.order.index(axis) for axis in ("row", "column", "word")]
        whole = np.ascontiguousarray(grid.transpose(axes))
        return whole.view(np.uint8).reshape(-1, self.map.size)

    def from_blocks(self, blocks: Array, shape: Shape) -> Array:
        """The inverse of ``to_blocks``."""
        lengths = self._lengths(shape)
        words = np.ascontiguousarray(blocks).view(f"<u{self.word}")
        grid = words.reshape([lengths[axis] for axis in ("row", "column", "word")])
        axes = [("row", "column", "word").index(axis) for axis in self.order]
        return np.ascontiguousarray(grid.transpose(axes)).reshape(self.shape(shape))
