"""The frequency that Vivado would reach on a nearly empty device, estimated from one path.

See :mod:`.model`. The fan-out of nets is not taken into account here: the rows do not tell it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..catalogue import Board
from ..cost import Cost
from ..families import family
from ..netlist import Netlist
from .limits import Grade, grade, limit
from .model import STANDS, Estimate, Known, Model, larger, unlike
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

MODEL = Model(CHOSEN, LEAST, MOST, FITTED, SHORT, LONG, ASKED)

#: The grade and voltage of the rows.
SPEED, VOLTS = 2, 0.85

#: By what a design may be larger than any row: resource → column. Of registers Vivado's count, for
#: it kept in flip-flops what yosys put into SRLs. Rows do not tell how many DSP blocks they have.
SIZES = {"lut": "yosys_lut", "ff": "vivado_ff", "sites": "sites"}

#: What the estimates are from, in a line.
DATA = (
    "{missed} public routed results and {met} that met their clock (Vivado 2022.2, XtraMAC, "
    "xcu55c), each estimated from those that sum in other formats"
)


@dataclass(frozen=True)
class Fmax(Estimate):
    """The frequency in MHz.

    Parameters
    ----------
    grade, limit : of the board's part, and what clock tree and DSP blocks allow.
    """

    grade: Grade | None
    limit: int | None

    stands = PATH

    @property
    def place(self) -> str:
        return f"nearly empty device, grade {self.grade}"

    @property
    def data(self) -> str:
        return origin()

    @property
    def device(self) -> Mapping[str, Any]:
        return {"grade": str(self.grade) if self.grade else None, "limit_mhz": self.limit}


def numbers(path: Path) -> tuple[float, ...]:
    """A path as the data have it."""
    return tuple(STANDS[name](path) for name in PATH)


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
        why = unlike(path, [row.values for row in packaged().rows], PATH)
    if why or path is None or of is None:
        known = Known(None, None, None, why)
    else:
        known = MODEL.fmax(path, _worse(cost, of), most)
    return Fmax(*known, path, of, most)


def _worse(cost: Cost, of: Grade) -> str:
    """Why a design may be slower than rows with the same path; empty if nothing speaks for it."""
    if (of.speed, of.volts) != (SPEED, VOLTS):
        return f"slower than the rows' grade -{SPEED} at {VOLTS:.2f} V"
    return larger(cost.resources, [row.values for row in packaged().rows], SIZES)


def _unlike(cost: Cost, of: Grade | None) -> str:
    """Why the data say nothing of a design, whatever its path; empty if they may."""
    if of is None or of.speed > SPEED:
        return f"the rows are of grade -{SPEED} at {VOLTS:.2f} V"
    if memories := [name for name in ("lutram", "bram36", "uram") if cost.resources.get(name)]:
        return f"no row has memories, this has {memories[0]}"
    if cost.levels.get("dsp", 0):
        return "a path crosses a DSP block, which no row's does"
    return ""
