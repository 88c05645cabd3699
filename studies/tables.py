"""A comparison as tables for people, and as JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from ..boards.estimates.vivado import origin
from ..cost_lines import NOTE
from .columns import COST, DESIGN, Column, columns, commands, point_command, spelled, whole
from .entries import Comparison, Entry, Point
from .prediction.foresee import load


def to_dict(found: Comparison) -> dict[str, Any]:
    """Ready for JSON: the rows as the table has them, with their commands."""
    asked, cells = found.asked, columns(found)
    return {
        "board": asked.board.name,
        "part": asked.board.part,
        "macs_per_cycle": asked.macs,
        "k": asked.k,
        "dsp_sites": asked.exchange if asked.costs else None,
        "columns": {cell.key: cell.about or cell.title for cell in cells},
        "designs": [
            {cell.key: cell.value(entry) for cell in cells} | {"commands": commands(found, entry)}
            for entry in found.entries
        ],
        "fronts": {
            data.name: [
                [entry.name, entry.policy]
                for entry, best in zip(found.entries, found.front(data.name), strict=True)
                if best
            ]
            for data in found.data
        },
        "scaling": [
            {
                "design": point.name,
                "lanes": point.lanes,
                "macs_per_cycle": whole(float(point.candidate.rate)),
                "cost_per_mac": round(point.per_mac, 3),
                "command": point_command(found, point),
            }
            for point in found.points
        ],
        "warnings": list(found.warnings),
        "notes": notes(found),
        "tools": tools(found),
    }


def tools(found: Comparison) -> dict[str, str]:
    """What made the costs."""
    made = [entry.report.cost.tools for entry in found.entries if entry.report]
    names = dict.fromkeys(name for each in made for name in each)
    # Flags are others with DSP blocks than without.
    told = {name: " or ".join(dict.fromkeys(each[name] for each in made)) for name in names}
    for entry in found.entries:
        if entry.routed:
            told |= entry.routed.made
    return told


def notes(found: Comparison) -> list[str]:
    """What holds of all figures, a line each."""
    asked = found.asked
    lines = [
        f"All make {asked.macs:,} MACs a cycle and sum over K = {asked.k:,}; bytes a cycle are at "
        "that rate, without stalls.",
    ]
    if asked.costs:
        why = f"the LUTs of the {asked.board.name} over its DSP blocks, less the shell's"
        if asked.dsp_sites is not None:
            why = "as was asked"
        lines += [
            f"Cost is sites + {asked.exchange:g} × DSP: a block counts {asked.exchange:g} sites, "
            f"{why}.",
            f"Costs are {load().note}."
            if asked.fast
            else NOTE + " Designs were not verified here: macsmith verify does.",
        ]
        if any(entry.report and entry.report.vivado for entry in found.entries):
            lines.append(f"Vivado LUT: CLB LUTs after synthesis, an estimate from {origin()}.")
        known = [entry.fmax for entry in found.entries if entry.fmax and entry.fmax.figure]
        if known:
            lines.append(f"Fmax: {known[0].place}, an estimate from {known[0].data}.")
    if asked.routes:
        many = f"the median of {len(asked.seeds)} seeds"
        lines.append(
            "Routed MHz: of each engine alone on the part, in a harness of flip-flops, "
            + (many if len(asked.seeds) > 1 else f"seed {asked.seeds[0]}")
            + ", as nextpnr says; all other figures are those of synthesis."
        )
    lines.append(
        "Errors are of the golden model against float64 products, quantized by the formats' own "
        "rules; they say little of a model's accuracy."
    )
    return lines


def as_csv(found: Comparison) -> str:
    """The rows as comma-separated values, with the commands at the end."""
    cells = columns(found)
    kinds = [COST, DESIGN] if found.asked.costs else [DESIGN]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(cell.key for cell in cells), *(f"{kind}_command" for kind in kinds)])
    for entry in found.entries:
        told = commands(found, entry)
        values = ["" if (v := cell.value(entry)) is None else v for cell in cells]
        writer.writerow([*values, *(told[kind] for kind in kinds)])
    return text.getvalue()


#: What stands in the tables that people read; the rest is in JSON and CSV, and on the page.
FIRST = ("cost", "cost_per_mac", "sites", "array_sites", "scale_path_sites", "lut",
         "vivado_lut", "ff", "dsp", "lut_levels", "carry_bits", "fmax_mhz")  # fmt: skip
ROUTED = ("routed_mhz",)
SECOND = ("shape", "latency", "bits_per_weight", "weight_bytes", "activation_bytes", "scale_bytes",
          "result_bytes",           "bytes_per_cycle")  # fmt: skip


def costs(found: Comparison) -> tuple[str, ...]:
    """The keys of the first table."""
    return ("design", "policy", *FIRST, *(ROUTED if found.asked.routes else ()), "front")


def tables(found: Comparison) -> list[tuple[list[str], list[list[str]]]]:
    """Headings and rows of what people read: costs; what is moved and lost; cost by lanes."""
    cells = {cell.key: cell for cell in columns(found)}
    made = []
    if found.asked.costs:
        made.append(_table([cells[key] for key in costs(found)], found.entries))
    lost = [f"sqnr_{data.name}" for data in found.data]
    once = {entry.name: entry for entry in reversed(found.entries)}
    entries = [once[name] for name in found.asked.names]
    made.append(_table([cells[key] for key in ("design", *SECOND, *lost)], entries))
    if found.points:
        made.append(_scaling(found.points))
    return made


def _table(cells: Sequence[Column], entries: Sequence[Entry]) -> tuple[list[str], list[list[str]]]:
    return [cell.title for cell in cells], [[cell.text(e) for cell in cells] for e in entries]


def _scaling(points: Sequence[Point]) -> tuple[list[str], list[list[str]]]:
    """Cost a MAC, designs down and lanes across."""
    lanes = sorted({point.lanes for point in points})
    rows: dict[str, dict[int, str]] = {}
    for point in points:
        rows.setdefault(point.name, {})[point.lanes] = spelled(point.per_mac, 1)
    header = ["cost per MAC at lanes", *map(str, lanes)]
    return header, [[name, *(row.get(many, "–") for many in lanes)] for name, row in rows.items()]


def as_markdown(found: Comparison) -> str:
    """The tables, warnings and notes as Markdown, with the commands."""
    lines = [f"## {title(found)}", ""]
    for header, rows in tables(found):
        lines += ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
        lines.append("")
    lines += [f"- Note: {line}" for line in found.warnings]
    lines += [f"- {line}" for line in notes(found)]
    if told := tools(found):
        lines.append("- Tools: " + ", ".join(f"{name} {text}" for name, text in told.items()))
    lines += ["", "Commands that make the numbers:", "", "```sh"]
    lines += dict.fromkeys(
        line for entry in found.entries for line in commands(found, entry).values()
    )
    lines += dict.fromkeys(point_command(found, point) for point in found.points)
    return "\n".join([*lines, "```"]) + "\n"


def title(found: Comparison) -> str:
    """What was compared, in one line."""
    asked = found.asked
    where = f" on {asked.board.title} ({asked.board.part})" if asked.costs else ""
    return f"{', '.join(asked.names)}{where}, {asked.macs:,} MACs a cycle, K = {asked.k:,}"


def front_lines(found: Comparison) -> Mapping[str, str]:
    """The Pareto front on each data, the cheapest first: title -> designs."""
    told = {}
    for data in found.data:
        best = [
            entry
            for entry, is_best in zip(found.entries, found.front(data.name), strict=True)
            if is_best
        ]
        best.sort(key=lambda entry: entry.cost or 0.0)
        told[data.title] = ", ".join(
            f"{e.name} ({e.policy}: {e.cost:,.0f}, {lost.product:.1f} dB)"
            for e in best
            if (lost := e.lost[data.name]) is not None
        )
    return told
