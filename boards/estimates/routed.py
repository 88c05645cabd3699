"""Frequencies of the families that nextpnr routes, for designs that nobody has routed yet.

See :mod:`.model`. ``routed.csv`` has the rows, which ``make fmax`` writes: small designs, routed in
their harness, beside what stands on the longest path of their mapped netlists. Here ports count as
registers, which the harness has there.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..catalogue import Board
from ..cost import Cost
from ..families import family
from ..netlist import Netlist
from .model import Estimate, Known, Model, larger, unlike
from .path import Delays, longest

#: The rows in the package, and what its first lines say.
PACKAGED = Path(__file__).parent / "routed.csv"
HEAD = """\
# Small designs that nextpnr routed in their harness, alone in the part: written by make fmax.
# mhz: of clock edge to clock edge; cells_ns, wires_ns: of the slowest path after routing; path_...: of the longest path of the mapped netlist, before.
"""  # noqa: E501

#: Columns that name a row, and those that are numbers: of its path, of its size, and all that are
#: read.
NAMES = ("board", "design", "shape", "policy")
PATH = ("path_lut", "path_carry_runs", "path_carry_bits", "path_muxf", "path_dsp", "path_nets",
        "path_doublings", "path_blocks")  # fmt: skip
SIZES = ("lut", "ff", "sites", "dsp")
NUMBERS = ("mhz", *SIZES, "lutram", *PATH)


@dataclass(frozen=True)
class Row:
    """A design that was routed: its cells as they stand, and those that are numbers."""

    cells: Mapping[str, str]
    values: Mapping[str, float]

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(self.cells[name] for name in NAMES)

    @property
    def sums(self) -> str:
        """How it sums: rows of one way are alike."""
        return self.cells["sums"]

    @property
    def name(self) -> str:
        """Its formats or preset."""
        return self.cells["design"].partition(" ")[0]


@dataclass(frozen=True)
class Routings:
    """The rows of a family, and the model that was fitted to them.

    Parameters
    ----------
    board : on which they were routed.
    grade : the speed grade of its part.
    blocks : whether the router knows what DSP blocks take.
    """

    board: str
    grade: str
    blocks: bool
    model: Model


#: family → what is known of it. nextpnr aims at 400 MHz; a test fits the delays anew.
MODELS: Mapping[str, Routings] = {
    # Cells by Project Trellis, timing of grade 6 (YosysHQ/prjtrellis-db, 4dda149): clock to Q 0.522
    # and 0.525, no setup; a LUT 0.236; a carry from A to F of the bit above 0.714, from A to FCO
    # and FCI to F up to 0.921, two bits of it 0.071; PFUMX 0.165 behind a LUT, L6MUX21 up to 0.242,
    # by their selects 0.256; P of a MULT18X18D 0.210 later than Q. What nets take is fitted.
    "ecp5": Routings(
        "ulx3s-85",
        "6",
        True,
        Model(
            chosen=Delays(0.525, 0.236, 0.921, 0.0355, 0.165, 0.79, 0.08, 1.15),
            least=Delays(0.522, 0.236, 0.714, 0.0355, 0.165, 0.0, 0.0, 0.21),
            most=Delays(0.525, 0.236, 0.921, 0.0355, 0.256, 2.0, 0.5, 2.0),
            fitted=Delays(0.525, 0.236, 0.921, 0.0355, 0.165, 0.7839, 0.0700, 1.1705),
            short=-0.2080,
            long=0.2846,
            asked=400.0,
        ),
    ),
    # Cells by Project Apicula 0.32, GW2A-18C, C8/I7: clock to Q 0.232, setup 0.035; a LUT 0.371 by
    # its fastest input, 0.570 by its slowest; into a carry likewise, and out of it 0.470, each bit
    # 0.0352; multiplexers 0.105 to 0.269. It has no delays of DSP blocks.
    "gowin": Routings(
        "tang-nano-20k",
        "C8/I7",
        False,
        Model(
            chosen=Delays(0.267, 0.371, 1.0, 0.0352, 0.105, 0.32, 0.09),
            least=Delays(0.267, 0.371, 0.841, 0.0352, 0.105, 0.0, 0.0),
            most=Delays(0.267, 0.570, 1.040, 0.0352, 0.269, 2.0, 0.5),
            fitted=Delays(0.267, 0.371, 1.04, 0.0352, 0.105, 0.3339, 0.0883),
            short=-0.1285,
            long=0.2454,
            asked=400.0,
        ),
    ),
}

#: What the estimates are from, in a line.
DATA = (
    "{rows} designs that nextpnr routed on {board}, each estimated from those that sum otherwise, "
    "or are of other formats"
)

#: Resources that are memories.
_MEMORIES = ("lutram", "ebr18", "bsram")


@cache
def rows(board: str = "") -> tuple[Row, ...]:
    """The rows of a board, or all."""
    text = PACKAGED.read_text(encoding="utf-8") if PACKAGED.exists() else ""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = [
        Row(cells, {name: float(cells[name]) for name in NUMBERS})
        for cells in csv.DictReader(lines)
    ]
    return tuple(row for row in found if board in ("", row.cells["board"]))


@dataclass(frozen=True)
class Reached(Estimate):
    """The frequency in MHz that nextpnr reaches.

    Parameters
    ----------
    routings : what is known of the family.
    """

    routings: Routings

    stands = PATH

    @property
    def place(self) -> str:
        return f"as nextpnr routes it alone in a part of grade {self.routings.grade}"

    @property
    def data(self) -> str:
        many = len(rows(self.routings.board))
        return DATA.format(rows=many, board=self.routings.board)

    @property
    def device(self) -> Mapping[str, Any]:
        return {"grade": self.routings.grade}


def reached(netlist: Netlist, cost: Cost, board: Board) -> Reached | None:
    """The frequency of a mapped design on a board's part; None for a family without rows."""
    if (routings := MODELS.get(board.family)) is None:
        return None
    known = [row.values for row in rows(routings.board)]
    path, why = None, _unlike(cost, board, routings)
    if not why:
        chosen = routings.model.chosen
        path = longest(netlist, cost.top, family(board.family), chosen, ports=True)
        why = unlike(path, known, PATH)
    if why or path is None:
        found = Known(None, None, None, why)
    else:
        worse = larger(cost.resources, known, {name: name for name in SIZES})
        found = routings.model.fmax(path, worse)
    return Reached(*found, path, routings)


def _unlike(cost: Cost, board: Board, routings: Routings) -> str:
    """Why the rows say nothing of a design, whatever its path; empty if they may."""
    if board.speed_grade != routings.grade:
        return f"the rows are of grade {routings.grade}"
    known = {name for row in rows(routings.board) for name in _MEMORIES if row.values.get(name)}
    if more := [name for name in _MEMORIES if cost.resources.get(name) and name not in known]:
        return f"no row has memories of {more[0]}"
    if cost.resources.get("dsp") and not routings.blocks:
        return "nextpnr knows no delays of its DSP blocks"
    if cost.levels.get("dsp", 0):
        return "a path crosses a DSP block, which no row's does"
    return ""
