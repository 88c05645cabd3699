"""Writes docs/certificates.csv and its table in docs/site/proof.md: what is proven of each engine.

Run ``make certificates`` (hours): each design is proven in a process of its own, and its
``check.sh`` proves again what is proven. A row has the digest of the core that it speaks of: rows
whose core is still the same are left as they are, unless ``--anew``, so an interrupted run goes on
where it ended. Names of designs choose rows; ``--missing`` those that the table lacks; ``--page``
only writes the page.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from shutil import rmtree
from typing import Any

from macsmith.golden.errors import DesignError
from macsmith.hw.text.emit import emit
from macsmith.sim.proof.claims import BOUNDED, PLAIN, PROVEN
from macsmith.sim.proof.values import CLAIMS as VALUES
from macsmith.tools import yosys
from parts import with_part

from macsmith import Options, design, explain
from macsmith.certificate import FOLDER as PROOF
from macsmith.cli import guarded
from macsmith.commands.common import progress
from macsmith.designs import presets

FILE = Path(__file__).parent / "certificates.csv"
PAGE = Path(__file__).parent / "site" / "proof.md"
BEGIN, END = "<!-- certificates -->", "<!-- end of certificates -->"
FOLDER = Path("build/certificates")

#: All claims of engines, as certificates have them.
CLAIMS = (*PLAIN, "order", "count", "drain", *VALUES)

#: Those that are proven first: formats of language models, then one engine of each other kind.
FIRST = (
    "w4a8",
    "nvfp4",
    "mxfp4",
    "mxfp8_e4m3",
    "bitnet",
    "gguf_q4_0",
    "gguf_q4_k",
    "int8xint8 flow=systolic_os",
    "posit8_0",
    "simd",
    "bitserial",
    "nm_sparse",
)

#: Rows, columns, lanes; fewer lanes where a design allows no more.
SHAPE = (2, 2, 4)

#: Seconds that all proofs of a design may take, and all that check it again.
LONGEST = 3600


@dataclass(frozen=True)
class Row:
    """What is proven of a design.

    Parameters
    ----------
    shape : rows, columns and lanes, as ``2x2x4``.
    limit : seconds that a question might take, by the clock.
    found, checked : seconds of a processor that all took, and that ``check.sh`` took.
    digest : of the core.
    note : why nothing is known.
    claims : name -> state, with cycles where it is bounded; only those that it has.
    """

    shape: str
    limit: int = 0
    found: float = 0.0
    checked: float = 0.0
    digest: str = ""
    note: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)

    def of(self, state: str) -> list[str]:
        """The claims in a state."""
        return [name for name, told in self.claims.items() if told.split(",")[0] == state]


_OWN = tuple(item.name for item in fields(Row) if item.name != "claims")


def read(path: Path) -> dict[str, Row]:
    """The table; without the file, an empty one."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {line["design"]: _row(line) for line in csv.DictReader(file)}


def _row(line: Mapping[str, str]) -> Row:
    claims = {name: line[name] for name in CLAIMS if line[name]}
    numbers = float(line["found"] or 0), float(line["checked"] or 0)
    return Row(
        line["shape"], int(line["limit"] or 0), *numbers, line["digest"], line["note"], claims
    )


def write(table: Mapping[str, Row], path: Path) -> None:
    """All rows in order, by one rename."""
    fresh = path.with_name(f".new-{path.name}")
    with fresh.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, ("design", *_OWN, *CLAIMS), lineterminator="\n", restval="")
        lines.writeheader()
        for name in sorted(table):
            told = {key: value or "" for key, value in asdict(table[name]).items() if key in _OWN}
            lines.writerow({"design": name, **told, **table[name].claims})
    fresh.replace(path)


def expected() -> list[str]:
    """The designs of the table, in the order in which they are proven."""
    return list(dict.fromkeys((*FIRST, *presets())))


def options(name: str) -> dict[str, Any]:
    """What a design of the table is built with: its shape, and the options behind its name.

    Raises DesignError for what cannot be built.
    """
    preset, *words = name.split(" ")
    given: dict[str, Any] = dict(zip(("rows", "cols", "lanes"), SHAPE, strict=True))
    given |= dict(word.split("=") for word in words)
    try:
        explain(design(preset, Options(**given)))
    except DesignError as error:
        if (lanes := error.advised("lanes")) is None:
            raise
        given["lanes"] = int(str(lanes))
        explain(design(preset, Options(**given)))
    return given


def digest(name: str) -> str:
    """Of the core that a certificate speaks of, and of the program that proves it."""
    core = emit(design(name.split(" ")[0], Options(**options(name)))).verilog
    return hashlib.sha256(f"{yosys.version()}\0{core}".encode()).hexdigest()[:12]


