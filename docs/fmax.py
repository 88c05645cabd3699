"""Writes boards/estimates/routed.csv: small designs that nextpnr routed, a row each.

Run ``make fmax``: rows that are there are left as they are, unless ``--anew``; each is written as
it is known, and what is routed is kept, so that an interrupted run goes on where it ended. Then it
prints the delays that are fitted to the rows, and how far rows are from what is fitted without
them. ``--fit`` prints these alone.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from fitting import COLUMNS, sample
from macsmith.boards import lookup
from macsmith.boards.estimates.model import STANDS
from macsmith.boards.estimates.path import longest
from macsmith.boards.estimates.routed import HEAD, MODELS, NAMES, PACKAGED, PATH, Routings, rows
from macsmith.boards.families import family
from macsmith.boards.netlist import read
from macsmith.tools import whole, work

from macsmith import Options, cost, design
from macsmith.cli import guarded
from macsmith.commands.common import progress

#: The router's.
SEED = 1


class Line(NamedTuple):
    """A design: how it sums, its name, rows × columns × lanes, its policy and other options.

    ``only`` is its board, if it is routed on one alone.
    """

    sums: str
    name: str
    shape: tuple[int, int, int]
    policy: str = "lut"
    options: Mapping[str, Any] = {}
    only: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The cells of :data:`NAMES` behind the board's."""
        told = [f"{key}={value}" for key, value in self.options.items()]
        return " ".join([self.name, *told]), "x".join(map(str, self.shape)), self.policy


INT32 = {"accumulate": "int32"}
CLAMPED = {"accumulate": "int32", "overflow": "saturate"}
NARROW = {"accumulate": "int16", "overflow": "saturate"}
FP32 = {"group": 32, "accumulate": "fp32"}

LINES = (
    Line("int", "ternaryxint8", (1, 1, 4)),
    Line("int", "ternaryxint8", (2, 2, 4)),
    Line("int", "int2xint8", (1, 2, 2)),
    Line("int", "int4xint4", (2, 2, 2)),
    Line("int", "int4xint8", (1, 1, 2)),
    Line("int", "int4xint8", (2, 2, 4)),
    Line("int", "int4xint8", (1, 1, 4), "dsp"),
    Line("int", "int8xint8", (1, 1, 4)),
    Line("int", "int8xint8", (1, 2, 2), "dsp"),
    Line("int", "int6xint6", (1, 1, 4)),
    Line("int32", "int8xint8", (1, 1, 2), options=INT32),
    Line("int32", "int8xint8", (1, 1, 4), "dsp", INT32),
    Line("saturating", "int4xint8", (1, 1, 4), options=CLAMPED),
    Line("saturating", "int4xint4", (2, 2, 2), options=CLAMPED),
    Line("saturating", "ternaryxint8", (1, 1, 4), options=NARROW),
    Line("saturating", "uint4xint8", (1, 2, 4), "dsp", CLAMPED),
    Line("fixed", "e2m1xe2m1", (1, 1, 4)),
    Line("fixed", "e2m1xe2m1", (2, 2, 2)),
    Line("fixed", "e2m3xe2m3", (1, 1, 4)),
    Line("fixed", "e3m2xe3m2", (1, 1, 2)),
    Line("fixed", "e2m1xint8", (1, 1, 4)),
    Line("fixed", "e4m3xe4m3", (1, 1, 2)),
    Line("fixed", "e4m3xe4m3", (1, 1, 4), "dsp"),
    Line("aligned", "e5m2xe5m2", (1, 1, 2), options={"accumulate": "aligned", "fraction": 10}),
    Line("aligned", "e2m1xe2m1", (1, 2, 2), options={"accumulate": "aligned", "fraction": 8}),
    Line("scaled", "mxfp4", (1, 1, 2)),
    Line("scaled", "mxint8", (1, 1, 2)),
    Line("fp32", "e2m1xe2m1", (1, 1, 2), options=FP32),
    Line("fp32", "int4xint8", (1, 1, 2), options=FP32),
    Line("fp32", "e4m3xe4m3", (1, 1, 2), options=FP32),
    Line("scaled", "bitnet", (1, 1, 2), only="ulx3s-85"),
    Line("scaled", "mxfp4", (1, 1, 4), only="ulx3s-85"),
    Line("scaled", "nvfp4", (1, 1, 4), only="ulx3s-85"),
)


