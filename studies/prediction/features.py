"""What a plan knows of an engine, as numbers from which its cost is foreseen: nothing is emitted.

Amounts count bits that something is built for: of products, trees, accumulators, registers, scale
units. They grow with the array, and the cost with them. Shapes do not grow: widths, steps, the
kind of a datapath.
"""

from __future__ import annotations

from collections import defaultdict
from math import log2

from amaranth.hdl import Shape

from ...hw.datapaths.chain import Chained
from ...hw.engine.hardware import EngineHardware
from ...hw.plan.modes import ModalPlan
from ...hw.plan.plan import Plan
from ...hw.plan.terms import AccumulatorPlan
from .products import added, estimate, products, significand

#: Amounts of the array, and those of the scale path.
ARRAY = (
    *("one", "edge", "codes", "formed", "results", "product", "partial", "shifted", "registers"),
    *("rows", "estimated", "decoded", "step", "tree", "accumulators", "flags", "blocks"),
    *("packed", "chained", "greatest", "aligned", "addends", "rounded"),
)
PATH = (
    *("one", "drain", "sums", "units", "scaled", "added", "float", "store", "marks"),
    *("late", "working", "partials", "result"),
)

#: What does not grow with the array.
SHAPES = (
    *("rows", "cols", "lanes", "cycles", "k", "dsp", "weight_bits", "activation_bits"),
    *("weight_significand", "activation_significand", "weight_exponents", "activation_exponents"),
    *("product_width", "step_width", "total_width", "latency", "estimate", "digits", "modes"),
    *("sums", "pairs", "segment", "tile", "skew", "flagged", "aligned", "saved", "group", "steps"),
    *("units", "slots", "depth", "path_latency", "unit_latency", "tail_latency", "float_sums"),
    *("partials", "scales", "late_scales", "output_bits", "scale_significands"),
)

#: Every one that trees read, in their order.
NAMES = (
    *(f"array_{name}" for name in ARRAY),
    *(f"path_{name}" for name in PATH),
    *SHAPES,
)

Numbers = dict[str, float]


def features(hardware: EngineHardware) -> Numbers:
    """The numbers of an engine, by name."""
    found: Numbers = dict.fromkeys(NAMES, 0.0)
    plans = hardware.plan.modes
    for name, value in _arrays(hardware).items():
        found[f"array_{name}"] = value
    for plan in plans:
        found |= _shapes(plan)
    if plans[0].serial:
        found |= {f"path_{name}": value for name, value in _path(plans[0]).items()}
        found |= _path_shapes(plans[0])
    found["modes"] = len(plans)
    found["dsp"] = float(hardware.engine.build.policy == "dsp")
    return found


def _arrays(hardware: EngineHardware) -> Numbers:
    """Amounts of the sums of all modes: those that share what makes their dot products take as much
    as the largest of them."""
    plan, found = hardware.plan, defaultdict[str, float](float)
    amounts = [_array(mode) for mode in plan.modes]
    units = [unit.modes for unit in plan.units] if isinstance(plan, ModalPlan) else [(0,)]
    for name in ARRAY:
        found[name] = sum(max(amounts[mode].get(name, 0.0) for mode in unit) for unit in units)
    return found


def _array(plan: Plan) -> Numbers:
    """Amounts of the sums of products."""
    found: defaultdict[str, float] = defaultdict(float, one=1.0)
    for side, many in enumerate((plan.rows, plan.cols)):
        lanes = plan.step if side else plan.lanes
        found["edge"] += many
        found["codes"] += many * lanes * sum(fmt.bits for fmt in plan.operand(side).codes.values())
        for made in plan.made(side).values():
            slots = len(made.form.delays)
            found["formed"] += many * Shape.cast(made.form.layouts).width
            found["decoded"] += many * slots * made.form.cost
            waits = sum(made.form.delays) / max(slots, 1)
            found["registers"] += many * plan.lanes * made.form.bits * waits
    for item in plan.sums:
        cells = item.instances(plan.rows, plan.cols)
        parts = [added(plan, item), *(products(plan, item, pair) for pair in item.pairs)]
        for part in parts:
            for name, value in part.items():
                found[name] += cells * value
        found["accumulators"] += cells * item.total.width
        found["flags"] += cells * (item.flags.nan + 2 * item.flags.infinite)
        found["results"] += cells
    return found


