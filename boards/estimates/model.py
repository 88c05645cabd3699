"""A frequency from the longest path of a mapped design, by delays that were fitted to rows of data.

The delay of a path is a sum over its cells and nets. What each takes is bounded by public figures,
so that no fit can explain one cell by another; within the bounds it is fitted to the rows by a
censored regression: a row whose clock was met says only that it is as fast. ``docs/fitting.py``
fits, a test compares what it finds with what stands here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from .figure import Figure, rounded
from .path import Delays, Path

#: A column of the data → what it has of a path.
STANDS: Mapping[str, Callable[[Path], float]] = {
    "path_lut": lambda path: path.lut,
    "path_carry_runs": lambda path: path.carry_runs,
    "path_carry_bits": lambda path: path.carry_bits,
    "path_dsp": lambda path: path.dsp,
    "path_muxf": lambda path: path.muxf,
    "path_nets": lambda path: path.nets,
    "path_doublings": lambda path: path.doublings,
    "path_blocks": lambda path: path.blocks,
}

#: How resources are told by which a design may be larger than any row.
_COUNTED = {"lut": "LUTs", "ff": "flip-flops", "sites": "sites", "dsp": "DSP blocks"}


class Known(NamedTuple):
    """What is known of a frequency, in MHz.

    Parameters
    ----------
    figure : None where the error is not known.
    least, most : a bound in its place, where the data end on one side; None without.
    why : what is not known; with a figure, of the part of its bar that no row reaches, else empty.
    """

    figure: Figure | None
    least: float | None
    most: float | None
    why: str


@dataclass(frozen=True)
class Model:
    """What was fitted to some rows, and how far they are from it.

    Parameters
    ----------
    chosen : by which the paths of the rows were found to be the longest of their designs.
    least, most : bounds of the delays.
    fitted : the most likely delays within these.
    short, long : how far rows are from what is fitted without all that sum as they do, or without
        all of their design: shares of the delay, the least and the greatest.
    asked : the clock, in MHz, that the rows asked for: one that met it was not driven further.
    """

    chosen: Delays
    least: Delays
    most: Delays
    fitted: Delays
    short: float
    long: float
    asked: float

    def fmax(self, path: Path, worse: str, limit: float | None = None) -> Known:
        """What is known of a design's frequency by its longest path.

        Parameters
        ----------
        worse : why it may be slower than rows with the same path; empty if nothing speaks for it.
        limit : in MHz, what the device allows.
        """
        found = 1000 / path.delay(self.fitted)
        low, high = 1 / (1 + self.long) - 1, 1 / (1 + self.short) - 1
        value = found if limit is None else min(found, limit)
        if limit is not None:
            # Bars count from what the device allows, where that is less.
            low = min(0.0, found * (1 + low) / value - 1)
            high = max(0.0, min(found * (1 + high), limit) / value - 1)
        beyond = f"no row was driven beyond {self.asked:g} MHz"
        above = value * (1 + high) > self.asked
        if worse and above:
            return Known(None, None, None, f"{beyond}; {worse}")
        if worse:
            return Known(None, None, value * (1 + high), worse)
        if found > self.asked:
            ends = (
                self.asked,
                found / (1 + self.long),
                *(() if limit is None else (float(limit),)),
            )
            return Known(None, min(ends), None, beyond)
        return Known(Figure(value, low, high), None, None, beyond if above else "")


@dataclass(frozen=True)
class Estimate:
    """The frequency in MHz, as far as it is known.

    Parameters
    ----------
    figure, least, most, why : see :class:`Known`.
    path : the longest path, if there is one.
    """

    figure: Figure | None
    least: float | None
    most: float | None
    why: str
    path: Path | None

    #: What is told of the path: names in :data:`STANDS`.
    stands: ClassVar[Sequence[str]]

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is reached, such as ``nearly empty device, grade -2 at 0.85 V``."""

    @property
    @abstractmethod
    def data(self) -> str:
        """What it is from, in a line."""

    @property
    @abstractmethod
    def device(self) -> Mapping[str, Any]:
        """What JSON has of the device."""

    def line(self) -> str:
        """What to print; empty where nothing is known."""
        if self.figure is not None:
            bars = str(self.figure).partition(" (")[2].removesuffix(")")
            more = f"; {self.why}" if self.why else ""
            told = f"about {rounded(self.figure.value):,g} MHz ({bars}{more})"
        elif self.least is not None:
            told = f"at least about {rounded(self.least):,g} MHz"
        elif self.most is not None:
            told = f"at most about {rounded(self.most):,g} MHz ({self.why})"
        else:
            return ""
        return f"estimate: Fmax {told}, {self.place}; from {self.data}"

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        path = self.path
        return {
            "mhz": self.figure.to_dict() if self.figure else None,
            "at_least_mhz": None if self.least is None else round(self.least, 1),
            "at_most_mhz": None if self.most is None else round(self.most, 1),
            "unknown": self.why,
            **self.device,
            "path": {name: round(STANDS[name](path), 3) for name in self.stands} if path else None,
            "data": self.data,
        }


def unlike(path: Path | None, rows: Sequence[Mapping[str, float]], stands: Sequence[str]) -> str:
    """Why no row has such a path; empty if one has.

    Parameters
    ----------
    rows : column → number, of each row.
    stands : the columns that are compared.
    """
    if path is None:
        return "no path leads from register to register"
    for name in stands:
        found, most = STANDS[name](path), max(row[name] for row in rows)
        if found > most:
            return f"{name} is at most {most:g} in the rows, here {found:g}"
    share = path.lut / max(path.carry_runs, 1)
    most = max(row["path_lut"] / max(row["path_carry_runs"], 1) for row in rows)
    if share > most:
        return f"rows have up to {most:g} LUTs for a carry run, here {share:g}"
    return ""


def larger(
    used: Mapping[str, float], rows: Sequence[Mapping[str, float]], columns: Mapping[str, str]
) -> str:
    """Why a design's nets reach further than in the rows: it is larger than any; empty if not.

    Parameters
    ----------
    used : resource → how much of it the design takes.
    rows : column → number, of each row.
    columns : resource → the column that has it.
    """
    for name, column in columns.items():
        most = max(row[column] for row in rows)
        if used.get(name, 0) > most:
            return f"nets reach further than in the rows, of up to {most:,g} {_COUNTED[name]}"
    return ""
