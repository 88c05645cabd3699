"""How many scale units serve an array, and which sums each of them takes in which order."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from ...golden.errors import Change, DesignError
from .path import Sharing
from .plan import Plan
from .terms import span_groups

#: Stages of the adder that accumulates in floating point.
ADDER_STAGES = 6

#: Cycles from the reading of a partial sum until it can be read again with the addend in it.
ADDER_LOOP = ADDER_STAGES + 1


def sharing(plan: Plan) -> Sharing:
    """The fewest units that keep up with the array."""
    terms, last = serial_terms(plan), plan.arithmetic.accumulate[-1]
    partials, results = last.partials, plan.results
    if plan.group is None:
        alone = terms == 1
        return Sharing(
            rows=plan.rows,
            cols=plan.cols,
            units=results,
            terms=terms,
            steps=None,
            partials=1 if alone else partials,
            alone=alone,
            results=results,
        )
    steps = plan.group // plan.lanes
    wanted = plan.rows * plan.cols * terms / steps
    possible = [u for u in range(results, plan.cols + 1, results) if plan.cols % u == 0]
    possible += [plan.cols * r for r in range(2, plan.rows + 1) if plan.rows % r == 0]
    units = next((u for u in possible if u >= wanted), possible[-1])
    return Sharing(
        rows=plan.rows,
        cols=plan.cols,
        units=units,
        terms=terms,
        steps=steps,
        partials=partials,
        alone=False,
        results=results,
        span=span_groups(plan.arithmetic),
        apart=ceil(ADDER_LOOP / partials) if last.rule == "fp" else 1,
    )


def serial_terms(plan: Plan) -> int:
    """Addends of one sum that follow each other: float sums take a term at a time."""
    if plan.arithmetic.accumulate[-1].rule != "fp":
        return 1
    return max(len(item.terms) for item in plan.accumulators)


def _rate(shared: Sharing) -> int:
    """Cycles from one addend of a sum to the next, at the array's full rate; the least of them."""
    if shared.steps is None:
        return shared.slots
    every = shared.span * shared.steps // shared.terms
    if shared.terms > 1:  # a group's further addends keep the next group waiting
        idle = shared.span * (shared.steps - shared.terms * shared.slots)
        every = min(every, shared.slots + idle // (shared.terms - 1))
    return max(every, shared.slots)


def _fewer(plan: Plan, shared: Sharing) -> list[Change]:
    """Rows that give each unit so many sums that as few partial sums do."""
    needed = ceil(ADDER_LOOP / shared.partials)
    for rows in (plan.rows << n for n in range(1, 7)):
        larger = replace(plan, build=replace(plan.build, rows=rows))
        if sharing(larger).slots >= needed:
            return [{"rows": rows}]
    return []


def check_partials(plan: Plan, shared: Sharing) -> None:
    """Raise DesignError if the array would wait for additions: a partial sum is read again only
    when its last addend is in it."""
    stage = plan.arithmetic.accumulate[-1]
    if stage.rule != "fp" or shared.alone:
        return
    if stage.partials > 1 and len({len(item.terms) for item in plan.accumulators}) > 1:
        raise DesignError(
            "outputs with different numbers of scaled terms take one partial sum each, "
            f"got {stage.partials}",
            {"partials": 1},
        )
    every = _rate(shared)
    needed = ceil(ADDER_LOOP / every)
    if stage.partials < needed:
        raise DesignError(
            f"an addition takes {ADDER_LOOP} cycles, but each sum gets an addend every "
            f"{every}: partials must be at least {needed}, got {stage.partials}; more change the "
            "order of additions",
            {"partials": needed},
            *_fewer(plan, shared),
        )