def _shapes(plan: Plan) -> Numbers:
    """What does not grow with the array."""
    item = plan.sums[0]
    pair = item.pairs[0]
    dot = plan.dot(pair)
    weight, activation = pair.formats
    return {
        "rows": plan.rows,
        "cols": plan.cols,
        "lanes": plan.lanes,
        "cycles": plan.cycles,
        "k": log2(plan.arithmetic.k_max),
        "weight_bits": weight.bits,
        "activation_bits": activation.bits,
        "weight_significand": significand(weight),
        "activation_significand": significand(activation),
        "weight_exponents": weight.exponent_span,
        "activation_exponents": activation.exponent_span,
        "product_width": pair.product.width,
        "step_width": item.step.width,
        "total_width": item.total.width,
        "latency": plan.array_latency,
        "estimate": estimate(plan, dot),
        "digits": len(dot.digits) if isinstance(dot, Chained) else 0,
        "sums": len(plan.sums),
        "pairs": sum(len(item.pairs) for item in plan.sums),
        "segment": plan.segment,
        "tile": plan.tile[0] * plan.tile[1],
        "skew": plan.skew,
        "flagged": sum(item.flags.nan + 2 * item.flags.infinite for item in plan.sums),
        "aligned": plan.aligned,
        "saved": plan.carry_save,
        "group": plan.group or 0,
        "output_bits": plan.result_bits,
        "steps": plan.depth.levels,
    }


def _path(plan: Plan) -> Numbers:
    """Amounts of the scale path."""
    assert plan.path is not None
    shared = plan.path.shared
    sums = sum(item.total.width for item in plan.sums)
    held = sum(i.total.width * i.instances(plan.rows, plan.cols) for i in plan.sums)
    found: defaultdict[str, float] = defaultdict(
        float,
        one=1.0,
        drain=held,
        sums=sums * shared.units,
        units=shared.units,
        marks=shared.units * plan.path.unit,
        result=plan.results * plan.outputs * plan.result_bits,
    )
    for item in plan.accumulators:
        for name, value in _accumulator(plan, item).items():
            found[name] += value
    return found


def _accumulator(plan: Plan, item: AccumulatorPlan) -> Numbers:
    """Amounts of what adds up the groups' sums, in all units, and scales them at the end."""
    assert plan.path is not None
    shared, last = plan.path.shared, plan.arithmetic.accumulate[-1]
    found: defaultdict[str, float] = defaultdict(float)
    for term in item.terms:
        found["added"] += shared.units * term.range.width
        for part in term.parts:
            for _, level in part.scales:
                found["scaled"] += shared.units * part.range.width * significand(level.format)
        for _, level in term.scales:
            found["scaled"] += shared.units * term.range.width * significand(level.format)
    if item.total is not None:
        width = item.total.width
        found["added"] += shared.units * width
    else:
        width = last.format.bits if last.format is not None else plan.result_bits
        found["float"] += shared.units * width * (1 + len(item.terms))
    found["store"] += shared.units * width * max(shared.depth, 1)
    found["partials"] += width * (shared.partials - 1) * plan.results
    working = plan.arithmetic.working.bits if item.scales else plan.result_bits
    found["working"] += plan.results * working
    for _, level in item.scales:
        paced = max(shared.pace, 1)
        found["late"] += plan.results * working * significand(level.format) / paced
    return found


def _path_shapes(plan: Plan) -> Numbers:
    """What of a scale path does not grow with the array."""
    assert plan.path is not None
    shared = plan.path.shared
    early = [s for a in plan.accumulators for t in a.terms for p in t.parts for s in p.scales]
    early += [s for a in plan.accumulators for t in a.terms for s in t.scales]
    late = [scale for item in plan.accumulators for scale in item.scales]
    return {
        "units": shared.units,
        "slots": shared.slots,
        "depth": shared.depth,
        "path_latency": plan.path.latency,
        "unit_latency": plan.path.unit,
        "tail_latency": plan.path.tail,
        "float_sums": float(any(item.total is None for item in plan.accumulators)),
        "partials": shared.partials,
        "scales": len(early),
        "late_scales": len(late),
        "scale_significands": sum(significand(level.format) for _, level in early),
    }
