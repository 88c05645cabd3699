"""Show a design stage by stage: widths, units, latency, ports."""

from __future__ import annotations

import argparse
from decimal import Decimal
from typing import Any

from ..drawing import draw
from ..drawing.files import write_picture
from ..golden.description.tables import to_dict
from ..hw.design import StageRow
from ..library import explain
from ..product import shaped
from .common import check_picture, chosen, paragraph, print_json, progress, table


def run(arguments: argparse.Namespace) -> int:
    picture = check_picture(arguments.svg) if arguments.svg is not None else None
    found = explain(chosen(arguments))
    if picture is not None:
        write_picture(picture, draw(found))
        progress(f"wrote {picture}")
    rows = [_row(row) for row in found.rows]
    ports = [
        {"stream": s.name, "bits": s.payload_bits, "holds": found.notes[s.name]}
        for s in found.streams
    ]
    work = f"{found.work}s"
    whole = shaped(found, arguments.shape)
    if arguments.json:
        print_json(
            {
                "design": found.name,
                "summary": found.summary,
                f"{work.lower()}_per_cycle": next(iter(found.rates.values())),
                "rates": list(found.rates.values()),
                **found.facts,
                "latency": found.latency,
                "stages": rows,
                "streams": ports,
                **({"product": whole.to_dict()} if whole else {}),
                "remarks": list(found.remarks),
                "description": to_dict(found.design),
            }
        )
        return 0
    print(paragraph(f"{found.name}: {found.summary}", "bold"))
    rates = "/".join(f"{rate:g}" for rate in found.rates.values())
    pace = f", {found.pace}" if found.pace else ""
    for line in (f"{rates} {work} per cycle{pace}", *found.remarks):
        print(paragraph(line))
    for lines in (rows, ports):
        header = list(lines[0])
        cells = [["–" if row[key] is None else str(row[key]) for key in header] for row in lines]
        header = ["LSB or format" if key == "unit" else key for key in header]
        print(f"\n{table(cells, header)}")
    if whole:
        print("\n" + "\n".join(map(paragraph, whole.lines())))
    return 0


def _number(bound: int) -> str:
    """In full up to 60 bits, else its first digits."""
    return str(bound) if bound.bit_length() <= 60 else f"{Decimal(bound):.4e}"


def _row(row: StageRow) -> dict[str, Any]:
    bounds = row.range
    return {
        "stage": row.stage,
        "bits": row.bits,
        "unit": f"2^{bounds.lsb}" if bounds else row.format,
        "range": f"{_number(bounds.low)} … {_number(bounds.high)}" if bounds else "–",
        "cycles": row.cycles,
        "what": row.what,
    }
