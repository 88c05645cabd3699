"""What commands share: naming a design, JSON output, progress, tables."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import textwrap
from dataclasses import fields
from itertools import zip_longest
from typing import Any

from ..designs import Options, design, reading
from ..golden.description import Design
from ..golden.errors import ToolFailed
from ..letters import shown
from ..tools import cache, yosys


def need_cache() -> None:
    """Say before any work if what is built cannot be kept: yosys alone would take minutes anew."""
    root = cache.root()
    if not yosys.writable(root):
        raise ToolFailed(
            f"builds are kept in {root}, which cannot be written; set MACSMITH_CACHE to a folder "
            "that can"
        )


def chosen(arguments: argparse.Namespace) -> Design:
    """The design that the arguments name."""
    given = {field.name: getattr(arguments, field.name) for field in fields(Options)}
    given["set"] = tuple(given["set"]) if given["set"] else None
    if (told := reading(arguments.design)) is not None:
        progress(told)
    found: Design = design(arguments.design, Options(**given))
    return found


def print_json(item: Any) -> None:
    """JSON keeps every letter: as a code where the terminal does not know it."""
    text = json.dumps(item, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        text = json.dumps(item, indent=2)
    print(text)


def progress(text: str) -> None:
    """A line about work under way, on stderr."""
    print(f"… {text}", file=sys.stderr, flush=True)


def table(rows: list[list[str]], header: list[str]) -> str:
    """Columns as wide as their widest cell, numbers to the right.

    Where the terminal is narrower, long cells are wrapped between words; what is piped or
    redirected stays a line a row.
    """
    rows, header = [[shown(cell) for cell in row] for row in rows], [*map(shown, header)]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    if sys.stdout.isatty():
        widths = _fitted(widths, [header, *rows], shutil.get_terminal_size().columns)

    def numeric(column: int) -> bool:
        cells = [row[column].strip("%×x~") for row in rows if row[column] not in ("", "–", "-")]
        return all(cell.replace(",", "").replace(".", "", 1).isdigit() for cell in cells)

    right = [bool(rows) and numeric(i) for i in range(len(header))]

    def lines(cells: list[str]) -> list[str]:
        wrapped = [
            textwrap.wrap(cell, width, break_on_hyphens=False) or [""]
            for cell, width in zip(cells, widths, strict=True)
        ]
        return [
            "  ".join(
                part.rjust(width) if r else part.ljust(width)
                for part, width, r in zip(parts, widths, right, strict=True)
            ).rstrip()
            for parts in zip_longest(*wrapped, fillvalue="")
        ]

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([*lines(header), rule, *(line for row in rows for line in lines(row))])


def _fitted(widths: list[int], rows: list[list[str]], room: int) -> list[int]:
    """Widths whose sum fits into ``room``: the widest column gives way first.

    Columns keep their longest word; only if that leaves no other way, words are broken.
    """
    words = [
        max(len(word) for row in rows for word in (row[i].split() or [""]))
        for i in range(len(widths))
    ]
    widths = list(widths)
    for least in (words, [min(width, 4) for width in words]):
        while sum(widths) + 2 * (len(widths) - 1) > room:
            column = max(range(len(widths)), key=lambda i: (widths[i] > least[i], widths[i]))
            if widths[column] <= least[column]:
                break
            widths[column] -= 1
    return widths
