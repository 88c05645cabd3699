"""``dsp_adders``: products of a single row, two of each part added by a DSP block."""

from __future__ import annotations

from functools import cached_property
from math import inf
from typing import Any

from amaranth.hdl import Module, Value

from ...golden.formats import Format
from ..arith.digits import Digit, Row
from ..arith.sums import Sum
from ..dsp.added_rows import AddingTile, Rows, sums_of
from ..dsp.adding import Adding, addings
from ..dsp.kinds import kind_of
from .base import Dot, Lack, Setting
from .blocks import Blocks
from .booth import Booth
from .forms import Form
from .recoded import Recoded, Recoding, is_fixed
from .select import Select


class DspAdders(Blocks):
    """Binary, ternary and INT2 numbers times those in fixed point, added in 12 or 24 bits."""

    name = "dsp_adders"
    scope = (
        "codes of one digit (binary, ternary, INT2), times fixed-point numbers: two or four sums "
        "in parts of a DSP48's adder; --policy dsp"
    )

    @classmethod
    def refuses(cls, blocks: str) -> Lack | None:
        if blocks != "inferred" and kind_of(blocks).parts is not None:
            return None
        return Lack(f"adds in parts of blocks, which {blocks} blocks lack", ({"datapath": "auto"},))

    @classmethod
    def estimate(cls, weight: Format, activation: Format, setting: Setting | None = None) -> float:
        return inf  # what it spares depends on whether blocks or LUTs are scarce: who asks, gets it

    @cached_property
    def _way(self) -> tuple[Recoding, Digit, bool] | None:
        """How one operand is recoded, its only row, and whether that is the activation."""
        found: list[tuple[Recoding, Digit, bool]] = []
        pair = self.weight, self.activation
        if any(not fmt.bits or fmt.has_nan or fmt.has_inf for fmt in pair):
            return None
        ways: tuple[type[Recoded], ...] = Select, Booth
        for swapped, (recoded, other) in enumerate((pair, (pair[1], pair[0]))):
            for datapath in ways:
                recoding = datapath.recoding(recoded) if is_fixed(other, 24) else None
                if recoding is None:
                    continue
                digits = recoding.digits(other)
                if len(digits) == 1 and not digits[0].bits.lsb and recoding.span == 1:
                    found.append((recoding, digits[0], bool(swapped)))
        return min(found, key=lambda way: (way[1].bits.width, way[0].controls), default=None)

    @property
    def way(self) -> tuple[Recoding, Digit, bool]:
        assert self._way is not None
        return self._way

    @cached_property
    def found(self) -> Adding | None:
        if self.kind.parts is None or self._way is None:
            return None
        _, digit, _ = self._way
        shape = self.sharing if self.count else (1, 1)
        total = self.product.times(max(self.count, self.lanes))

        def worth(layout: Adding) -> tuple[float, int]:
            adders = len(layout.chains) - 1 + (digit.carries and not layout.counted)
            behind = adders * (layout.size + 1) + (0 if layout.held else total.width)
            sites = behind * layout.tile[0] * layout.tile[1]
            return (self.worth * layout.blocks + sites) * layout.tiles(shape), layout.tile[1]

        found = addings(self.kind, digit, self.lanes, self.count, shape)
        return min(found, key=worth, default=None)

    @property
    def remark(self) -> str:
        layout, (rows, cols) = self.layout, self.tile
        sums = "sums over K in blocks" if layout.held else "every step's sums read"
        return (
            f"DSP blocks: {rows} rows × {cols} columns in {layout.parts} parts of {layout.size} "
            f"bits, cascades of {layout.longest}, {sums}"
        )

    @property
    def made(self) -> tuple[Form, Form]:
        recoding, _, swapped = self.way
        other = self.weight if swapped else self.activation
        delays = self.layout.delays
        forms = recoding.form(delays, False), recoding.other_form(other, delays, False)
        return (forms[1], forms[0]) if swapped else forms

    @property
    def latency(self) -> int:
        """To the sums of a step; where blocks hold sums over K, to what enters these."""
        layout: Adding = self.layout
        if layout.held:
            return self.stages + layout.latency - 1
        return self.stages + layout.latency + layout.levels

    def _row(self, m: Module, weight: Value, activation: Value) -> Row:
        """The row of a product."""
        recoding, digit, swapped = self.way
        recoded, other = (activation, weight) if swapped else (weight, activation)
        fmt = self.weight if swapped else self.activation
        [row] = recoding.rows(m, recoded, other, fmt, (digit,))
        return row

    @property
    def summed(self) -> Rows:
        """What makes rows and adds them."""
        shapes = [form.layout for form in self.forms]
        return Rows(self.layout, shapes, self._row, int(self.way[2]))

    def tile_of(self, item: Sum, segment: int, late: int) -> AddingTile:
        """The sums over K of a tile."""
        return AddingTile(self.summed, item.total, segment, late)

    def component(self) -> AddingDot:
        return AddingDot(self)


class AddingDot(Dot):
    """The sum of a step's products: a part of every block."""

    plan: DspAdders

    def elaborate(self, platform: Any) -> Module:
        m, plan = Module(), self.plan
        m.submodules.rows = found = plan.summed
        m.d.comb += found.enable.eq(self.enable)
        for lane in range(plan.lanes):
            m.d.comb += [
                found.weight[lane][0].eq(self.weight[lane]),
                found.activation[lane][0].eq(self.activation[lane]),
            ]
        [value] = sums_of(m, self.enable, found, plan.range.lsb).values()
        m.d.comb += self.o.value.eq(value.whole(plan.range.width))
        return m
