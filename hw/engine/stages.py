"""What happens to a number on its way through an engine, stage by stage, as plain data."""

from __future__ import annotations

from dataclasses import replace

from ...golden.bounds import Range
from ...golden.streams import Stream
from ...golden.terms import Sided
from ..arith.sums import Sum
from ..design import StageRow
from ..plan.array_plan import ArrayPlan
from ..plan.modes import ModalPlan
from ..plan.plan import Plan
from ..plan.streams import streams
from ..plan.terms import AccumulatorPlan
from .words import format_of


def stages(planned: ArrayPlan) -> tuple[StageRow, ...]:
    """All stages in the order in which a number meets them."""
    ports = streams(planned)
    rows = _inputs(planned, ports, ("codes", "index", "words", "select", "mode"))
    ahead = f"; {planned.ahead} cycles to find the nonzero digits" * bool(planned.ahead)
    ahead += "; a cycle to select the activations" * planned.selecting
    # All codes are decoded at once.
    rows[0] = replace(
        rows[0], cycles=planned.edge + planned.ahead + planned.selecting, what=rows[0].what + ahead
    )
    if isinstance(planned, ModalPlan):
        return tuple(rows + _modes(planned))
    assert isinstance(planned, Plan)
    for number, item in enumerate(planned.sums):
        found = _sum(planned, item, f" {number}" if len(planned.sums) > 1 else "")
        # Sums are formed side by side: their cycles count once.
        rows += [replace(row, cycles=None) for row in found] if number else found
    rows += _inputs(planned, ports, ("scales", "bias", "initial"))
    for number, total in enumerate(planned.accumulators):
        rows += _accumulator(planned, total, f" {number}" if len(planned.accumulators) > 1 else "")
    if planned.serial:
        ends = tuple(row.stage for row in rows if row.stage.startswith("accumulator"))
        rows.append(replace(_result(planned), takes=ends))
    return tuple(rows)


def _modes(planned: ModalPlan) -> list[StageRow]:
    """What modes have of their own, and the accumulator of all."""
    rows = []
    for unit in planned.units:
        shared = ", shared" if len(unit.modes) > 1 else ""
        for number in unit.modes:
            alone = planned.modes[number]
            item = alone.sums[0]
            what = f"{alone.label}, {alone.lanes} lanes{shared}; datapath {unit.datapath.name}"
            product = item.pairs[0].product
            name = f"product, mode {number}"
            rows.append(StageRow(name, product.width, product, "", None, what, takes=()))
    step, total = planned.addend, planned.sums[0].total
    what, products = "of any mode, in its own unit", tuple(row.stage for row in rows)
    cycles = planned.step_latency
    rows.append(StageRow("step", step.width, step, "", cycles, what, takes=products))
    what, cycles = "one per row and column" + _waiting(planned), 1 + planned.skew + planned.late
    rows.append(StageRow("accumulator", total.width, total, "", cycles, what))
    return rows


def _waiting(planned: ArrayPlan) -> str:
    """Why sums take longer than a cycle."""
    widest = max(item.total.width for item in planned.sums)
    words = f"; in segments of {planned.segment} bits" * (0 < planned.segment < widest)
    words += "; carries saved" * planned.carry_save + "; digits apart" * planned.apart
    return words + f"; {planned.skew} cycles of skew" * (planned.skew > 0)


def _inputs(
    planned: ArrayPlan, ports: tuple[Stream, ...], kinds: tuple[str, ...]
) -> list[StageRow]:
    rows = []
    for stream in ports:
        for field in stream.fields:
            if field.kind in kinds and not stream.output:
                side = ("weight", "activation")[field.side or 0]
                name = f"{side} {field.array}" if field.side is not None else field.name
                form, unit = format_of(planned, field)
                bounds = planned.initial if unit is not None else None
                often = {"step": "step", "set": "set of steps", "group": "group"}
                what = f"{field.count} per {often.get(stream.per, 'reduction')}"
                form = "" if bounds else form
                rows.append(StageRow(name, field.bits, bounds, form, None, what, stream.name))
    return rows


