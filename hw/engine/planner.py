"""From an engine to the plan of its hardware; what cannot be built is refused by what it needs."""

from __future__ import annotations

from dataclasses import replace

from ...golden.bounds import Range, result_range
from ...golden.description import Arithmetic, Engine
from ...golden.description.build import AUTO
from ...golden.errors import DesignError
from ..arith.sums import Sum
from ..array.flows import ARRAYS
from ..array.steps import flows
from ..dsp import kinds
from ..plan import kept
from ..plan.array_plan import ArrayPlan
from ..plan.joining import check_joining
from ..plan.modes import check_modes, modal
from ..plan.plan import Plan
from ..plan.sparse import check_sparse
from ..plan.terms import check_terms, planned_terms
from ..scale import path


def plan(engine: Engine) -> ArrayPlan:
    """The plan of ``engine``.

    Raises DesignError for what cannot be built, and for sums wider than 128 bits.
    """
    if len(engine.modes) > 1 and not ARRAYS[engine.build.flow].switches:
        raise DesignError(
            f"{engine.name} has several modes, between which flow {engine.build.flow} "
            "cannot switch",
            *flows(lambda flow: flow.switches),
            otherwise="build a mode as an engine of its own",
        )
    if len(engine.modes) > 1:
        check_modes(engine)
    modes = tuple(_single(engine, mode) for mode in range(len(engine.modes)))
    return modes[0] if len(modes) == 1 else modal(engine, modes)


def _single(engine: Engine, mode: int) -> Plan:
    """The plan of a mode, as if it were the only one."""
    arithmetic, build = engine.modes[mode].compressed, engine.build
    if len(engine.modes) > 1 and build.pipeline == AUTO:
        build = replace(build, pipeline=1)
    name, structure = engine.name, engine.modes[mode].weight.structure
    check_terms(name, arithmetic)
    lanes, group = engine.lanes(mode), arithmetic.group
    if group == arithmetic.k_max:
        group = None  # the reduction is one group
    sums, found = planned_terms(arithmetic, lanes, group)
    simple = arithmetic.output.format is None and not arithmetic.levels and len(sums) == 1
    if simple and len(arithmetic.accumulate) == 1:
        sums, found = (_preloaded(arithmetic, sums[0]),), ()
    kinds.check(name, build)
    planned = Plan(
        arithmetic=arithmetic,
        build=build,
        lanes=lanes,
        group=group,
        sums=sums,
        accumulators=found,
        structure=structure,
    )
    if planned.serial:
        planned = replace(planned, path=path.planned(planned))
    elif build.results > 1:
        raise DesignError(
            f"{name} gives all its results in one beat, got results = {build.results} a beat",
            {"results": 1},
        )
    ARRAYS[build.flow].check(name, planned)
    check_sparse(name, planned)
    planned.check_datapaths(name)
    planned.check_digits(name)
    kept.check(name, planned)
    check_joining(name, planned)
    if planned.path is not None:
        path.check(name, planned, planned.path)
    return planned


def _preloaded(arithmetic: Arithmetic, item: Sum) -> Sum:
    """A sum that is itself the result: its start, and its width if it wraps."""
    stage, initial = arithmetic.accumulate[0], arithmetic.initial
    start = Range(item.total.lsb, initial.low, initial.high) if initial else None
    if stage.rule != "aligned":
        result_range(arithmetic)  # raises if too wide
    return Sum(item.pairs, item.lanes, item.count, start, stage)
