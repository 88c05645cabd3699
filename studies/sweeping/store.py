"""Rows of a sweep on disk, one a file, found by what they are of.

A row's name is the digest of its design as described, its board, our source, and yosys's version.
So a row is made once, whoever makes it: another process, another machine on a shared folder,
another sweep. Files appear whole, by a rename; one that is damaged is as if it were not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...boards import lookup
from ...boards.cost import ANALYSIS
from ...designs import Options, design
from ...golden.errors import DesignError, MacsmithError
from ...hw.text.kept import source
from ...tools import cache, yosys
from ...tools.whole import write
from .grid import Point

#: What a row says of how it went: counted; no such design; a program failed or was killed.
COUNTED, REFUSED, FAILED = "counted", "refused", "failed"


class Store:
    """The rows in a folder, which is made if it is not there.

    MacsmithError where it cannot be.
    """

    def __init__(self, folder: Path):
        self.folder = folder / "rows"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MacsmithError(f"cannot keep rows in {folder}: {error.strerror}") from None
        self.made_of = source(), yosys.version(), str(ANALYSIS)

    def name(self, point: Point) -> str:
        """The digest of a point as it is now."""
        said = json.dumps({**point.to_dict(), "described": described(point)}, sort_keys=True)
        return cache.key(said, *self.made_of)

    def get(self, point: Point, failed: bool = False) -> dict[str, Any] | None:
        """The row of a point; None if there is none, or it failed and ``failed`` is not said."""
        try:
            row = json.loads((self._file(point)).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(row, dict) or row.get("status") not in (COUNTED, REFUSED, FAILED):
            return None
        return None if row["status"] == FAILED and not failed else row

    def put(self, point: Point, row: Mapping[str, Any]) -> None:
        """Keep a row."""
        write(self._file(point), json.dumps(dict(row), indent=1).encode() + b"\n")

    def _file(self, point: Point) -> Path:
        return self.folder / f"{self.name(point)}.json"


def described(point: Point) -> str:
    """All that a name and options stand for, and the board: presets and files of either change."""
    board = lookup(point.board)
    try:
        found = repr(design(point.design, Options(**dict(point.options))))
    except DesignError as error:
        found = str(error)
    return f"{found} on {board.family} {sorted(board.resources.items())}"
