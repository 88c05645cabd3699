"""Bins as lines."""

from __future__ import annotations

from ..sim.coverage import Bins
from .common import table


def covered_lines(found: Bins) -> list[str]:
    """A table of the parts, an empty line, and what is missing."""
    rows = [
        [part, str(bins), str(met), str(out), str(bins - met - out)]
        for part, (bins, met, out) in found.parts().items()
    ]
    head = ["part", "bins", "met", "cannot be met", "missing"]
    return [table(rows, head), "", *(f"missing: {part}: {name}" for part, name in found.missing)]
