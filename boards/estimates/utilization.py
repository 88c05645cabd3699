"""What a report of ``report_utilization`` counts, flat or by hierarchy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .report_text import Text

#: Rows of a flat report, by what they are here. 7 series call CLBs slices; Versal has DSP slices.
_FLAT = {
    "CLB LUTs": "lut",
    "Slice LUTs": "lut",
    "LUT as Shift Register": "srl",
    "LUT as Distributed RAM": "lutram",
    "CLB Registers": "ff",
    "Slice Registers": "ff",
    "Registers": "ff",
    "DSPs": "dsp",
    "DSP Slices": "dsp",
    "Block RAM Tile": "bram36",
    "URAM": "uram",
}

#: Columns of a report by hierarchy, likewise; RAMB18 are half a block.
_COLUMNS = {
    "Total LUTs": ("lut", 1),
    "LUTRAMs": ("lutram", 1),
    "SRLs": ("srl", 1),
    "FFs": ("ff", 1),
    "RAMB36": ("bram36", 1),
    "RAMB18": ("bram36", 0.5),
    "URAM": ("uram", 1),
    "DSP Blocks": ("dsp", 1),
    "DSP48 Blocks": ("dsp", 1),
}

_NEEDED = ("lut", "ff")


@dataclass(frozen=True)
class Utilization:
    """What a design takes, by Vivado.

    Parameters
    ----------
    text : the report.
    counts : ``lut``, ``ff`` and, where it tells them, ``srl``, ``lutram``, ``dsp``, ``bram36``,
        ``uram``.
    """

    text: Text
    counts: Mapping[str, float]

    @property
    def stage(self) -> str:
        """``synthesis``, ``placement`` or ``routing``; the state itself if it is another."""
        words = {"Synthesized": "synthesis", "Fully Placed": "placement", "Routed": "routing"}
        return words.get(self.text.state, self.text.state or "an unknown state")


def utilization(text: Text) -> Utilization:
    """The counts of a report; DesignError, with file and line, where it has none."""
    head = text.find(r"\| +(Site Type|Instance) +\|")
    if head is None:
        last = max(len(text.lines) - 1, 0)
        raise text.wrong(last, "no table of Site Type or Instance up to the end of the report")
    if _cells(text.lines[head])[0] == "Instance":
        counts = _by_instance(text, head)
    else:
        counts = _by_site(text, head)
    if missing := [name for name in _NEEDED if name not in counts]:
        raise text.wrong(head, f"no count of {missing[0].upper()} in or behind the table here")
    return Utilization(text, counts)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _by_site(text: Text, start: int) -> dict[str, float]:
    """All tables of site types; each is counted once, by its first row."""
    counts: dict[str, float] = {}
    used: int | None = None
    for index in range(start, len(text.lines)):
        line = text.lines[index]
        if not line.startswith("|"):
            continue
        cells = _cells(line)
        if cells[0] == "Site Type":
            used = cells.index("Used") if "Used" in cells else None
            continue
        name = _FLAT.get(cells[0].rstrip("*"))
        if name is not None and used is not None and name not in counts:
            counts[name] = _number(text, index, cells[used] if used < len(cells) else "")
    return counts


def _by_instance(text: Text, start: int) -> dict[str, float]:
    """The first instance: that of the top."""
    titles = _cells(text.lines[start])
    row = text.find(r"\| ", start + 1)
    if row is None:
        raise text.wrong(start, "no instance below the titles")
    cells = _cells(text.lines[row])
    if len(cells) != len(titles):
        raise text.wrong(row, f"{len(titles)} cells below the titles expected, got {len(cells)}")
    counts: dict[str, float] = {}
    for title, cell in zip(titles, cells, strict=True):
        if title in _COLUMNS:
            name, weight = _COLUMNS[title]
            counts[name] = counts.get(name, 0) + weight * _number(text, row, cell)
    return counts


def _number(text: Text, index: int, cell: str) -> float:
    plain = re.sub(r"\([^)]*\)|,", "", cell).strip()
    if not re.fullmatch(r"\d+(\.\d+)?", plain):
        raise text.wrong(index, f"a count must be a number, got {cell!r}")
    return float(plain)
