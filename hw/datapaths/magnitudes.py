"""``dsp``, for sums that align: magnitudes of several products in a DSP block, exponents beside."""

from __future__ import annotations

from functools import cached_property
from math import inf

from ...golden.bounds import Range
from ...golden.formats import Format
from ..arith.shapes import least_exponent, significands
from ..arith.sums import Sum
from ..dsp.aligned import AlignedTile, PartialTile
from ..dsp.layout import Layout
from ..dsp.packing import Packing, packings
from .base import Lack, Setting
from .blocks import Blocks
from .decoded import Parts
from .forms import Form
from .multiply import Multiply


class Magnitudes(Blocks, Multiply):
    """Unsigned significands share blocks; signs, exponents and flags travel beside them."""

    name = "magnitudes"
    scope = "sums that align, --policy dsp: magnitudes share DSP blocks, exponents beside them"

    @classmethod
    def refuses(cls, blocks: str) -> Lack | None:
        if blocks != "inferred":
            return None
        return Lack(
            "has significands share blocks that are instances",
            ({"blocks": "auto"}, {"datapath": "multiply"}),
        )

    @classmethod
    def estimate(cls, weight: Format, activation: Format, setting: Setting | None = None) -> float:
        return inf  # for sums that align alone

    @cached_property
    def found(self) -> Layout | None:
        """Blocks that each hold products of a step; None if they are too small."""
        weight, activation = (Range(0, 0, _greatest(fmt)) for fmt in (self.weight, self.activation))

        def worth(packing: Packing) -> tuple[int, int]:
            layout = Layout(self.kind, packing, self.lanes, 1, 0)
            return layout.tiles(self.sharing), packing.products

        found = packings(weight, activation, self.kind.geometry, self.sharing)
        best = min(found, key=worth, default=None)
        return Layout(self.kind, best, self.lanes, 1, 0) if best else None

    @property
    def remark(self) -> str:
        rows, cols = self.tile
        return f"DSP blocks: significands of {rows} rows × {cols} columns a block, exponents beside"

    @property
    def made(self) -> tuple[Form, Form]:
        return self._decoded(Parts)

    @property
    def latency(self) -> int:
        layout: Layout = self.layout
        return self.stages + layout.latency

    @property
    def excess(self) -> int:
        return sum(map(least_exponent, (self.weight, self.activation)))

    @property
    def exponents(self) -> tuple[int, int]:
        low, high = super().exponents
        return low + self.excess, high + self.excess

    def tile_of(self, item: Sum, segment: int, late: int) -> AlignedTile | PartialTile:
        """The sums over K of a tile."""
        if item.stage.partials > 1:
            return PartialTile(self, item)
        return AlignedTile(self, item, late)


def _greatest(fmt: Format) -> int:
    bounds = significands(fmt)
    return max(bounds.high, -bounds.low)
