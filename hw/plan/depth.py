"""How many levels of adders stand between two registers, where that is left to the plan.

A site of a slice has a LUT, a bit of carry and two flip-flops. Where one processing element stands
alone, the registers of its chains and of the elements that wait for their place in these may take
more sites than the adders do: fewer registers then spare sites, and cost speed. Elements that rows
and columns share wait once for all of them, and logic takes more. So it does in scale paths: no
engine with one that was counted needed more sites for flip-flops.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from amaranth.hdl import Shape

from ...golden.description.build import FABRICS
from ..datapaths.base import Demand

if TYPE_CHECKING:
    from .plan import Plan

#: The most levels between two registers, and the least share of sites that a level must spare.
DEEPEST, LEAST = 3, 1 / 16


#: The measured family whose sites are as this estimate has them.
SLICES = "xcup"


class Depth(NamedTuple):
    """Levels of adders between two registers.

    Parameters
    ----------
    levels : of adders.
    reason : why so many, in words; empty where nothing was weighed.
    """

    levels: int
    reason: str = ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """For users, where it was weighed."""
        often = "every adder" if self.levels == 1 else f"every {self.levels} adders"
        return (f"pipeline auto: a register behind {often}; {self.reason}",) if self.reason else ()


def depth(plan: Plan) -> Depth:
    """As many levels as a build says, or as spare sites."""
    asked = plan.build.pipeline
    if not isinstance(asked, str):
        return Depth(asked)
    if FABRICS.things.get(plan.build.fabric, SLICES) != SLICES:
        return Depth(1, f"flip-flops are weighed on AMD's slices, not on {plan.build.fabric}")
    if plan.serial:
        return Depth(1, "LUTs of the scale path take more sites than flip-flops")
    found: dict[int, Demand] = {}
    for levels in range(1, DEEPEST + 1):
        needed = demand(replace(plan, build=replace(plan.build, pipeline=levels)))
        if needed is None:
            return Depth(1, "flip-flops of this datapath are not estimated")
        found[levels] = needed
    best = 1
    for levels, needed in found.items():
        if needed.sites < (1 - LEAST) * found[best].sites:
            best = levels
    told = f"estimated sites: {_told(found[best])}"
    return Depth(best, told + f"; behind every adder, {_told(found[1])}" * (best > 1))


def _told(needed: Demand) -> str:
    logic = max(needed.luts, needed.carries)
    return f"logic {ceil(logic):,}, flip-flops {ceil(needed.flip_flops / 2):,}"


def demand(plan: Plan) -> Demand | None:
    """About what an array takes; None where it is not known of a datapath."""
    total = Demand()
    for item in plan.sums:
        width = item.total.width
        element = Demand(width, width, width)
        for pair in item.pairs:
            needed = plan.dot(pair).demand
            if needed is None:
                return None
            element = element.plus(needed)
        total = total.plus(element, item.instances(plan.rows, plan.cols))
    for side, vectors in enumerate((plan.rows, plan.cols)):
        for made in plan.made(side).values():
            form = made.form
            waiting = sum(form.delays) * form.span * form.bits
            held = Shape.cast(form.layouts).width + waiting
            total = total.plus(Demand(form.cost * len(form.delays), 0, held), vectors)
    return total
