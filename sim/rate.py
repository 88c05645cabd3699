"""How many cycles a run takes without stalls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..golden.matrices import Matrices
from ..golden.streams import Stream
from ..golden.tiling import Array, beats_of, begins, steps_of
from ..hw.plan.array_plan import ArrayPlan


def steady(plan: ArrayPlan, steps: int) -> bool:
    """Whether a reduction is long enough never to make the next one wait."""
    return steps >= plan.reduction_cycles


def step_cycles(plan: ArrayPlan, matrices: Matrices) -> Array:
    """Cycles that each step of matrices takes which fill the array: integers (steps,)."""
    steps = steps_of(plan, matrices)
    if not plan.skips:
        return np.full(steps, plan.cycles_in(matrices.mode))
    found = np.zeros((steps, plan.cycles), bool)
    for side, operand in enumerate((matrices.weight, matrices.activation)):
        for item in plan.serial_inputs(side).values():
            codes, table = operand.codes[item.array], operand.plane_select(item.plane)
            there = item.form.present(np.asarray(codes), table)
            parts = there.shape[-1]
            by_step = there.reshape(len(codes), steps, item.lanes, parts)
            found[:, :parts] |= by_step.any(axis=(0, 2))
    counts: Array = np.maximum(found.sum(axis=1), 1)
    return counts


def expected_cycles(plan: ArrayPlan, result: Stream, reductions: Sequence[Matrices]) -> int | None:
    """Cycles from the first transfer to the last result of reductions that fill the array.

    None if one is so short that its successor may have to wait.
    """
    steps = [steps_of(plan, matrices) for matrices in reductions]
    if not steps or not all(steady(plan, count) for count in steps):
        return None
    more = (beats_of(result, plan, steps[-1]) - 1) * plan.result_interval
    if plan.stationary:
        # The weights come a cycle before the first step.
        lengths = np.diff(np.flatnonzero(np.append(begins(reductions), True)))
        waits = np.maximum(plan.shortest_set - lengths[:-1], 0).sum()
        return len(reductions) + int(waits) + plan.latency
    taken = np.concatenate([step_cycles(plan, matrices) for matrices in reductions])
    # The first transfer is that of a step's last part, unless it is looked at before.
    first = 1 if plan.ahead else int(taken[0])
    return int(taken.sum()) - first + plan.latency + more
