"""``dsp``, for sums that align: magnitudes of several products in a DSP block, exponents beside."""

from __future__ import annotations

from functools import cached_property
from math import inf

from ...golden.bounds import Range
from ...golden.formats import Format
from ..dsp.aligned import AlignedTile
from ..dsp.kinds import Kind, kind_of
from ..dsp.layout import WORTH, Layout
from ..dsp.packing import Packing, packings
from ..shapes import least_exponent, significands
from ..sums import Sum
from .decoded import Parts
from .forms import together
from .multiply import Multiply
from .tiles import Tiled


class Magnitudes(Tiled, Multiply):
    """Unsigned significands share blocks; signs, exponents and flags travel beside them."""

    name = "magnitudes"
    scope = "sums that align, --policy dsp: magnitudes share DSP blocks, exponents beside them"

    @classmethod
    def serves(cls, weight, activation):
        return bool(weight.bits and activation.bits) and cls.fits(weight, activation, "auto")

    @classmethod
    def fits(cls, weight: Format, activation: Format, blocks: str) -> bool:
        """Whether the blocks of a build multiply a pair that is served."""
        return cls(weight, activation, 1, blocks=blocks).found is not None

    @classmethod
    def estimate(cls, weight, activation, setting=None):
        return inf  # for sums that align alone

    @property
    def kind(self) -> Kind:
        """The blocks."""
        return kind_of(self.blocks)

    @cached_property
    def found(self) -> Layout | None:
        """Blocks that each hold products of a step; None if they are too small."""
        bounds = [Range(0, 0, _greatest(fmt)) for fmt in (self.weight, self.activation)]

        def worth(packing: Packing) -> tuple[int, int]:
            layout = Layout(self.kind, packing, self.lanes, 1, 0)
            return layout.tiles(self.sharing) * WORTH, packing.products

        found = packings(*bounds, self.kind.geometry, self.sharing)
        best = min(found, key=worth, default=None)
        return best and Layout(self.kind, best, self.lanes, 1, 0)

    @property
    def remark(self) -> str:
        """How products lie on blocks, in a line."""
        rows, cols = self.tile
        return f"DSP blocks: significands of {rows} rows × {cols} columns a block, exponents beside"

    @property
    def forms(self):
        delays, infinite = (0,) * self.lanes, self.infinite or self.flags.infinite
        return together(Parts(fmt, delays, infinite) for fmt in (self.weight, self.activation))

    @property
    def stages(self) -> int:
        """Cycles until the elements are made."""
        return max(form.stages for form in self.forms)

    @property
    def latency(self):
        return self.stages + self.layout.latency

    @property
    def excess(self) -> int:
        """By what the exponents of both elements together are too large."""
        return sum(map(least_exponent, (self.weight, self.activation)))

    def tile_of(self, item: Sum, segment: int, late: int) -> AlignedTile:
        """The sums over K of a tile."""
        return AlignedTile(self, item, late)


def _greatest(fmt: Format) -> int:
    bounds = significands(fmt)
    return max(bounds.high, -bounds.low)
