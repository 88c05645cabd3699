"""Foresee what engines cost, from their plans."""

from __future__ import annotations

import argparse
from dataclasses import asdict, fields
from typing import Any

from ..boards import lookup
from ..designs import Options
from ..golden.errors import DesignError
from ..studies.candidates import Candidate, buildable
from ..studies.prediction.foresee import Foreseen, Models, foreseen, load
from .common import paragraph, print_json, table

_HEADER = ("design", "shape", "sites", "from … to", "per MAC", "scale path", "LUT", "FF", "DSP")


def run(arguments: argparse.Namespace) -> int:
    board, models = lookup(arguments.board), load()
    given = {field.name: getattr(arguments, field.name, None) for field in fields(Options)}
    if given["axis_width"]:
        raise DesignError(
            f"converters of widths are not foreseen, got --axis-width {given['axis_width']}",
            {"axis_width": None},
            otherwise="synthesize it",
        )
    items = [buildable(name, Options(**given), board) for name in arguments.designs]
    found = foreseen([item.hardware for item in items], board, models)
    if arguments.json:
        print_json({"board": board.name, "designs": list(map(_told, items, found))} | about(models))
        return 0
    names = ", ".join(dict.fromkeys(arguments.designs))
    print(paragraph(f"{names} on {board.title} ({board.part}), foreseen", "bold"), end="\n\n")
    print(table(list(map(_row, items, found)), _HEADER), end="\n\n")
    print(paragraph(models.note, "dim"))
    return 0


def about(models: Models) -> dict[str, Any]:
    """What is known of the models' errors."""
    return {"engines": models.about["engines"], "held_out": models.about["held_out"]}


def _row(item: Candidate, found: Foreseen) -> tuple[str, ...]:
    least, most = found.sites * (1 - found.error), found.sites * (1 + found.error)
    return (
        item.name,
        "x".join(map(str, item.shape)),
        f"{found.sites:,.0f}",
        f"{max(least, 0):,.0f} … {most:,.0f}",
        f"{found.per_mac:,.1f}",
        f"{found.scale_sites:,.0f}",
        f"{found.lut:,.0f}",
        f"{found.ff:,.0f}",
        f"{found.dsp:,.0f}",
    )


def _told(item: Candidate, found: Foreseen) -> dict[str, Any]:
    shape = "x".join(map(str, item.shape))
    numbers = {name: round(value, 3) for name, value in asdict(found).items()}
    return {"design": item.name, "words": item.words, "shape": shape, **numbers}
