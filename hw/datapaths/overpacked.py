"""``overpacked``: six approximate products of 4-bit integers in a DSP block, fields overlapping."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ...golden.bounds import Range
from ...golden.description.build import FLOWS
from ...golden.errors import DesignError
from ...golden.products import RULES
from ...golden.products import Overpacked as Rule
from ..arith.sums import Sum
from ..dsp.element import OverpackedTile
from ..dsp.kinds import DSP48E1, DSP48E2
from ..dsp.layout import Layout
from ..dsp.overpacking import Overpacking
from .dsp import Dsp

if TYPE_CHECKING:
    from ..plan.chosen import Chosen


class Overpacked(Dsp):
    """Six products of 4-bit integers a block, whose fields overlap."""

    name = "overpacked"
    scope = "product = 'overpacked': six approximate products of 4-bit integers a DSP block"
    aligning = False

    @classmethod
    def check(cls, name: str, plan: Chosen) -> None:
        super().check(name, plan)
        rule, build = RULES[cls.name], plan.build
        rows, cols = rule.shares
        what = f"the products of {name} ({rule.name}) share DSP blocks"
        if build.policy != "dsp":
            raise DesignError(what, {"policy": "dsp"}, {"product": "exact"})
        if plan.stationary:
            raise DesignError(
                f"{what}, which hold no weights: got flow {build.flow}",
                *({"flow": flow} for flow in FLOWS.things if flow != build.flow),
            )
        if not plan.simple:
            raise DesignError(
                f"{what}, which needs single sums that start from zero, neither saturate nor are "
                "rounded, and keep no carries and no digits apart",
                {"initial": None, "carries": None, "digit_sums": None},
                {"product": "exact"},
            )
        if build.rows % rows or build.cols % cols:
            raise DesignError(
                f"{what}, each those of {rows} rows and {cols} columns: rows must be a multiple of "
                f"{rows} and columns of {cols}, got {build.rows} and {build.cols}",
                {"rows": -(-build.rows // rows) * rows, "cols": -(-build.cols // cols) * cols},
            )
        pair = plan.sums[0].pairs[0]
        if cls(*pair.formats, lanes=plan.lanes, blocks=build.blocks).found is None:
            formats = " × ".join(fmt.name for fmt in pair.formats)
            raise DesignError(
                f"{what}, and the factors of {formats} are wider than those ({build.blocks})",
                *({"blocks": kind.name} for kind in (DSP48E2, DSP48E1)),
            )

    @property
    def rule(self) -> Rule:
        rule = RULES[self.name]
        assert isinstance(rule, Rule)
        return rule

    @property
    def product(self) -> Range:
        return self.rule.range(self.weight, self.activation)

    @cached_property
    def found(self) -> Layout | None:
        weight, activation = self.sides
        elements = weight.bounds, activation.bounds
        packing = Overpacking.of(self.rule, elements, self.product, self.kind.geometry)
        return Layout(self.kind, packing, self.lanes, chain=1, count=0) if packing else None

    @property
    def remark(self) -> str:
        return f"{super().remark}; products approximate: see product rule {self.name}"

    def tile_of(self, item: Sum, segment: int, late: int) -> OverpackedTile:
        return OverpackedTile(self.layout, item.total, segment, late)


class OverpackedCorrected(Overpacked):
    """The same, with the borrows returned."""

    name = "overpacked_corrected"
    scope = "product = 'overpacked_corrected': likewise, negative carries made up for"
