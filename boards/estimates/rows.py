"""Counts by yosys beside those of Vivado, a row a design: the data that estimates are made from."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...golden.errors import DesignError
from ...golden.toml_files import text_of

#: The rows in the package.
PACKAGED = Path(__file__).parent / "vivado_xtramac.csv"

#: Columns that name a row, those that it must have, and those that it may have besides.
NAMES = ("module", "variant")
COUNTS = ("yosys_lut", "yosys_lut_packed", "sites", "vivado_lut", "yosys_ff", "yosys_srl_bits",
          "vivado_ff")  # fmt: skip
PATH = ("path_lut", "path_carry_runs", "path_carry_bits", "path_dsp")
FMAX = "vivado_fmax_mhz"
MORE = ("part", "tool", "period_ns")


@dataclass(frozen=True)
class Row:
    """A design.

    Parameters
    ----------
    module, variant : its name.
    values : numbers by column; what a row leaves empty is absent.
    words : what its other columns say.
    line : where it stands in its file.
    """

    module: str
    variant: str
    values: Mapping[str, float]
    words: Mapping[str, str]
    line: int

    @property
    def key(self) -> tuple[str, str]:
        return self.module, self.variant

    @property
    def accumulator(self) -> str:
        """The last word of its name: the format that it sums in."""
        return self.module.rpartition("_")[2]

    @property
    def registers(self) -> float:
        """Flip-flops, and bits that stand in shift registers."""
        return self.values["yosys_ff"] + self.values["yosys_srl_bits"]


@dataclass(frozen=True)
class Data:
    """A file of rows.

    Parameters
    ----------
    about : its lines of comment, without the sign before them.
    columns : its head.
    rows : in their order.
    """

    about: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@cache
def packaged() -> Data:
    """The rows that estimates are made from."""
    return read(PACKAGED)


def read(path: Path) -> Data:
    """The rows of a file.

    Raises DesignError, with file and line, for what is no such file.
    """
    return parse(text_of(path, "the rows "), path.name)


def parse(text: str, name: str) -> Data:
    """The rows of a text; ``name`` is that of its file, for messages."""
    lines = text.splitlines()
    about = tuple(line[1:].strip() for line in lines if line.startswith("#"))
    kept = [(number, line) for number, line in enumerate(lines, 1) if line and line[0] != "#"]
    if not kept:
        raise DesignError(f"{name}:1: a head must name the columns, got none")
    number, head = kept[0]
    columns = tuple(_cells(head))
    missing = [column for column in (*NAMES, *COUNTS) if column not in columns]
    if missing or len(set(columns)) < len(columns):
        told = f"have the column {missing[0]}" if missing else "name each column once"
        raise DesignError(f"{name}:{number}: the head must {told}, got {head!r}")
    rows = [_row(columns, line, f"{name}:{number}", number) for number, line in kept[1:]]
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        first = seen.setdefault(row.key, row.line)
        if first != row.line:
            told = " ".join(row.key)
            raise DesignError(
                f"{name}:{row.line}: a row must stand once, {told} is in line {first}"
            )
    return Data(about, columns, tuple(rows))


def _cells(line: str) -> list[str]:
    return next(csv.reader(io.StringIO(line)))


def _row(columns: tuple[str, ...], line: str, where: str, number: int) -> Row:
    cells = _cells(line)
    if len(cells) != len(columns):
        raise DesignError(f"{where}: a row must have {len(columns)} cells, got {len(cells)}")
    found = dict(zip(columns, cells, strict=True))
    values: dict[str, float] = {}
    for column in (*COUNTS, FMAX, *PATH):
        text = found.get(column, "")
        if text == "" and column not in COUNTS:
            continue
        try:
            values[column] = float(text)
        except ValueError:
            values[column] = -1.0
        if not 0 <= values[column] <= 1e12:
            raise DesignError(f"{where}: {column} must be a number from 0 to 1e12, got {text!r}")
    words = {name: text for name, text in found.items() if name not in {*values, *NAMES} and text}
    return Row(found["module"], found["variant"], values, words, number)
