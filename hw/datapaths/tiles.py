"""Datapaths whose products share blocks, and which take elements of a tile's rows and columns."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Value
from amaranth.lib import data

from .base import Datapath


class Tiled(Datapath):
    """What stands in blocks is made of elements within the tile.

    ``found`` says how they lie on blocks; None if these are too small.
    """

    found: Any

    @property
    def layout(self):
        """How products lie on blocks."""
        assert self.found is not None
        return self.found

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and columns that share blocks."""
        return self.layout.tile

    def words_layout(self, side: int) -> data.ArrayLayout:
        """The layout of the elements of all lanes, those of the tile's rows or columns together."""
        elements = data.ArrayLayout(self.forms[side].layout, self.tile[side])
        return data.ArrayLayout(elements, self.lanes)

    def words(self, vectors, side: int):
        """The elements of each lane."""
        for lane in range(self.lanes):
            yield Cat(Value.cast(vector[lane]) for vector in vectors)
