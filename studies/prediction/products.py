"""Amounts of sums of products, as a plan has them: what is multiplied, shifted, aligned, added."""

from __future__ import annotations

from math import isfinite, log2

from ...golden.formats import Format, Minifloat
from ...hw.arith.aligned_sum import SumAlignment
from ...hw.arith.digits import chain_sites
from ...hw.arith.shapes import significands
from ...hw.arith.sums import Pair, Sum
from ...hw.datapaths import Blocks, Datapath
from ...hw.datapaths.chain import Chained
from ...hw.datapaths.dsp import Dsp
from ...hw.datapaths.multiply import Multiply
from ...hw.plan.plan import Plan

Numbers = dict[str, float]


def products(plan: Plan, item: Sum, pair: Pair) -> Numbers:
    """Amounts of the products of a pair of planes, for one row and column."""
    dot, lanes = plan.dot(pair), plan.lanes
    sides = [significand(fmt) for fmt in pair.formats]
    found: Numbers = {"blocks": _blocks(plan, dot), "estimated": lanes * estimate(plan, dot)}
    if isinstance(dot, Dsp) and not item.aligned:
        # Products, and sums over K, are those of the blocks.
        shape = plan.rows, plan.cols
        tiles = dot.layout.tiles(shape) / (plan.rows * plan.cols)
        packed = dot.layout.sites(dot.sides, shape, item.total.width)
        return {"blocks": found["blocks"], "packed": tiles * packed}
    # L-Mul adds mantissas; what is serial has a digit of one side at a time.
    partial = sum(sides) if pair.rule == "lmul" else sides[0] * sides[1] / dot.cycles
    found["partial"] = lanes * partial
    if isinstance(dot, Chained):
        found["rows"] = chain_sites(dot.digits, dot.slots) * dot.slots
        found["chained"] = sum(layout.size for layout in dot.layouts) * dot.slots
    if not item.aligned:
        width = pair.product.width
        exponents = sum(fmt.exponent_span for fmt in pair.formats)
        found["product"] = lanes * width / dot.cycles
        found["shifted"] = lanes * width * log2(1 + exponents) / dot.cycles
    return found


def added(plan: Plan, item: Sum) -> Numbers:
    """Amounts of a step's sum, for one row and column."""
    dots = [plan.dot(pair) for pair in item.pairs]
    if item.aligned:
        return _aligned(SumAlignment(dots[0], item))
    if all(isinstance(dot, Dsp) for dot in dots):
        return {}
    width = item.step.width
    if plan.cycles > 1:
        width = max(dot.range.width for dot in dots)
    return {"step": width, "tree": (plan.lanes * len(item.pairs) - 1) * width}


def _aligned(given: SumAlignment) -> Numbers:
    """Amounts of products that are aligned with a float, added, and rounded to it."""
    lanes, exponent = given.datapath.lanes, given.greatest.width
    width = given.datapath.magnitude_width + max(given.fraction - given.top, 0)
    total = given.fraction + 3 + log2(lanes + 1)
    return {
        "greatest": lanes * exponent,
        "aligned": (lanes + 1) * width * min(exponent, log2(given.fraction + 2)),
        "addends": (lanes + 1) * (given.fraction + 3),
        "rounded": total * log2(total),
    }


def estimate(plan: Plan, dot: Datapath) -> float:
    """What ``auto`` thinks that a lane takes; of the other datapaths the product's width."""
    found = type(dot).estimate(dot.weight, dot.activation, plan.setting)
    sides = [significand(fmt) for fmt in (dot.weight, dot.activation)]
    if not isfinite(found):
        width = 0 if plan.aligned else dot.product.width
        return (width + sides[0] * sides[1]) / dot.cycles
    return max(found, 0.0)


def significand(fmt: Format) -> int:
    """Bits of a decoded magnitude."""
    if isinstance(fmt, Minifloat):
        return fmt.significand_width
    bounds = significands(fmt)
    return max(bounds.high, -bounds.low).bit_length()


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
        and all(significand(fmt) > 1 for fmt in (dot.weight, dot.activation))
    ):
        return float(plan.lanes)
    return 0.0
