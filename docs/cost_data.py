"""Writes studies/prediction/costs.parquet: what engines of studies/prediction/grid.toml cost.

``--engines N`` counts until the first N of the grid are there: those of few MACs first, in an order
that a digest draws, then larger ones. So any number of them is a fair sample, a larger grid keeps
those that are there, and what was interrupted goes on. Rows are kept in ``--store`` as ``macsmith sweep`` keeps them. What was counted
of the same hardware, by the same yosys, is not counted again: neither what stands in the store, of
whatever sources, nor what stands in the table, so a set grows over months and machines. yosys
counts several designs in a run, for it takes three seconds to start; names of other modules beside
it change a count by a LUT or two in a thousand. ``--table`` writes the table of what is there, and
of what was counted for other tables: docs/quality.csv, hw/datapaths/measured_tables,
macsmith/format_costs.toml. The column ``source`` says where a row is from.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any

from macsmith.boards import fitted, lookup, synthesize
from macsmith.boards.cost import ANALYSIS
from macsmith.golden.errors import DesignError, ToolFailed
from macsmith.hw.datapaths import measured
from macsmith.hw.text.emit import Emitted, emit
from macsmith.studies.prediction.data import FILE as TABLE
from macsmith.studies.prediction.data import GRID, read
from macsmith.studies.sweeping.export import save
from macsmith.studies.sweeping.grid import Point, points
from macsmith.studies.sweeping.store import COUNTED, REFUSED, Store
from macsmith.studies.sweeping.worker import digest, filled, limit, row
from macsmith.tools import work, yosys

from macsmith.cli import guarded
from macsmith.commands.common import progress
from macsmith.designs import Options, design

ROOT = Path(__file__).parent.parent

#: Designs of a yosys run, and those that are looked at for some that go together.
TOGETHER, WINDOW = 8, 64

#: A board of each family that other tables have.
BOARDS = {"xcup": "u280", "ecp5": "ulx3s-85", "ice40": "icebreaker"}

#: MACs of engines that come first: a twelfth of the grid has 256, and takes two fifths of the time.
FEW = 16

#: Gigabytes of data that this process and yosys may have.
MEMORY = 4.0


def ordered(grid: Path = GRID) -> list[Point]:
    """All engines of the grid: the first so many are a fair sample of those of few MACs."""

    def place(point: Point) -> tuple[bool, bytes]:
        sides = dict(point.options)
        macs = prod(int(str(sides[name])) for name in ("rows", "cols", "lanes"))
        return macs > FEW, hashlib.sha256(f"1 {point.words}".encode()).digest()

    return sorted(points(grid), key=place)


def batches(wanted: Sequence[Point]) -> Iterator[list[Point]]:
    """Designs that one yosys run takes: of a board and policy, none twice by name."""
    for start in range(0, len(wanted), WINDOW):
        alike: defaultdict[tuple[str, object], list[Point]] = defaultdict(list)
        for point in wanted[start : start + WINDOW]:
            alike[point.board, dict(point.options).get("policy")].append(point)
        for group in alike.values():
            for first in range(0, len(group), TOGETHER):
                yield group[first : first + TOGETHER]


#: What a count depends on: the board, the digest of the hardware, yosys, how we count.
Counted = tuple[str, str, str, str]


def known(folder: Path) -> dict[Counted, dict[str, Any]]:
    """Rows of the grid that were counted before, in the store's folder and in the table."""
    found = [row for row in read() if row["source"] == "grid"] if TABLE.exists() else []
    for file in sorted((folder / "rows").glob("*.json")):
        with suppress(ValueError):
            found.append(json.loads(file.read_text(encoding="utf-8")))
    return {_made_of(row): row for row in found if row["status"] == COUNTED and row.get("hardware")}


def _made_of(row: dict[str, Any]) -> Counted:
    return row["board"], row["hardware"], row["yosys"], row.get("analysis") or ""


def counted(
    group: Sequence[Point], before: Mapping[Counted, dict[str, Any]]
) -> dict[Point, dict[str, Any]]:
    """The rows of designs that yosys synthesizes in one run; each alone where that fails."""
    begun = time.monotonic()
    rows: dict[Point, dict[str, Any]] = {}
    built: dict[Point, Emitted] = {}
    for point in group:
        told = {"design": point.design, "board": point.board, **dict(point.options)}
        try:
            made = fitted(design(point.design, Options(**dict(point.options))), lookup(point.board))
            found = emit(made)
        except DesignError as error:
            rows[point] = {**told, "status": REFUSED, "error": str(error), "seconds": 0.0}
            continue
        made_of = point.board, digest(found), yosys.version(), ANALYSIS
        if made_of in before:
            rows[point] = {**before[made_of], **told}
            continue
        if any(found.core == other.core for other in built.values()):
            rows[point] = row(point)
            continue
        built[point] = found
    try:
        made_rows = _synthesized(built) if built else {}
    except ToolFailed:
        return rows | {point: row(point) for point in built}
    each = round((time.monotonic() - begun) / max(len(built), 1), 2)
    for point, values in made_rows.items():
        told = {"design": point.design, "board": point.board, **dict(point.options)}
        rows[point] = {**told, **values, "seconds": each}
    return rows