def measured(name: str, seconds: int) -> Row:
    """Prove a design, and check that again."""
    given = options(name)
    words = [f"--{option}={value}" for option, value in given.items()]
    shape = "x".join(str(given[side]) for side in ("rows", "cols", "lanes"))
    folder = FOLDER / name.replace(" ", "_").replace("=", "_")
    rmtree(folder, ignore_errors=True)
    prove = [sys.executable, "-P", "-m", "macsmith", "prove", name.split(" ")[0], *words]
    prove += [f"--seconds={seconds}", "--json", "--into", str(folder)]
    core = digest(name)
    found, code, said = _ran(prove)
    if code:
        return Row(shape, seconds, found, digest=core, note=said.strip().splitlines()[-1])
    checked, code, told = _ran(["sh", str(folder / PROOF / "check.sh")])
    note = f"check.sh ends with {code}: {' '.join(told.splitlines())}" if code else ""
    claims = {item["name"]: _state(item) for item in json.loads(said)["claims"]}
    return Row(shape, seconds, found, checked, core, note, claims)


def _state(claim: Mapping[str, Any]) -> str:
    state = str(claim["state"])
    return f"{state}, {claim['cycles']} cycles" if state == BOUNDED else state


def _ran(command: list[str]) -> tuple[float, int, str]:
    """A command: seconds of a processor, exit code, what it said; its errors where it fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    begun = _spent()
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=LONGEST, env=environment
        )
    except subprocess.TimeoutExpired:
        return _spent() - begun, 1, f"stopped after {LONGEST} seconds"
    said = done.stderr + done.stdout if done.returncode else done.stdout
    return round(_spent() - begun, 1), done.returncode, said


def _spent() -> float:
    """Seconds of a processor that processes took which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def page(table: Mapping[str, Row]) -> str:
    """The table in Markdown, under a sentence that sums it up."""
    order = [name for name in expected() if name in table]
    rows = [table[name] for name in order if not table[name].note]
    done, whole = (sum(len(row.of(PROVEN)) for row in rows), sum(len(row.claims) for row in rows))
    full = sum(len(row.of(PROVEN)) == len(row.claims) for row in rows)
    brief = sum(row.checked <= 60 for row in rows)
    lines = [
        f"{done} of {whole} claims about {len(rows)} engines are proven; all claims of {full} "
        f"engines are. `check.sh` takes at most a minute for {brief} of them.",
        "",
        "| design | shape | proven | bounded (cycles) | not decided | seconds to find | to check |",
        "|---|---|---|---|---|---|---|",
        *(_line(name, table[name]) for name in order),
    ]
    return "\n".join(lines)


def _line(name: str, row: Row) -> str:
    if row.note:
        return f"| `{name}` | {row.shape} | {row.note} | | | | |"
    bounded = [f"`{claim}` ({row.claims[claim].split()[1]})" for claim in row.of(BOUNDED)]
    proven = f"{len(row.of(PROVEN))} of {len(row.claims)}"
    left = [f"`{claim}`" for claim in row.claims if claim not in row.of(PROVEN) + row.of(BOUNDED)]
    return (
        f"| `{name}` | {row.shape} | {proven} | {', '.join(bounded)} | {', '.join(left)} | "
        f"{row.found:.0f} | {row.checked:.0f} |"
    )


def put(table: Mapping[str, Row]) -> None:
    """Write the table and its page."""
    write(table, FILE)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_part(text, BEGIN, f"\n{page(table)}\n", END), encoding="utf-8")


def run(names: Iterable[str], *, anew: bool, seconds: int) -> None:
    """Prove the designs one after the other; each row is written as it is known."""
    for name in names:
        known = read(FILE).get(name)
        if known is not None and not anew and known.digest == digest(name):
            continue
        progress(f"proving {name}")
        row = measured(name, seconds)
        put({**read(FILE), name: row})
        told = row.note or f"{len(row.of(PROVEN))} of {len(row.claims)} claims proven"
        progress(f"{name}: {told} in {row.found:.0f} s, again in {row.checked:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("design", nargs="*", help="as the table calls them (default: all)")
    parser.add_argument("--missing", action="store_true", help="only what the table lacks")
    parser.add_argument("--anew", action="store_true", help="prove the same core again, too")
    parser.add_argument("--page", action="store_true", help="write the page from the table alone")
    parser.add_argument("--seconds", type=int, default=60, help="for a question (default 60)")
    arguments = parser.parse_args()
    table = read(FILE)
    strays = [name for name in table if name not in expected()]
    for name in strays:
        progress(f"{name}: a row of no design in the list; it is left out")
    put({name: row for name, row in table.items() if name not in strays})
    chosen = arguments.design or expected()
    if not arguments.page:
        left = [name for name in chosen if not arguments.missing or name not in table]
        run(left, anew=arguments.anew, seconds=arguments.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
