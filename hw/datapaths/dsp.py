"""``dsp``: products in DSP blocks, several a block where they fit, summed along its cascade."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Any

from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib import data

from ...golden.bounds import Range, of_format
from ...golden.formats import Format
from ..arith.product import FlaggedLayout, flag_names, raise_flags
from ..arith.sums import Sum
from ..arith.timing import delayed
from ..dsp.addend import addends, gathered
from ..dsp.element import Cascades, Tile
from ..dsp.kinds import DSP48E2
from ..dsp.layout import Layout, Side, cascaded, laid
from ..dsp.packing import Packing
from ..dsp.placing import Placing
from ..dsp.words import with_shift, word, word_shape
from .base import SETTING, Dot, Setting
from .blocks import Blocks
from .decoded import Shifted
from .forms import Form
from .recoded import is_fixed, number, of_values

if TYPE_CHECKING:
    pass


class Dsp(Blocks):
    """Numbers without exponent, where rows and columns share blocks that may hold sums over K.

    And others whose values a block reaches from a few positions of the wide factor: one product a
    block, every step's sum read.
    """

    name = "dsp"
    aligning = True
    scope = (
        "fixed-point numbers of up to a DSP block's width, several products per block, and floats "
        "of short range, one product per block (E4M3 × E4M3, E5M2 × INT8, FP16 × INT4); "
        "--policy dsp"
    )

    @classmethod
    def packs(cls, weight: Format, activation: Format) -> bool:
        """Whether a pair's products may share blocks, and sums stay there."""
        widest = DSP48E2.geometry.wide
        plain = (is_fixed(fmt, widest) and not (fmt.has_nan or fmt.has_inf)
                 for fmt in (weight, activation))  # fmt: skip
        return all(plain)

    @property
    def alone(self) -> bool:
        return not self.packs(self.weight, self.activation)

    @classmethod
    def estimate(cls, weight: Format, activation: Format, setting: Setting = SETTING) -> float:
        if setting.policy != "dsp" or setting.blocks == "inferred":
            return inf
        plan = cls(
            weight,
            activation,
            lanes=setting.lanes,
            sharing=setting.sharing,
            count=1 << 12,
            blocks=setting.blocks,
            worth=setting.worth,
        )
        if plan.found is None:
            return inf
        total = plan.product.times(plan.count).width
        layout: Layout = plan.layout
        sites = layout.sites(plan.sides, setting.sharing, total)
        rows, cols = setting.sharing
        # Others leave the accumulator out, which stands behind all of them.
        return (sites * layout.tiles(setting.sharing) / (rows * cols) - total) / plan.lanes

    @property
    def tile(self) -> tuple[int, int]:
        tile: tuple[int, int] = self.layout.packing.tile
        return tile

    @property
    def remark(self) -> str:
        layout, (rows, cols) = self.layout, self.tile
        sums = "sums over K in blocks" if layout.held else "every step's sums read"
        if layout.stays:
            sums = "weights stay in blocks"
        if self.alone:
            return f"DSP blocks: a product a block, cascades of {layout.longest}, {sums}"
        tile = f"{rows} rows × {cols} columns a block"
        return f"DSP blocks: {tile}, cascades of {layout.longest}, {sums}"

    @cached_property
    def found(self) -> Layout | None:
        if self.alone:
            return self._placed()
        most = self.sharing if self.count else (1, 1)
        opened = self.opened and not any(of_values(f, (0,), False).stages for f in self._formats)
        how = self.stays, opened, self.worth
        return laid(self.sides, self.kind, most, self.lanes, self.count, *how)

    def _placed(self) -> Layout | None:
        """Cascades of blocks of a product each; None if a block is too small."""
        formats = self.weight, self.activation
        found: list[Packing] = []
        for swapped in (False, True):
            packing = Placing.of(formats[::-1] if swapped else formats, swapped, self.kind.geometry)
            found += [packing] if packing else []
        total = self.product.times(max(self.count, self.lanes)).width
        return cascaded(self.sides, self.kind, tuple(found), self.sharing, self.lanes, total)

    @property
    def sides(self) -> tuple[Side, Side]:
        """Its elements."""
        return _side(self.weight), _side(self.activation)

    @property
    def forms(self) -> tuple[Form, Form]:
        return self.made if self.stays else super().forms

    @property
    def _formats(self) -> tuple[Format, Format]:
        return self.weight, self.activation

    @property
    def straight(self) -> bool:
        return self.opened and self.stages == 0 and self.layout.straight(self.sharing)

    @property
    def made(self) -> tuple[Form, Form]:
        delays = self.layout.delays
        at_once = (0,) * self.lanes if self.stays else delays
        told = self.alone and (self.infinite or self.flags.infinite)
        forms = [of_values(self.weight, at_once, told), of_values(self.activation, delays, told)]
        if (packing := self.layout.packing).marks:
            narrow = int(not packing.swapped)
            fmt = (self.weight, self.activation)[narrow]
            forms[narrow] = Shifted(fmt, delays, told, packing.shifts)
        return forms[0], forms[1]

    @property
    def stages(self) -> int:
        # What stays is there before.
        return max(form.stages for form in self.made[self.stays :])

    @property
    def latency(self) -> int:
        """To the sums of a step; where blocks hold sums over K, to what enters these.

        Where weights stay, the sums are the results, to the cycle before.
        """
        layout: Layout = self.layout
        stages = self.stages
        if layout.held:
            return stages + layout.latency - 1
        return stages + layout.latency + layout.levels - layout.stays

    def words_layout(self, side: int) -> data.ArrayLayout:
        packing = self.layout.packing
        return data.ArrayLayout(word_shape(packing, side ^ packing.swapped), self.lanes)

    def words(self, vectors: Sequence[Any], side: int) -> Iterator[Value]:
        fmt, packing = (self.weight, self.activation)[side], self.layout.packing
        port = side ^ packing.swapped
        for lane in range(self.lanes):
            numbers = [number(vector[lane], fmt) for vector in vectors]
            if port and packing.marks:
                yield with_shift(packing, numbers[0], vectors[0][lane].position)
            else:
                yield word(packing, port, numbers)

    def tile_of(self, item: Sum, segment: int, late: int) -> Tile:
        """The sums over K of a tile."""
        return Tile(self.layout, item.total, segment, late)

    def component(self) -> CascadeDot:
        return CascadeDot(self)


