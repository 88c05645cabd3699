"""Writes docs/quality.csv: what presets and pairs cost, a row a design, policy and shape.

Run ``make quality`` after a change of the hardware. A row has the digest of the hardware that was
counted: rows whose hardware is still the same are left as they are, unless ``--anew``. Options
choose rows: ``--missing`` measures those that the table lacks, what an interrupted run leaves is
whole. ``--check`` writes nothing, and fails where a count has grown by more than 3 %, or where rows
are missing or stale; ``--brief`` does so for the rows that every change is checked for. To emit all
takes a quarter of an hour, to count all more than two hours on two cores.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from macsmith.golden.errors import ToolFailed
from macsmith.hw.text.emit import Emitted, emit
from macsmith.tools import yosys
from quality_table import (
    BOARD,
    BRIEF_PRESETS,
    LARGE,
    PAIRS,
    POLICIES,
    SHAPES,
    Key,
    Row,
    Shape,
    Table,
    brief,
    compare,
    expected,
    read,
    strays,
    write,
)

from macsmith import DesignError, Engine, Options, boards, design, explain
from macsmith.cli import guarded
from macsmith.commands.common import progress

FOLDER = Path("build/costs/quality")

#: Designs of a yosys run: small pairs, for it takes six seconds to start; a large one alone, for
#: each module that stays apart costs the more the larger the whole is (write_xaiger2).
SMALL_ONES, LARGE_ONES = 6, 1

BRIEF = (
    f"pairs at 4x4x4, README's in both policies, and {len(BRIEF_PRESETS)} presets at 1x1x16; not "
    "large pairs, other presets and shapes, which make test-all compares"
)

#: Python emits one design at a time anyway; while it does, yosys runs beside it.
_EMITTING = Lock()


@dataclass(frozen=True)
class Built:
    """A design that can be built, with the partial sums that it was given for its shape, or 0."""

    emitted: Emitted
    partials: int

    @cached_property
    def digest(self) -> str:
        """Of all that its counts depend on."""
        made = self.emitted
        parts = (recipe(), made.target.policy, made.core, *made.keep, *made.parts, made.fabric)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@cache
def recipe() -> str:
    """A digest of yosys, of the scripts that run it, and of those that count what it makes.

    Estimates are made of the counts.
    """
    folder = Path(boards.__file__).parent
    files = [p for p in sorted(folder.rglob("*")) if p.suffix in (".py", ".v")]
    apart = {folder / "catalogue.py", *(folder / "estimates").rglob("*.py")}
    texts = [path.read_bytes() for path in files if path not in apart]
    board = f"{yosys.version()} {boards.lookup(BOARD).flags}"
    return hashlib.sha256(b"\0".join([board.encode(), *texts])).hexdigest()


def engine(key: Key) -> tuple[int, Engine]:
    """A row's design, with as many partial sums as the shape needs; 0 for its own.

    Raises DesignError for what cannot be built.
    """
    name, *words = key.design.split(" ")
    given: dict[str, Any] = dict(zip(("rows", "cols", "lanes"), key.shape, strict=True))
    given["policy"] = key.policy
    for word in words:
        option, _, value = word.partition("=")
        given[option] = int(value) if value.isdigit() else value
    found = design(name, Options(**given))
    try:
        explain(found)
    except DesignError as error:
        if (needed := error.advised("partials")) is None:
            raise
        partials = 1 << (int(str(needed)) - 1).bit_length()  # a whole tree
        found = design(name, Options(**given, partials=partials))
        explain(found)
        return partials, found
    return 0, found


def batches(keys: Sequence[Key]) -> list[list[Key]]:
    """Keys that one yosys run takes: of one policy and shape, the long runs first."""
    small = set(PAIRS) - set(LARGE)
    alike: defaultdict[tuple[bool, str, Shape], list[Key]] = defaultdict(list)
    for key in keys:
        alike[key.design in small, key.policy, key.shape].append(key)
    return [
        group[start : start + size]
        for (many, *_), group in sorted(alike.items())
        for size in [SMALL_ONES if many else LARGE_ONES]
        for start in range(0, len(group), size)
    ]


def measured(keys: Sequence[Key], known: Table) -> tuple[dict[Key, Row], list[str]]:
    """The rows of designs of one policy, which yosys synthesizes in one run; and what failed.

    Those whose hardware is as it was when it was counted have the row that is ``known``.
    """
    rows, built = dict[Key, Row](), dict[Key, Built]()
    for key in keys:
        try:
            with _EMITTING:
                partials, made = engine(key)
                now = Built(emit(made), partials)
                if key in known and known[key].digest == now.digest:
                    rows[key] = replace(known[key], partials=partials)
                else:
                    built[key] = now
        except DesignError as error:
            rows[key] = Row(note=str(error).splitlines()[0])
    if not built:
        return rows, []
    try:
        return rows | synthesized(built), []
    except ToolFailed as error:  # ABC9 ends without a word now and then: of which design?
        if len(keys) == 1:
            progress(f"{keys[0]}: yosys fails")
            return {}, [f"{keys[0]}: {error}"]
    failed = list[str]()
    for key in keys:
        row, told = measured([key], known)
        rows, failed = rows | row, failed + told
    return rows, failed


def synthesized(built: dict[Key, Built]) -> dict[Key, Row]:
    """The counts of designs of one policy."""
    chosen = [item.emitted for item in built.values()]
    tops = [module for item in chosen for module in (item.core, *item.parts)]
    found = boards.synthesize(
        "".join(item.fabric for item in chosen),
        tops,
        boards.lookup(BOARD),
        chosen[0].target.policy,
        [module for item in chosen for module in item.keep],
        FOLDER / chosen[0].name,
    )
    rows = {}
    for key, item in built.items():
        row = replace(counted(found[item.emitted.core], item.partials), digest=item.digest)
        part = next((m for m, what in item.emitted.parts.items() if what == "scale path"), None)
        rows[key] = row if part is None else replace(row, scale_sites=counted(found[part]).sites)
    return rows


def counted(cost: boards.Cost, partials: int = 0) -> Row:
    """A row of what was synthesized."""
    sites, lut, ff, dsp = (round(cost.resources[name]) for name in ("sites", "lut", "ff", "dsp"))
    return Row(partials, sites, lut, ff, dsp, cost.levels["lut"], cost.levels["carry"])


def every(work: Sequence[Sequence[Key]], cores: int, known: Table) -> Iterator[dict[Key, Row]]:
    """The rows of each batch as they are found, yosys on so many cores; tells how long it takes.
    ``known`` are rows that stand where the hardware is still the same.

    Raises ToolFailed at the end, when all others are known, for designs at which yosys fails.
    """
    begun, total, done, failed = time.monotonic(), sum(map(len, work)), 0, list[str]()
    pool = ThreadPoolExecutor(max(1, cores))
    try:
        for future in as_completed([pool.submit(measured, batch, known) for batch in work]):
            rows, told = future.result()
            failed += told
            done += len(rows)
            if not done:
                continue
            left = (time.monotonic() - begun) * (total - done) / done / 60
            progress(f"{done} of {total} rows, about {left:.0f} minutes left")
            yield rows
    finally:
        pool.shutdown(cancel_futures=True)
    if failed:
        raise ToolFailed("; ".join(failed))


def chosen(arguments: argparse.Namespace, table: Table) -> list[Key]:
    """The rows that the options choose."""
    keys = brief() if arguments.brief else expected()
    tests: list[tuple[object, Callable[[Key], bool]]] = [
        (arguments.shape, lambda key: "x".join(map(str, key.shape)) == arguments.shape),
        (arguments.policy, lambda key: key.policy == arguments.policy),
        (arguments.only, lambda key: key.design in arguments.only),
        (arguments.missing, lambda key: key not in table),
    ]
    return [key for key in keys if all(test(key) for given, test in tests if given)]


def check(work: Sequence[Sequence[Key]], table: Table, cores: int, anew: bool = False) -> int:
    """Compares what is measured with the table, which is left as it is."""
    there = set(table) & set(expected())
    failures = strays(table, there.union(*work))  # of rows that are not compared, none is missed
    hints = list[str]()
    for rows in every(work, cores, {} if anew else table):
        failed, told = compare(table, rows)
        for line in failed:
            progress(line)
        failures, hints = failures + failed, hints + told
    rows_checked = f"{sum(map(len, work))} of {len(expected())} rows of docs/quality.csv"
    for line in hints:
        print(f"smaller: {line}")
    for line in failures:
        print(f"FAILED: {line}")
    if failures or hints:
        print("If this is meant: make quality, and commit the table with the change.")
    print(f"{rows_checked} compared: {len(failures)} fail, {len(hints)} could be rewritten")
    return int(bool(failures))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail where a count has grown")
    parser.add_argument("--brief", action="store_true", help=BRIEF)
    parser.add_argument("--missing", action="store_true", help="rows that the table lacks")
    parser.add_argument("--anew", action="store_true", help="count the same hardware again, too")
    parser.add_argument("--shape", choices=["x".join(map(str, shape)) for shape in SHAPES])
    parser.add_argument("--policy", choices=POLICIES)
    parser.add_argument("--only", nargs="+", metavar="DESIGN", help="as the table calls them")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="yosys runs at a time")
    arguments = parser.parse_args()
    table = read()
    keys = chosen(arguments, table)
    if arguments.brief:
        progress(BRIEF)
    if arguments.check:
        return check(batches(keys), table, arguments.cores, arguments.anew)
    wanted = set(expected())
    table = {key: row for key, row in table.items() if key in wanted}
    known = {} if arguments.anew else dict(table)
    for rows in every(batches(keys), arguments.cores, known):
        table |= rows
        write(table)
    write(table)
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