def _synthesized(built: dict[Point, Emitted]) -> dict[Point, dict[str, Any]]:
    chosen = list(built.values())
    board = lookup(next(iter(built)).board)
    with work.folder("cost_data") as folder:
        found = synthesize(
            "".join(item.fabric for item in chosen),
            [module for item in chosen for module in (item.core, *item.parts)],
            board,
            chosen[0].target.policy,
            [module for item in chosen for module in item.keep],
            folder,
        )
    rows = {}
    for point, item in built.items():
        path = next((m for m, what in item.parts.items() if what == "scale path"), None)
        values = filled(item, found[item.core], found[path] if path else None)
        rows[point] = {**values, "together": len(built)}
    return rows


def count(engines: int, store: Store) -> None:
    """Count what the store lacks of the first ``engines``."""
    every = ordered()[:engines]
    missing = [point for point in every if store.get(point, failed=True) is None]
    progress(f"{len(every) - len(missing)} of {len(every)} are there")
    begun, done, before = time.monotonic(), 0, known(store.folder.parent)
    for group in batches(missing):
        for point, values in counted(group, before).items():
            store.put(point, values)
        done += len(group)
        left = (time.monotonic() - begun) / done * (len(missing) - done) / 60
        progress(f"{done} of {len(missing)}, about {left:.0f} minutes left")


def others() -> Iterator[dict[str, Any]]:
    """Rows of the repository's other tables of counts."""
    with (ROOT / "docs" / "quality.csv").open(encoding="utf-8") as file:
        for given in csv.DictReader(file):
            if given["sites"]:
                yield _of_quality(given)
    for fabric, board in BOARDS.items():
        held = measured.conditions(fabric)
        sides = {name: held[name] for name in ("rows", "cols", "lanes")}
        for pair, ways in measured.sites(fabric).items():
            for datapath, per_mac in ways.items():
                told = {"design": pair, "board": board, "policy": held["policy"], **sides}
                yield _row("measured_tables", told, sides, per_mac, datapath)
    text = (ROOT / "macsmith" / "format_costs.toml").read_text(encoding="utf-8")
    known = tomllib.loads(text)
    held = known["conditions"]
    sides = {name: held[name] for name in ("rows", "cols", "lanes")}
    for name, ways in known["sites"].items():
        for other, per_mac in ways.items():
            pair = f"{name}x{name if other == 'itself' else other}"
            told = {"design": pair, "board": held["board"], "policy": held["policy"], **sides}
            yield _row("format_costs", told, sides, per_mac, held["datapath"])


def _row(
    source: str, told: dict[str, Any], sides: dict[str, int], per_mac: float, datapath: str
) -> dict[str, Any]:
    """A row of sites alone, as near as what is kept of a MAC tells them."""
    sites = round(per_mac * sides["rows"] * sides["cols"] * sides["lanes"])
    return {**told, "status": "counted", "source": source, "sites": sites, "datapath": datapath}


def _of_quality(given: dict[str, str]) -> dict[str, Any]:
    """A row of docs/quality.csv."""
    name, *words = given["design"].split(" ")
    rows, cols, lanes = map(int, given["shape"].split("x"))
    found: dict[str, Any] = {"design": name, "board": "u280", "policy": given["policy"]}
    found |= {"rows": rows, "cols": cols, "lanes": lanes, "status": "counted", "source": "quality"}
    for word in words:
        option, _, value = word.partition("=")
        found[option] = int(value) if value.isdigit() else value
    if given["partials"]:
        found["partials"] = int(given["partials"])
    counts = ("sites", "lut", "ff", "dsp", "scale_sites", "levels", "carry")
    found |= {name: int(given[name] or 0) for name in counts}
    return found | {"hardware": given["digest"] or None}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, help="the folder of rows")
    parser.add_argument("--engines", type=int, default=0, help="how many of the grid to count")
    parser.add_argument("--table", action="store_true", help=f"write {TABLE.name}")
    arguments = parser.parse_args()
    every: list[dict[str, Any]] = []
    if arguments.store is not None:
        limit(MEMORY)
        store = Store(arguments.store)
        count(arguments.engines, store)
        there = (store.get(point) for point in ordered()) if arguments.table else ()
        every = [{**row, "source": "grid"} for row in there if row is not None]
    if arguments.table:
        every += others()
        save(every, TABLE)
        progress(f"wrote {len(every)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