def _side(fmt: Format) -> Side:
    bounds = of_format(fmt)
    form = of_values(fmt, (0,), False)
    made = Value.cast(Signal(form.layout)).shape().width
    registers = made - fmt.bits + form.stages * fmt.bits
    # Of the LUTs of shifts, many pairs share a site.
    return Side(Range(0, bounds.low, bounds.high), fmt.bits, 0.6 * form.cost, registers)


class CascadeDot(Dot):
    """The sum of a step's products, and its flags."""

    plan: Dsp

    def elaborate(self, platform: Any) -> Module:
        m, plan = Module(), self.plan
        assert plan.alone or not plan.count, "sums over K are those of a tile"
        m.submodules.cascades = cascades = Cascades(plan.layout)
        m.d.comb += cascades.enable.eq(self.enable)
        for side, vector in enumerate((self.weight, self.activation)):
            port = (cascades.wide, cascades.narrow)[side ^ plan.layout.packing.swapped]
            for lane, value in enumerate(plan.words([vector], side)):
                m.d.comb += port[lane].eq(value)
        [field] = plan.layout.packing.fields
        found = gathered(m, self.enable, addends(plan.layout, field, cascades.o), "sum")
        m.d.comb += self.o.value.eq(found.whole(plan.range.width))
        if names := flag_names(plan.flags):
            for name, flag in zip(names, self._flags(m, names), strict=True):
                m.d.comb += self.o[name].eq(flag)
        return m

    def _flags(self, m: Module, names: Sequence[str]) -> list[Value]:
        """The flags of all lanes, whose elements are there one after the other."""
        plan, layout = self.plan, self.plan.layout
        flags: list[Value] = [Const(0, 1)] * len(names)
        cycle = 0
        for lane in sorted(range(plan.lanes), key=lambda n: layout.delays[n]):
            waits, cycle = layout.delays[lane] - cycle, layout.delays[lane]
            flags = [
                delayed(m, self.enable, flag, waits, f"{name}_until_{lane}")
                for name, flag in zip(names, flags, strict=True)
            ]
            raised = Signal(FlaggedLayout(plan.product, plan.flags), name=f"raised_{lane}")
            raise_flags(m, plan.flags, self.weight[lane], self.activation[lane], raised)
            flags = [flag | raised[name] for name, flag in zip(names, flags, strict=True)]
        rest = layout.latency + layout.levels - cycle
        return [
            delayed(m, self.enable, flag, rest, f"{name}_raised")
            for name, flag in zip(names, flags, strict=True)
        ]
