"""How many cycles a run takes when nobody waits."""

from __future__ import annotations

from collections.abc import Sequence

from ..hw.array_plan import ArrayPlan
from ..hw.ports import Stream
from .beats import beats_of


def steady(plan: ArrayPlan, steps: int) -> bool:
    """Whether a reduction is long enough never to make the next one wait."""
    return steps >= plan.reduction_cycles


def expected_cycles(plan: ArrayPlan, result: Stream, steps: Sequence[int]) -> int | None:
    """Cycles from the first transfer to the last result of reductions of so many steps each.

    None if one is so short that its successor may have to wait.
    """
    if not steps or not all(steady(plan, count) for count in steps):
        return None
    more = (beats_of(result, plan, steps[-1]) - 1) * plan.result_interval
    return (sum(steps) - 1) * plan.cycles + plan.latency + more