def wanted(routings: Routings) -> list[Line]:
    """The lines that are routed on a board: those with DSP blocks where their delays are known."""
    return [
        line
        for line in LINES
        if (routings.blocks or line.policy == "lut") and line.only in ("", routings.board)
    ]


def row(line: Line, routings: Routings) -> dict[str, Any]:
    """A design routed, and what stands on the longest path of its netlist before."""
    board = lookup(routings.board)
    r, c, lanes = line.shape
    options = Options(rows=r, cols=c, lanes=lanes, policy=line.policy, **line.options)
    with work.folder("fmax") as folder:
        report = cost(design(line.name, options), board, folder=folder, seeds=(SEED,))
        netlist = read(folder / "netlist.json")
    found, spent = report.routed, report.cost
    assert found is not None
    path = longest(netlist, spent.top, family(board.family), routings.model.chosen, ports=True)
    assert path is not None
    told = zip(NAMES, (board.name, *line.names), strict=True)
    slowest = found.runs[0].path
    tools = next(f"{name} {text}" for name, text in found.tools.items() if name[:7] == "nextpnr")
    return {
        **dict(told),
        "sums": line.sums,
        "seed": SEED,
        "tools": f"{tools}, yosys {spent.tools['yosys']}",
        "mhz": round(found.fmax, 2),
        "slowest": slowest.where,
        "cells_ns": slowest.logic,
        "wires_ns": slowest.routing,
        "lut": spent.resources["lut"],
        "ff": spent.resources["ff"],
        "sites": spent.resources["sites"],
        "dsp": spent.resources["dsp"],
        "lutram": spent.resources["lutram"],
        **{name: round(STANDS[name](path), 3) for name in PATH},
    }


def written(made: Mapping[tuple[str, ...], Mapping[str, Any]]) -> str:
    """The file, in the order of boards and lines."""
    text = io.StringIO()
    text.write(HEAD)
    table: csv.DictWriter[str] | None = None
    for routings in MODELS.values():
        for line in wanted(routings):
            if (cells := made.get((routings.board, *line.names))) is not None:
                if table is None:
                    table = csv.DictWriter(text, list(cells), lineterminator="\n")
                    table.writeheader()
                table.writerow(cells)
    return text.getvalue()


def fitted(routings: Routings) -> None:
    """Print the delays, and errors with each way to sum and with each design left out."""
    model, known = routings.model, rows(routings.board)
    values = [each.values for each in known]
    found = sample(values, "mhz", model.asked, model.least, model.most)
    print(f"\n{routings.board}: {len(known)} rows, {found.met.sum()} met {model.asked:g} MHz")
    print(", ".join(f"{n}={v:.4f}" for n, v in zip(COLUMNS, found.fit(), strict=True)))
    for what, groups in (("sums", [r.sums for r in known]), ("design", [r.name for r in known])):
        errors = found.held_out(groups)[~found.met]
        print(f"{what} left out: {errors.min():+.4f} {errors.max():+.4f}, "
              f"median {np.median(abs(errors)):.4f}")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--anew", action="store_true", help="make all rows anew")
    parser.add_argument("--fit", action="store_true", help="only print what is fitted")
    asked = parser.parse_args()
    known = [] if asked.anew and not asked.fit else rows()
    made: dict[tuple[str, ...], Mapping[str, Any]] = {each.key: each.cells for each in known}
    for line, routings in () if asked.fit else product(LINES, MODELS.values()):
        key = (routings.board, *line.names)
        if key not in made and line in wanted(routings):
            progress(f"routing {' '.join(key[1:])} on {routings.board}")
            made[key] = row(line, routings)
            whole.write(PACKAGED, written(made).encode())
    rows.cache_clear()
    for routings in MODELS.values():
        fitted(routings)
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
