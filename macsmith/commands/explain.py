"""Show a design stage by stage: widths, units, latency, ports."""

from __future__ import annotations

import argparse
from decimal import Decimal
from typing import Any

from ..golden.description.serialize import to_dict
from ..hw.engine.planner import plan
from ..hw.plan.streams import streams
from ..hw.text.emit import notes, summary
from ..stages import Row, stages
from .common import chosen, design_arguments, json_argument, print_json, table


def arguments(parser: argparse.ArgumentParser) -> None:
    design_arguments(parser)
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    engine = chosen(arguments)
    planned = plan(engine)
    rows, remarks = [_row(row) for row in stages(planned)], list(planned.remarks)
    held = notes(planned, engine.build.interface)
    ports = [
        {"stream": s.name, "bits": s.payload_bits, "holds": held[s.name]} for s in streams(planned)
    ]
    if arguments.json:
        print_json(
            {
                "engine": engine.name,
                "summary": summary(engine, planned),
                "macs_per_cycle": planned.macs_per_cycle,
                "rates": list(planned.rates),
                "cycles_per_step": planned.cycles,
                "fewest_cycles_per_step": planned.fewest_cycles,
                "latency": planned.latency,
                "stages": rows,
                "streams": ports,
                "remarks": remarks,
                "design": to_dict(engine),
            }
        )
        return 0
    print(f"{engine.name}: {summary(engine, planned)}")
    pace = f"one step {planned.pace}"
    if planned.skips:
        pace += ", or in one for each digit that some element has"
    rates = "/".join(f"{rate:g}" for rate in planned.rates)
    print("\n".join([f"{rates} MACs per cycle, {pace}", *remarks]))
    for lines in (rows, ports):
        header = list(lines[0])
        cells = [["–" if row[key] is None else str(row[key]) for key in header] for row in lines]
        print(f"\n{table(cells, header)}")
    return 0


def _number(bound: int) -> str:
    """In full up to 60 bits, else its first digits."""
    return str(bound) if bound.bit_length() <= 60 else f"{Decimal(bound):.4e}"


def _row(row: Row) -> dict[str, Any]:
    bounds = row.range
    return {
        "stage": row.stage,
        "bits": row.bits,
        "unit": f"2^{bounds.lsb}" if bounds else row.format,
        "range": f"{_number(bounds.low)} … {_number(bounds.high)}" if bounds else "–",
        "cycles": row.cycles,
        "what": row.what,
    }
