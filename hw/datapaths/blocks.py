"""Datapaths whose products share DSP blocks, which take elements of a tile of rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from amaranth.hdl import Cat, Value
from amaranth.lib import data, wiring

from ...golden.formats import Format
from ..arith.sums import Sum
from ..dsp.kinds import Kind, kind_of
from .base import Datapath, Lack, Setting
from .forms import Form, together


class Blocks(Datapath):
    """What stands in DSP blocks is made of elements within the tile.

    ``found`` says how they lie on blocks; None if these are too small.
    """

    found: Any

    @classmethod
    def serves(cls, weight: Format, activation: Format) -> bool:
        return bool(weight.bits and activation.bits) and cls.fits(weight, activation, "auto")

    @classmethod
    def fits(cls, weight: Format, activation: Format, blocks: str) -> bool:
        """Whether the blocks of a build make the products of a pair."""
        return cls(weight, activation, lanes=1, blocks=blocks).found is not None

    @classmethod
    def refuses(cls, blocks: str) -> Lack | None:
        """Why this cannot be made of the blocks of a build; None if it can."""
        return None

    @classmethod
    def lacks(cls, weight: Format, activation: Format, setting: Setting) -> Lack | None:
        if setting.policy != "dsp":
            return Lack("is of DSP blocks", ({"policy": "dsp"},))
        if why := cls.refuses(setting.blocks):
            return why
        if cls.fits(weight, activation, setting.blocks):
            return None
        pair = f"{weight.name} × {activation.name}"
        return Lack(
            f"does not serve {pair}, which is wider than the DSP blocks ({setting.blocks})",
            ({"datapath": "auto"},),
        )

    @property
    def kind(self) -> Kind:
        """The blocks."""
        return kind_of(self.blocks)

    @property
    def layout(self) -> Any:
        """How products lie on blocks."""
        assert self.found is not None
        return self.found

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and columns that share blocks."""
        tile: tuple[int, int] = self.layout.tile
        return tile

    @property
    def alone(self) -> bool:
        """Whether every product has a block, and every row and column a sum of its own."""
        return False

    @property
    def straight(self) -> bool:
        """Whether blocks read operands straight from the array's ports."""
        return False

    @property
    def made(self) -> tuple[Form, Form]:
        """What is taken of weights and activations, without the delays for what takes longer."""
        raise NotImplementedError

    @property
    def forms(self) -> tuple[Form, Form]:
        return together(self.made)

    @property
    def stages(self) -> int:
        """Cycles until both elements are made."""
        return max(form.stages for form in self.made)

    @property
    def remark(self) -> str:
        """How products lie on blocks, in a line."""
        raise NotImplementedError

    def tile_of(self, item: Sum, segment: int, late: int) -> wiring.Component:
        """The sums over K of a tile, in segments, the last ``late`` cycles behind the first."""
        raise NotImplementedError

    def words_layout(self, side: int) -> data.ArrayLayout:
        """The layout of the words of all lanes: the elements of the tile's rows or columns."""
        elements = data.ArrayLayout(self.forms[side].layout, self.tile[side])
        return data.ArrayLayout(elements, self.lanes)

    def words(self, vectors: Sequence[Any], side: int) -> Iterator[Value]:
        """The words of all lanes, of what the forms made for a tile's rows or columns."""
        for lane in range(self.lanes):
            yield Cat(Value.cast(vector[lane]) for vector in vectors)
