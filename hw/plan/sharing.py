"""How many scale units serve an array, and which sums each of them takes in which order."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from ...golden.errors import Change, DesignError
from ...golden.formats import Format, Minifloat
from ..fp.serial import cycles
from .path import Sharing
from .plan import Plan
from .terms import span_groups

#: Stages of the adder that accumulates in floating point.
ADDER_STAGES = 6

#: Cycles from the reading of a partial sum until it can be read again with the addend in it: the
#: read, the addition, the write.
ADDER_LOOP = ADDER_STAGES + 2


def sharing(plan: Plan) -> Sharing:
    """The fewest units that keep up with the array."""
    terms, last = serial_terms(plan), plan.arithmetic.accumulate[-1]
    partials, results, pace = last.partials, plan.results, _pace(plan)
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
            pace=pace,
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
        pace=pace,
    )


def shortest(plan: Plan) -> int:
    """Cycles of the shortest reduction that must not wait."""
    return max(plan.build.k_min // plan.step, 1) * plan.fewest_cycles


def _pace(plan: Plan) -> int:
    """The most cycles that a multiplication by a late scale may take, digit by digit, so that the
    results of the shortest reduction leave in its time."""
    if plan.build.k_min == 1:
        return 1
    beats = plan.rows * plan.cols // plan.results
    levels = [level for item in plan.accumulators for _, level in item.scales]
    needed = [cycles(level.format.significand_width) for level in levels if slow(level.format)]
    return max((count for count in needed if count * beats <= shortest(plan)), default=1)


def slow(fmt: Format) -> bool:
    """Whether a multiplication by numbers of a format takes rows enough to take them in turn."""
    return isinstance(fmt, Minifloat) and fmt.significand_width > 2


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
