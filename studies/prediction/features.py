"""What a plan knows of an engine, as numbers from which its cost is foreseen: nothing is emitted.

Amounts count bits that something is built for: of products, trees, accumulators, registers, scale
units. They grow with the array, and the cost with them. Shapes do not grow: widths, steps, the
kind of a datapath.
"""

from __future__ import annotations

from collections import defaultdict
from math import isfinite, log2

from amaranth.hdl import Shape

from ...golden.formats import Format, Minifloat
from ...hw.arith.digits import chain_sites
from ...hw.arith.shapes import significands
from ...hw.arith.sums import Pair
from ...hw.datapaths import Blocks, Datapath
from ...hw.datapaths.chain import Chained
from ...hw.datapaths.multiply import Multiply
from ...hw.engine.hardware import EngineHardware
from ...hw.plan.plan import Plan
from ...hw.plan.terms import AccumulatorPlan

#: Amounts of the array, and those of the scale path.
ARRAY = (
    *("one", "edge", "codes", "formed", "results", "product", "partial", "shifted", "registers"),
    *("rows", "estimated", "decoded", "step", "tree", "accumulators", "flags", "blocks"),
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
    for plan in plans:
        for name, value in _array(plan).items():
            found[f"array_{name}"] += value
        found |= _shapes(plan)
    if plans[0].serial:
        found |= {f"path_{name}": value for name, value in _path(plans[0]).items()}
        found |= _path_shapes(plans[0])
    found["modes"] = len(plans)
    found["dsp"] = float(hardware.engine.build.policy == "dsp")
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
        for pair in item.pairs:
            for name, value in _products(plan, pair).items():
                found[name] += cells * value
        found["step"] += cells * item.step.width
        found["tree"] += cells * (plan.lanes * len(item.pairs) - 1) * item.step.width
        found["accumulators"] += cells * item.total.width
        found["flags"] += cells * (item.flags.nan + 2 * item.flags.infinite)
        found["results"] += cells
    return found


def _products(plan: Plan, pair: Pair) -> Numbers:
    """Amounts of the products of a pair of planes, for one row and column."""
    dot, lanes = plan.dot(pair), plan.lanes
    width = pair.product.width
    sides = [_significand(fmt) for fmt in pair.formats]
    exponents = sum(fmt.exponent_span for fmt in pair.formats)
    found: Numbers = {
        "product": lanes * width,
        "partial": lanes * sides[0] * sides[1],
        "shifted": lanes * width * log2(1 + exponents),
        "estimated": lanes * _estimate(plan, dot),
    }
    if isinstance(dot, Chained):
        found["rows"] = chain_sites(dot.digits, dot.slots) * dot.slots
        found["step"] = sum(layout.size for layout in dot.layouts) * dot.slots
    found["blocks"] = _blocks(plan, dot)
    return found


def _blocks(plan: Plan, dot: Datapath) -> float:
    """DSP blocks of a row and column's products, its share of those that tiles have together."""
    if isinstance(dot, Blocks):
        if dot.found is None:
            return 0.0
        rows, cols = plan.setting.sharing
        return float(dot.layout.tiles((rows, cols)) / (rows * cols) * plan.lanes)
    if (
        plan.build.policy == "dsp"
        and isinstance(dot, Multiply)
        and all(_significand(fmt) > 1 for fmt in (dot.weight, dot.activation))
    ):
        return float(plan.lanes)
    return 0.0


def _estimate(plan: Plan, dot: Datapath) -> float:
    """What ``auto`` thinks that a lane takes; of the other datapaths the product's width."""
    found = type(dot).estimate(dot.weight, dot.activation, plan.setting)
    sides = [_significand(fmt) for fmt in (dot.weight, dot.activation)]
    if not isfinite(found):
        return dot.product.width + sides[0] * sides[1]
    return max(found, 0.0)


def _shapes(plan: Plan) -> Numbers:
    """What does not grow with the array."""
    item = plan.sums[0]
    pair = item.pairs[0]
    dot, build = plan.dot(pair), plan.build
    weight, activation = pair.formats
    return {
        "rows": plan.rows,
        "cols": plan.cols,
        "lanes": plan.lanes,
        "cycles": plan.cycles,
        "k": log2(plan.arithmetic.k_max),
        "weight_bits": weight.bits,
        "activation_bits": activation.bits,
        "weight_significand": _significand(weight),
        "activation_significand": _significand(activation),
        "weight_exponents": weight.exponent_span,
        "activation_exponents": activation.exponent_span,
        "product_width": pair.product.width,
        "step_width": item.step.width,
        "total_width": item.total.width,
        "latency": plan.array_latency,
        "estimate": _estimate(plan, dot),
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
        "steps": build.pipeline,
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
                found["scaled"] += shared.units * part.range.width * _significand(level.format)
        for _, level in term.scales:
            found["scaled"] += shared.units * term.range.width * _significand(level.format)
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
        found["late"] += plan.results * working * _significand(level.format) / paced
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
        "scale_significands": sum(_significand(level.format) for _, level in early),
    }


def _significand(fmt: Format) -> int:
    """Bits of a decoded magnitude."""
    if isinstance(fmt, Minifloat):
        return fmt.significand_width
    bounds = significands(fmt)
    return max(bounds.high, -bounds.low).bit_length()