def _sum(planned: Plan, item: Sum, number: str) -> list[StageRow]:
    shared = {
        (True, True): "per row and column",
        (True, False): "per row",
        (False, True): "per column",
    }
    one = shared.get((item.per_row, item.per_col), "for all")
    stage = planned.stage
    if planned.aligned and stage.format is not None:
        parts = stage.partials > 1
        added = "a partial sum" if parts else "the accumulator"
        what = f"{stage.terms} products and {added}, F = {stage.fraction}, truncated"
        what += f"; {stage.partials} partial sums, added in one more step" * parts
        cycles = 1 + planned.step_latency + planned.skew
        cycles += planned.joining.latency if planned.joining else 0
        name, form = _named(planned, number), stage.format
        return [StageRow(name, form.bits, None, form.name, cycles, what, takes=())]
    rows = []
    for index, pair in enumerate(item.pairs):
        name = f"product{number}" + (f".{index}" if len(item.pairs) > 1 else "")
        what = (
            " × ".join(fmt.name for fmt in pair.formats)
            + f", one per lane; datapath {planned.dot(pair).name}"
        )
        first = None if index else 1
        rows.append(StageRow(name, pair.product.width, pair.product, "", first, what, takes=()))
    terms = planned.lanes * len(item.pairs)
    cycles = planned.step_latency - 1
    tree = f"{terms} products added in {cycles} pipeline stages"
    products = tuple(row.stage for row in rows)
    rows.append(
        StageRow(f"step{number}", item.step.width, item.step, "", cycles, tree, takes=products)
    )
    count = item.count // planned.lanes * planned.step
    what = f"one {one}, over {count if planned.group else f'K up to {count}'}"
    what += _waiting(planned)
    cycles = 1 + planned.skew + planned.late
    rows.append(StageRow(_named(planned, number), item.total.width, item.total, "", cycles, what))
    return rows


def _named(planned: Plan, number: str) -> str:
    """What a sum is called that leaves the array; ``number`` tells it from others."""
    if planned.aligned:
        return f"aligned sum{number}"
    name = "group sum" if planned.serial else "sum" if planned.stationary else "accumulator"
    return name + number


def _accumulator(planned: Plan, item: AccumulatorPlan, number: str) -> list[StageRow]:
    rows, last = [], planned.arithmetic.accumulate[-1]
    for index, term in enumerate(item.terms):
        name = f"term{number}" + (f".{index}" if len(item.terms) > 1 else "")
        rounded = [_called(scale) for scale in term.scales]
        numbers = [index for part in term.parts for index in part.sums]
        several = len(planned.sums) > 1
        taken = tuple(_named(planned, f" {index}" * several) for index in dict.fromkeys(numbers))
        products = [
            " × ".join([_named(planned, f" {index}" * several), *map(_called, part.scales)])
            for part in term.parts
            for index in part.sums
        ]
        what = " + ".join(products) + (f"; then × {' × '.join(rounded)}" if rounded else "")
        rows.append(StageRow(name, term.range.width, term.range, "", None, what, takes=taken))
    terms = tuple(row.stage for row in rows)
    late = [_called(scale) for scale in item.scales]
    after = f"; at the end × {' × '.join(late)}" if late else ""
    if item.total is not None:
        what = f"K up to {planned.arithmetic.k_max}{after}"
        name = f"accumulator{number}"
        rows.append(StageRow(name, item.total.width, item.total, "", None, what, takes=terms))
    elif last.format is not None:
        partial = last.rule
        if last.rule == "fp":
            partial = f"{last.partials} partial sum" + "s" * (last.partials > 1)
        rows.append(StageRow(f"accumulator{number}", last.format.bits, None, last.format.name, None,
                        f"{partial}{after}", takes=terms))  # fmt: skip
    return rows


def _called(scale: Sided) -> str:
    """A scale's name, with its side's first."""
    return f"{('weight', 'activation')[scale[0]]} {scale[1].name}"


def _result(planned: Plan) -> StageRow:
    """What leaves, and the latency of all that comes after the array."""
    result, output = planned.result, planned.arithmetic.output
    words = ["+ bias"] * (output.bias is not None) + ["ReLU"] * output.relu
    words += [f"clamp {output.clamp[0]:g} … {output.clamp[1]:g}"] if output.clamp else []
    what = "; ".join(["row-major", *words, "cycles of scales, sums of groups, rounding"])
    bounds = result if isinstance(result, Range) else None
    form = "" if isinstance(result, Range) else result.name
    cycles = planned.latency - planned.array_latency
    return StageRow("result", planned.result_bits, bounds, form, cycles, what)
