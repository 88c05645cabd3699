"""Show a design stage by stage: widths, units, latency, ports."""

from __future__ import annotations

import argparse
from typing import Any

from ..golden.bounds import Range
from ..golden.description.serialize import to_dict
from ..hw.emit import notes, summary
from ..hw.plan import Plan, plan
from ..hw.ports import streams
from .common import chosen, design_arguments, json_argument, print_json, table


def arguments(parser: argparse.ArgumentParser) -> None:
    design_arguments(parser)
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    engine = chosen(arguments)
    planned = plan(engine)
    stages = _stages(planned, engine.arithmetic.k_max)
    held = notes(planned, engine.build.interface)
    ports = [
        {"stream": s.name, "lanes": s.count, "bits": s.lane_bits, "holds": held[s.name]}
        for s in streams(planned)
    ]
    if arguments.json:
        print_json(
            {
                "engine": engine.name,
                "summary": summary(engine, planned),
                "macs_per_cycle": engine.build.macs_per_step,
                "latency": planned.latency,
                "stages": stages,
                "streams": ports,
                "design": to_dict(engine),
            }
        )
        return 0
    print(f"{engine.name}: {summary(engine, planned)}")
    print(f"{engine.build.macs_per_step} MACs per cycle, one step a cycle, no bubbles\n")
    for rows in (stages, ports):
        header = list(rows[0])
        print(table([[str(row[key]) for key in header] for row in rows], header), end="\n\n")
    return 0


def _stages(planned: Plan, k: int) -> list[dict[str, Any]]:
    rows = [
        _row("weight element", planned.weight.bits, None, 1, planned.weight.name),
        _row("activation element", planned.activation.bits, None, 0, planned.activation.name),
    ]
    if planned.stage.rule == "aligned":
        stage = planned.stage
        assert stage.format is not None
        what = f"{stage.terms} products and the accumulator, F = {stage.fraction}, truncated"
        return [*rows, _row("aligned sum", stage.format.bits, None, 2, what)]
    lanes = f"{planned.lanes} products, {planned.tree_latency} registers"
    return [
        *rows,
        _row("product", planned.product.width, planned.product, 1, "one a lane"),
        _row("step", planned.step.width, planned.step, planned.tree_latency, lanes),
        _row("accumulator", planned.total.width, planned.total, 1, f"K up to {k}"),
    ]


def _row(stage: str, bits: int, values: Range | None, cycles: int, what: str) -> dict[str, Any]:
    unit = f"2^{values.lsb}" if values else "–"
    bounds = f"{values.low} … {values.high}" if values else "–"
    return {
        "stage": stage, "bits": bits, "unit": unit, "range": bounds, "cycles": cycles, "what": what
    }  # fmt: skip
