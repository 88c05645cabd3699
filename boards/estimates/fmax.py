"""The frequency that Vivado would reach on a nearly empty device, estimated from one path.

The delay of the longest path is a sum over its cells. What each takes is bounded by public routed
reports, so that no fit can explain one cell by another; within the bounds it is fitted to the rows
of the data by a censored regression: a row whose clock was met says only that it is as fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..catalogue import Board
from ..cost import Cost
from ..families import family
from ..netlist import Netlist
from .figure import Figure, rounded
from .limits import Grade, grade, limit
from .path import Delays, Path, longest
from .rows import FMAX, PATH, packaged

#: By which the paths in the data were found to be the longest of their designs.
CHOSEN = Delays(0.0, 0.121, 0.277, 0.038)

#: Bounds in ns. Public reports of Vivado 2021.2, routed, of a Zynq UltraScale+ of grade -1
#: (gussmith23/lakeroad-evaluation, 4efb342; 36 designs): clock to Q 0.093 to 0.098, uncertainty
#: 0.035, skew up to 0.012; a LUT 0.038 to 0.202, its net 0.078 to 0.463 at a fan-out of 1; a carry
#: from S to CO or O 0.195 to 0.250, from CI to O 0.072 to 0.146; eight bits of it 0.023 and 0.028.
#: The upper ones are those, for grade -2 is no slower; the lower ones are 0.83 of theirs, as the
#: frequencies of DSP blocks are.
LEAST = Delays(0.08, 0.10, 0.21, 0.0024)
MOST = Delays(0.15, 0.66, 0.39, 0.0064)

#: The most likely delays within these bounds; a test fits them anew.
FITTED = Delays(0.15, 0.1303, 0.39, 0.0064)

#: How far rows are from what is fitted without all that sum in their format: shares of the delay.
SHORT, LONG = -0.2276, 0.2743

#: The clock, in MHz, that the rows asked for: a row that met it was not driven further.
ASKED = 450.0

#: The grade and voltage of the rows.
SPEED, VOLTS = 2, 0.85

#: What the estimates are from, in a line.
DATA = (
    "{missed} public routed results and {met} that met their clock (Vivado 2022.2, XtraMAC, "
    "xcu55c), each estimated from those that sum in other formats"
)


@dataclass(frozen=True)
class Fmax:
    """The frequency in MHz.

    Parameters
    ----------
    figure : None where the error is not known.
    least, most : a bound in its place, where the data end on one side; None without.
    why : what is not known; empty with a figure.
    path : the longest path, if there is one.
    grade, limit : of the board's part, and what clock tree and DSP blocks allow.
    """

    figure: Figure | None
    least: float | None
    most: float | None
    why: str
    path: Path | None
    grade: Grade | None
    limit: int | None

    def line(self) -> str:
        """What to print; empty where nothing is known."""
        if self.figure is not None:
            told = f"{rounded(self.figure.value):,g} MHz"
            bars = str(self.figure).partition(" (")[2]
            told = f"about {told} ({bars}"
        elif self.least is not None:
            told = f"at least about {rounded(self.least):,g} MHz"
        elif self.most is not None:
            told = f"at most about {rounded(self.most):,g} MHz ({self.why})"
        else:
            return ""
        return f"estimate: Fmax {told}, nearly empty device, grade {self.grade}; from {origin()}"

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        path = self.path
        return {
            "mhz": self.figure.to_dict() if self.figure else None,
            "at_least_mhz": None if self.least is None else round(self.least, 1),
            "at_most_mhz": None if self.most is None else round(self.most, 1),
            "unknown": self.why,
            "grade": str(self.grade) if self.grade else None,
            "limit_mhz": self.limit,
            "path": dict(zip(PATH, numbers(path), strict=True)) if path else None,
            "data": origin(),
        }


def numbers(path: Path) -> tuple[int, int, int, int]:
    """A path as the data have it."""
    return path.lut, path.carry_runs, path.carry_bits, path.dsp


def origin() -> str:
    """What the estimates are from."""
    met = sum(row.values[FMAX] >= ASKED for row in packaged().rows)
    return DATA.format(missed=len(packaged().rows) - met, met=met)


def fmax(netlist: Netlist, cost: Cost, board: Board) -> Fmax:
    """The frequency of a mapped design of UltraScale+ on a board's part."""
    of = grade(board.part)
    most = limit(netlist, cost.top, of) if of else None
    path, why = None, _unlike(cost, of)
    if not why:
        path = longest(netlist, cost.top, family(board.family), CHOSEN)
        why = _beyond(path)
    if why or path is None or of is None or most is None:
        return Fmax(None, None, None, why, path, of, most)
    value = 1000 / path.delay(FITTED)
    low, high = 1 / (1 + LONG) - 1, 1 / (1 + SHORT) - 1
    high = max(0.0, min(high, most / value - 1))
    worse = _worse(cost, of)
    beyond = f"no row was driven beyond {ASKED:g} MHz"
    if value > ASKED and worse:
        return Fmax(None, None, None, f"{beyond}; {worse}", path, of, most)
    if value > ASKED:
        least = min(ASKED, value * (1 + low), float(most))
        return Fmax(None, least, None, beyond, path, of, most)
    if worse:
        return Fmax(None, None, value * (1 + high), worse, path, of, most)
    return Fmax(Figure(value, low, high), None, None, "", path, of, most)


def _worse(cost: Cost, of: Grade) -> str:
    """Why a design may be slower than rows with the same path; empty if nothing speaks for it."""
    if (of.speed, of.volts) != (SPEED, VOLTS):
        return f"slower than the rows' grade -{SPEED} at {VOLTS:.2f} V"
    largest = max(row.values["yosys_lut"] for row in packaged().rows)
    if cost.resources["lut"] > largest:
        return f"nets reach further than in the rows, of up to {largest:,g} LUTs"
    return ""


def _unlike(cost: Cost, of: Grade | None) -> str:
    """Why the data say nothing of a design, whatever its path; empty if they may."""
    if of is None or of.speed > SPEED:
        return f"the rows are of grade -{SPEED} at {VOLTS:.2f} V"
    if memories := [name for name in ("lutram", "bram36", "uram") if cost.resources.get(name)]:
        return f"no row has memories, this has {memories[0]}"
    if cost.levels.get("dsp", 0):
        return "a path crosses a DSP block, which no row's does"
    return ""


def _beyond(path: Path | None) -> str:
    """Why no row has such a path; empty if one has."""
    if path is None:
        return "no path leads from register to register"
    for name, found in zip(PATH, numbers(path), strict=True):
        most = max(row.values[name] for row in packaged().rows)
        if found > most:
            return f"{name} is at most {most:g} in the rows, here {found}"
    share = path.lut / max(path.carry_runs, 1)
    most = max(row.values["path_lut"] / row.values["path_carry_runs"] for row in packaged().rows)
    if share > most:
        return f"rows have up to {most:g} LUTs for a carry run, here {share:g}"
    return ""
