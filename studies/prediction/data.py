"""The data set of costs: its rows as engines with what was counted of them.

Rows are read from Parquet, of which ``pip install 'macsmith[predict]'`` brings the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...boards import fitted, lookup
from ...designs import Options, design
from ...golden.errors import DesignError, ToolMissing, UnknownName
from ...hw.catalogue import hardware
from ...hw.engine.hardware import EngineHardware
from ..sweeping.grid import OPTIONS
from .features import Numbers, features

#: The data set, and the grid that it is of.
FILE = Path(__file__).parent / "costs.parquet"
GRID = Path(__file__).parent / "grid.toml"

#: What is foreseen; DSP blocks the plan knows.
FIGURES = ("sites", "lut", "ff")


@dataclass(frozen=True)
class Sample:
    """An engine that was counted.

    Parameters
    ----------
    design, board : as on a command line.
    options : of the design.
    family : of the board's FPGA.
    numbers : its features.
    rate : MACs a cycle, in the first mode.
    counted : what is known of its figures, and ``scale_sites``.
    formats : names of the weight's and the activation's element format.
    datapath : of its products.
    """

    design: str
    board: str
    options: Mapping[str, Any]
    family: str
    numbers: Numbers
    rate: float
    counted: Mapping[str, float]
    formats: tuple[str, str]
    datapath: str


def read(path: Path = FILE) -> list[dict[str, Any]]:
    """The rows of the data set. ToolMissing without the package pyarrow."""
    try:
        from pyarrow import parquet
    except ImportError:
        raise ToolMissing(
            "Parquet is read by the package pyarrow, which is not installed: "
            "pip install 'macsmith[predict]', or make .venv/predict"
        ) from None
    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return found


def samples(rows: Iterable[Mapping[str, Any]]) -> list[Sample]:
    """The engines of rows; those that are no engines as the hardware is now are left out."""
    found = []
    for row in rows:
        if row.get("sites") is None:
            continue
        given = {name: _whole(row[name]) for name in OPTIONS if row.get(name) is not None}
        try:
            made = design(row["design"], Options(**given))
            built = hardware(fitted(made, lookup(row["board"])))
        except (DesignError, UnknownName):
            continue
        if isinstance(built, EngineHardware):
            found.append(sample(row, given, built))
    return found


def sample(row: Mapping[str, Any], given: Mapping[str, Any], built: EngineHardware) -> Sample:
    """The engine of a row."""
    names = (*FIGURES, "dsp", "scale_sites")
    return Sample(
        design=row["design"],
        board=row["board"],
        options=given,
        family=lookup(row["board"]).family,
        numbers=features(built),
        rate=float(next(iter(built.rates.values()))),
        counted={name: float(row[name]) for name in names if row.get(name) is not None},
        formats=formats(built),
        datapath=datapath(built),
    )


def formats(built: EngineHardware) -> tuple[str, str]:
    """The element formats of an engine's first planes."""
    mode = built.engine.modes[0]
    return mode.weight.planes[0].element.name, mode.activation.planes[0].element.name


def datapath(built: EngineHardware) -> str:
    """The datapath of an engine's first products; ``aligned`` where sums are floats."""
    plan = built.plan.modes[0]
    return "aligned" if plan.aligned else plan.dot(plan.sums[0].pairs[0]).name


def _whole(value: Any) -> Any:
    """Numbers of a table whose column has gaps are floats there."""
    return int(value) if isinstance(value, float) else value
