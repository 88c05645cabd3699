"""Writes docs/coverage.csv and its table in docs/site/verification.md: what verification meets.

Run ``make coverage`` (an hour): each preset, as it is when nobody says more, is simulated with the
stimuli of ``macsmith verify --coverage``. A row has the digest of the core: rows whose core is
still the same are left as they are, unless ``--anew``, so an interrupted run goes on where it
ended. Names of presets choose rows; ``--page`` only writes the page.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from multiprocessing import get_context
from pathlib import Path

from macsmith.golden.errors import MacsmithError
from macsmith.hw.text.emit import emit
from macsmith.sim.coverage import Bins
from macsmith.sim.streams import Simulator
from parts import with_part

from macsmith import design
from macsmith.cli import guarded
from macsmith.commands.common import progress
from macsmith.designs import presets
from macsmith.library import covered

FILE = Path(__file__).parent / "coverage.csv"
PAGE = Path(__file__).parent / "site" / "verification.md"
BEGIN, END = "<!-- coverage -->", "<!-- end of coverage -->"


@dataclass(frozen=True)
class Row:
    """What a verification of a preset meets.

    Parameters
    ----------
    bins : that widths and formats declare, without those that cannot be met.
    met : of these.
    unreachable : bins that cannot be met.
    seconds : by the clock, from a simulator that stands to the last bin.
    missing : the bins that are not met, as ``part: bin``, with ``; `` between them.
    digest : of the core.
    note : why nothing is known.
    """

    bins: int = 0
    met: int = 0
    unreachable: int = 0
    seconds: float = 0.0
    missing: str = ""
    digest: str = ""
    note: str = ""


def read(path: Path) -> dict[str, Row]:
    """The table; without the file, an empty one."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {line.pop("design"): _row(line) for line in csv.DictReader(file)}


def _row(line: Mapping[str, str]) -> Row:
    kinds = {
        item.name: {"int": int, "float": float}.get(str(item.type), str) for item in fields(Row)
    }
    return Row(**{name: kinds[name](text) for name, text in line.items()})


def write(table: Mapping[str, Row], path: Path) -> None:
    """All rows in order, by one rename."""
    fresh = path.with_name(f".new-{path.name}")
    with fresh.open("w", encoding="utf-8", newline="") as file:
        names = ("design", *(item.name for item in fields(Row)))
        lines = csv.DictWriter(file, names, lineterminator="\n")
        lines.writeheader()
        lines.writerows({"design": name, **asdict(table[name])} for name in sorted(table))
    fresh.replace(path)


def digest(name: str) -> str:
    """Of the core of a preset."""
    return hashlib.sha256(emit(design(name)).verilog.encode()).hexdigest()[:12]


def measured(name: str) -> Row:
    """Verify a preset; its simulator is built before the clock starts."""
    made, now = design(name), digest(name)
    try:
        Simulator(emit(made))
        begun = time.monotonic()
        found = covered(made)
    except MacsmithError as error:
        return Row(digest=now, note=str(error))
    return told(found, round(time.monotonic() - begun, 1), now)


def told(found: Bins, seconds: float, now: str) -> Row:
    """A row of what was met."""
    missing = [f"{part}: {name}" for part, name in found.missing]
    reachable = len(found.declared) - len(found.unreachable)
    met = reachable - len(missing)
    return Row(reachable, met, len(found.unreachable), seconds, "; ".join(missing), now)


def page(table: Mapping[str, Row]) -> str:
    """The table in Markdown, under a sentence that sums it up."""
    rows = [row for row in table.values() if not row.note]
    whole = sum(row.met == row.bins for row in rows)
    quick = sum(row.seconds <= 20 for row in rows)
    lines = [
        f"Verification of {whole} of {len(table)} presets meets all bins that they can meet; it "
        f"takes at most 20 seconds, once the simulator is built, for {quick}.",
        "",
        "| preset | bins | met | cannot be met | seconds | missing |",
        "|---|---|---|---|---|---|",
        *(_line(name, table[name]) for name in sorted(table)),
    ]
    return "\n".join(lines)


def _line(name: str, row: Row) -> str:
    if row.note:
        return f"| `{name}` | | | | | {row.note} |"
    share = f"{100 * row.met / row.bins:.2f} %" if row.met < row.bins else "all"
    return (
        f"| `{name}` | {row.bins:,} | {share} | {row.unreachable:,} | {row.seconds:.0f} | "
        f"{row.missing} |"
    )


def put(table: Mapping[str, Row]) -> None:
    """Write the table and its page."""
    write(table, FILE)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_part(text, BEGIN, f"\n{page(table)}\n", END), encoding="utf-8")


def run(names: Iterable[str], *, anew: bool) -> None:
    """Verify the presets one after the other; each row is written as it is known."""
    for name in names:
        known = read(FILE).get(name)
        if known is not None and not anew and known.digest == digest(name):
            continue
        progress(f"verifying {name}")
        with ProcessPoolExecutor(1, get_context("spawn")) as alone:  # its memory ends with it
            row = alone.submit(measured, name).result()
        put({**read(FILE), name: row})
        progress(f"{name}: {row.note or f'{row.met} of {row.bins} bins in {row.seconds} s'}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("design", nargs="*", help="presets (default: all)")
    parser.add_argument("--anew", action="store_true", help="verify the same core again, too")
    parser.add_argument("--page", action="store_true", help="write the page from the table alone")
    arguments = parser.parse_args()
    every = presets()
    put({name: row for name, row in read(FILE).items() if name in every})
    if not arguments.page:
        run(arguments.design or every, anew=arguments.anew)
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
