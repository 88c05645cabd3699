"""Roundings: each class of :mod:`..classes` in each step, in each unit that shares it."""

from __future__ import annotations

from collections.abc import Sequence

from ...golden.answers import by_row
from ...golden.description import Engine
from ...golden.matmul import matmul
from ..classes import CLASSES, SHARED, counted
from ..stimuli import Tile
from .bins import Bins
from .reach import unreachable
from .steps import steps


def roundings(bins: Bins, engine: Engine, tiles: Sequence[Tile], units: int) -> None:
    """Declare the classes of an engine of one mode, and meet those of ``tiles``."""
    alone = by_row(engine)
    for step, fmt, values in steps(engine.arithmetic):
        shared = range(units if step in SHARED else 1)
        whys = unreachable(fmt, values)
        for unit in shared:
            part = _part(step, unit, len(shared))
            bins.declare(part, CLASSES)
            bins.rule_out(part, whys)
    if not any(part.startswith("rounding") for part, _ in bins.declared):
        return

    def again() -> None:
        for tile in tiles:
            more = {name: array for name in ("initial", "bias")
                    if (array := getattr(tile, name)) is not None}  # fmt: skip
            matmul(alone, tile.weight, tile.activation, **more)

    _, counts = counted(again, units)
    for (step, name, unit), count in counts.items():
        part = _part(step, unit, units if step in SHARED else 1)
        if (part, name) in bins.declared:
            bins.meet(part, name, count)


def _part(step: str, unit: int, units: int) -> str:
    return f"rounding of {step}" + (f" in unit {unit}" if units > 1 else "")
