"""The rows of a sweep as one table: CSV, or Parquet for pandas, Polars and DuckDB."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...golden.errors import DesignError, ToolMissing
from ...tools.whole import write

#: Columns that come first; others follow as they come.
FIRST = ("design", "board", "policy", "rows", "cols", "lanes", "status")

#: Of a table's file.
ENDINGS = (".csv", ".parquet")

#: What belongs to a row's file alone.
LEFT_OUT = ("log",)

Row = Mapping[str, Any]


def save(rows: Sequence[Row], path: Path) -> None:
    """Write all rows to ``path``, which ends as one of :data:`ENDINGS`. Raises what :func:`ready`
    does."""
    ready(path)
    write(path, _parquet(rows) if path.suffix == ".parquet" else _csv(rows))


def ready(path: Path) -> None:
    """DesignError for another ending, ToolMissing where the package for it is not installed."""
    if path.suffix not in ENDINGS:
        raise DesignError(f"a table ends in {' or '.join(ENDINGS)}, got {path}")
    if path.suffix == ".parquet":
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            raise ToolMissing(
                "Parquet is written by the package pyarrow, which is not installed: "
                "pip install 'macsmith[sweeps]', or make .venv/sweeps"
            ) from None


def columns(rows: Sequence[Row]) -> list[str]:
    """Of all rows together."""
    every = dict.fromkeys(name for row in rows for name in row)
    return [*FIRST, *(name for name in every if name not in (*FIRST, *LEFT_OUT))]


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns(rows), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _parquet(rows: Sequence[Row]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    names = columns(rows)
    table = pyarrow.table({name: _column([row.get(name) for row in rows]) for name in names})
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _column(values: list[Any]) -> list[Any]:
    """Values of one type: words where there are any."""
    if any(isinstance(value, str) for value in values):
        return [None if value is None else str(value) for value in values]
    return values
