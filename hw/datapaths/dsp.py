"""``dsp``: products in DSP blocks, several a block where they fit, summed along its cascade."""

from __future__ import annotations

from functools import cached_property
from math import inf

from amaranth.hdl import Module

from ...golden.bounds import Range, of_format
from ...golden.formats import Format
from ...golden.products import RULES
from ...golden.products import Overpacked as Rule
from ..dsp.element import Cascades, OverpackedTile, Tile, addends, gathered
from ..dsp.kinds import DSP48E2, Kind, kind_of
from ..dsp.layout import Layout, Side, laid
from ..dsp.overpacking import Overpacking
from ..dsp.words import word
from .base import SETTING, Datapath, Dot
from .forms import Form, together
from .recoded import is_fixed, number, of_values


class Dsp(Datapath):
    """Numbers without exponent. Where it may hold sums over K, rows and columns share blocks."""

    name = "dsp"
    scope = "numbers without exponent of a DSP block's width, packed into these; --policy dsp"

    @classmethod
    def serves(cls, weight, activation):
        formats = weight, activation
        widest = DSP48E2.geometry.wide
        if any(not is_fixed(fmt, widest) or fmt.has_nan or fmt.has_inf for fmt in formats):
            return False
        return cls(weight, activation, 1).found is not None

    @classmethod
    def fits(cls, weight: Format, activation: Format, blocks: str) -> bool:
        """Whether the blocks of a build multiply a pair that is served."""
        return cls(weight, activation, 1, blocks=blocks).found is not None

    @classmethod
    def estimate(cls, weight, activation, setting=SETTING):
        if setting.policy != "dsp" or setting.blocks == "inferred":
            return inf
        ways = {"sharing": setting.sharing, "count": 1 << 12, "blocks": setting.blocks}
        plan = cls(weight, activation, setting.lanes, **ways)
        if plan.found is None:
            return inf
        total = plan.product.times(plan.count).width
        sites = plan.layout.sites(plan.sides, setting.sharing, total)
        rows, cols = setting.sharing
        # Others leave the accumulator out, which stands behind all of them.
        return (sites * plan.layout.tiles(setting.sharing) / (rows * cols) - total) / plan.lanes

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and columns that share blocks."""
        return self.layout.packing.tile

    @property
    def remark(self) -> str:
        """How products lie on blocks, in a line."""
        layout, (rows, cols) = self.layout, self.tile
        sums = "sums over K in blocks" if layout.held else "every step's sums read"
        if layout.stays:
            sums = "weights stay in blocks"
        tile = f"{rows} rows × {cols} columns a block"
        return f"DSP blocks: {tile}, cascades of {layout.longest}, {sums}"

    @cached_property
    def found(self) -> Layout | None:
        most = self.sharing if self.count else (1, 1)
        return laid(self.sides, self.kind, most, self.lanes, self.count, self.stays)

    @property
    def kind(self) -> Kind:
        """The blocks."""
        return kind_of(self.blocks)

    @property
    def sides(self) -> tuple[Side, Side]:
        """Its elements."""
        return _side(self.weight), _side(self.activation)

    @property
    def layout(self) -> Layout:
        assert self.found is not None
        return self.found

    @property
    def forms(self):
        return self._made if self.stays else together(self._made)

    @property
    def _made(self) -> tuple[Form, Form]:
        """What is taken of weights and activations, without the delays for what takes longer."""
        delays = self.layout.delays
        at_once = (0,) * self.lanes if self.stays else delays
        return of_values(self.weight, at_once, False), of_values(self.activation, delays, False)

    @property
    def stages(self) -> int:
        """Cycles until the numbers are made that do not stay."""
        return max(form.stages for form in self._made[self.stays :])

    @property
    def latency(self):
        """To the sums of a step; where blocks hold sums over K, to what enters these.

        Where weights stay, the sums are the results, to the cycle before.
        """
        layout, stages = self.layout, self.stages
        if layout.held:
            return stages + layout.latency - 1
        return stages + layout.latency + layout.levels - layout.stays

    def words(self, vectors, side: int):
        """The words of all lanes, of what the forms made for a tile's rows or columns."""
        fmt, packing = (self.weight, self.activation)[side], self.layout.packing
        port = side ^ packing.swapped
        for lane in range(self.lanes):
            yield word(packing, port, [number(vector[lane], fmt) for vector in vectors])

    def tile_of(self, total: Range, segment: int, late: int) -> Tile:
        """The sums over K of a tile."""
        return Tile(self.layout, total, segment, late)

    def component(self):
        return CascadeDot(self)


class Overpacked(Dsp):
    """Six products of 4-bit integers a block, whose fields overlap."""

    name = "overpacked"
    scope = "product = 'overpacked': six approximate products of 4-bit integers a DSP block"

    @property
    def rule(self) -> Rule:
        rule = RULES[self.name]
        assert isinstance(rule, Rule)
        return rule

    @property
    def product(self):
        return self.rule.range(self.weight, self.activation)

    @cached_property
    def found(self):
        elements = tuple(side.bounds for side in self.sides)
        packing = Overpacking.of(self.rule, elements, self.product, self.kind.geometry)
        return packing and Layout(self.kind, packing, self.lanes, chain=1, count=0)

    @property
    def remark(self):
        return f"{super().remark}; products approximate: see product rule {self.name}"

    def tile_of(self, total, segment, late):
        return OverpackedTile(self.layout, total, segment, late)


class OverpackedCorrected(Overpacked):
    """The same, with the borrows returned."""

    name = "overpacked_corrected"
    scope = "product = 'overpacked_corrected': likewise, negative carries made up for"


def _side(fmt: Format) -> Side:
    bounds = of_format(fmt)
    return Side(Range(0, bounds.low, bounds.high), fmt.bits, of_values(fmt, (0,), False).cost)


class CascadeDot(Dot):
    """The sum of a step's products."""

    plan: Dsp

    def elaborate(self, platform):
        m, plan = Module(), self.plan
        assert not plan.count, "sums over K are those of a tile"
        m.submodules.cascades = cascades = Cascades(plan.layout)
        m.d.comb += cascades.enable.eq(self.enable)
        for side, vector in enumerate((self.weight, self.activation)):
            port = (cascades.wide, cascades.narrow)[side ^ plan.layout.packing.swapped]
            for lane, value in enumerate(plan.words([vector], side)):
                m.d.comb += port[lane].eq(value)
        [field] = plan.layout.packing.fields
        found = gathered(m, self.enable, addends(plan.layout, field, cascades.o), "sum")
        m.d.comb += self.o.value.eq(found.whole(plan.range.width))
        return m
