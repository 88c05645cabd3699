"""Aligned sums in parts: how many share what joins them, and when a sum is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...golden.errors import DesignError
from ..arith.aligned_sum import SumAlignment
from ..arith.partial_joiner import PartialJoiner
from ..arith.partial_sums import PartialLoop
from ..arith.sums import Sum

if TYPE_CHECKING:
    from .plan import Plan


@dataclass(frozen=True)
class Joining:
    """The parts of all sums of an array, and what joins them.

    Parameters
    ----------
    parts : of a sum that the longest group or reduction adds to.
    share : sums in turn at a joiner, at most.
    settled : cycles from a sum's accumulation mark until what it adds can be read.
    spacing : cycles between the ends of two groups or reductions, at the least.
    joins : cycles from a sum's last part to its code.
    """

    parts: int
    share: int
    settled: int
    spacing: int
    joins: int

    @property
    def latency(self) -> int:
        """Cycles that sums leave later than those that need no joining."""
        return self.settled - 2 + self.parts * self.share + self.joins

    def remarks(self, steps: int | None) -> tuple[str, ...]:
        """What is worth knowing, a line each; ``steps`` of a group, if there are groups."""
        turns = "each sum has its own" if self.share == 1 else f"{self.share} sums share an"
        lines = [f"partial sums are added up in {self.parts} cycles: {turns} adder"]
        if steps is None:
            lines.append(f"reductions of fewer than {self.spacing} steps lower the rate")
        return tuple(lines)


def loop_of(plan: Plan, item: Sum) -> PartialLoop:
    """The loop of a sum."""
    return PartialLoop(SumAlignment(plan.dot(item.pairs[0]), item))


def told(plan: Plan, item: Sum, loop: PartialLoop) -> int:
    """The cycle of the loop in which a sum hears of its step."""
    blocks = plan.blocks(item)
    return 0 if blocks is None else min(blocks.layout.latency, loop.meets) - 1


def joining(plan: Plan) -> Joining | None:
    """How the parts of a plan's sums are joined; None where sums have none.

    Sums take turns as long as groups allow; without groups, those of half the longest reduction, or
    of the shortest that must not wait.
    """
    if not plan.aligned or plan.stage.partials == 1:
        return None
    loops = [loop_of(plan, item) for item in plan.sums]
    waits = [
        loop.written - told(plan, item, loop) for loop, item in zip(loops, plan.sums, strict=True)
    ]
    steps = max(plan.group_steps or plan.arithmetic.k_max // plan.lanes, 1)
    parts = min(plan.stage.partials, steps)
    margin = plan.skew + max(waits) - min(waits) + _early(plan)
    count = max(item.instances(plan.rows, plan.cols) for item in plan.sums)
    room = plan.group_steps or (
        steps // 2 if plan.build.k_min == 1 else plan.build.k_min // plan.step
    )
    share = max(min((room - margin) // parts, count), 1)
    share = -(-count // -(-count // share))  # as many for each
    return Joining(
        parts=parts,
        share=share,
        settled=max(waits),
        spacing=parts * share + margin,
        joins=max(PartialJoiner.cycles(loop, parts) for loop in loops),
    )


def _early(plan: Plan) -> int:
    """Cycles by which some sums of an array begin before others."""
    if plan.flow == "systolic_os":
        return 0
    late = [
        plan.dot_latency - blocks.latency + plan.selecting
        for blocks in map(plan.blocks, plan.sums)
        if blocks is not None
    ]
    return max(late, default=0)


def check_joining(name: str, plan: Plan) -> None:
    """Raise DesignError for parts that a sum comes back to too soon, or groups that end so."""
    found = plan.joining
    if found is None:
        return
    length = max(loop_of(plan, item).length for item in plan.sums)
    if plan.stage.partials < length:
        raise DesignError(
            f"an aligned addition of {name} takes {length} cycles: partials must be 1, for one "
            f"cycle, or at least {length}, got {plan.stage.partials}; more change the order "
            "of additions",
            {"partials": length},
            {"partials": 1},
        )
    if plan.group_steps is not None and found.spacing > plan.group_steps:
        raise DesignError(
            f"the {found.parts} partial sums of {name} are joined in {found.spacing} cycles with "
            f"flow {plan.flow}, but groups end every {plan.group_steps}",
            {"flow": "broadcast"},
            otherwise="choose larger groups, or fewer lanes",
        )
