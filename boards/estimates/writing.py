"""Rows of one's own beside those in the package: a file that is written whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from ...golden.toml_files import text_of
from ...tools.whole import write
from .rows import COUNTS, FMAX, MORE, NAMES, PATH, parse

#: The head of a new file.
COLUMNS = (*NAMES, *COUNTS, FMAX, *PATH, *MORE)
_ABOUT = (
    "# Counts of macsmith beside Vivado's, a row a design: written by macsmith import-vivado.\n"
)


def put(path: Path, cells: Mapping[str, str]) -> bool:
    """Write a row into a file, which is made if there is none; True if it took another's place.

    A row with the same module and variant is replaced. All other lines stay as they are, and the
    columns are those of the file.

    Raises DesignError for a file that holds no such rows; OSError.
    """
    old = text_of(path, "the rows ") if path.exists() else _ABOUT + ",".join(COLUMNS) + "\n"
    data = parse(old, path.name)
    lines = old.splitlines()
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells.get(name, "") for name in data.columns)
    parse(f"{','.join(data.columns)}\n{text.getvalue()}\n", path.name)
    key = cells["module"], cells["variant"]
    place = next((row.line - 1 for row in data.rows if row.key == key), None)
    if place is None:
        lines.append(text.getvalue())
    else:
        lines[place] = text.getvalue()
    write(path, ("\n".join(lines) + "\n").encode())
    return place is not None
