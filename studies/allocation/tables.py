"""Losses that somebody else measured, from a table: experts, blocks, layers of anything."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError
from ...golden.toml_files import text_of
from .problem import Problem

Array = npt.NDArray[Any]

#: Columns that name something, and that must be there.
ITEM, CHOICE, LOSS = "item", "design", "loss"


def read_table(path: Path) -> Problem:
    """The problem of a CSV file with a row for each item and design that it may have.

    Columns: ``item``, ``design``, ``loss``, and any further sums, such as ``bits`` or ``sites``: a
    number each. Pairs without a row cannot be chosen. DesignError, with the line, for anything
    else.
    """
    rows = _rows(path)
    items = tuple(dict.fromkeys(row[ITEM] for _, row in rows))
    choices = tuple(dict.fromkeys(row[CHOICE] for _, row in rows))
    names = [name for name in rows[0][1] if name not in (ITEM, CHOICE)]
    if len(items) * len(choices) > 1_000_000:
        raise DesignError(f"{path}: {len(items)} items × {len(choices)} designs are too many")
    at_item = {name: place for place, name in enumerate(items)}
    at_choice = {name: place for place, name in enumerate(choices)}
    allowed = np.zeros((len(items), len(choices)), bool)
    sums = {name: np.zeros(allowed.shape) for name in names}
    for line, row in rows:
        place = at_item[row[ITEM]], at_choice[row[CHOICE]]
        if allowed[place]:
            raise DesignError(f"{path}:{line}: {row[ITEM]} with {row[CHOICE]} stands there twice")
        allowed[place] = True
        for name in names:
            sums[name][place] = _number(row[name], f"{path}:{line}: {name}")
    return Problem(items, choices, sums, allowed)


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Lines with their cells by column."""
    reader = csv.DictReader(io.StringIO(text_of(path, "the table ")), strict=True)
    try:
        found = [(reader.line_num, row) for row in reader]
        header = reader.fieldnames or []
    except csv.Error as error:
        raise DesignError(f"{path} cannot be read as a table: {error}") from None
    if missing := [name for name in (ITEM, CHOICE, LOSS) if name not in header]:
        raise DesignError(f"{path}: its first line must name the columns {', '.join(missing)}")
    if len(set(header)) != len(header):
        raise DesignError(f"{path}: its first line names a column twice")
    if not found:
        raise DesignError(f"{path} has no row below its first line")
    for line, row in found:
        if None in row or None in row.values():
            raise DesignError(f"{path}:{line}: {len(header)} cells are wanted, one a column")
    return found


def _number(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise DesignError(f"{what} must be a number from 0 on, got {text!r}")
    return value
