"""How many cycles a run takes when nobody waits."""

from __future__ import annotations

from collections.abc import Sequence

from ..hw.plan import Plan
from ..hw.ports import Stream
from .beats import beats_of


def steady(plan: Plan, k: int) -> bool:
    """Whether a reduction over ``k`` elements is long enough never to make the next one wait."""
    return k // plan.lanes >= plan.reduction_cycles


def expected_cycles(plan: Plan, result: Stream, lengths: Sequence[int]) -> int | None:
    """Cycles from the first transfer to the last result of reductions of these lengths.

    None if one is so short that its successor may have to wait.
    """
    if not lengths or not all(steady(plan, k) for k in lengths):
        return None
    more = (beats_of(result, plan, lengths[-1]) - 1) * plan.result_interval
    steps = sum(k // plan.lanes for k in lengths)
    return (steps - 1) * plan.cycles + plan.latency + more
