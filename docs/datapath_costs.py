"""Writes hw/datapaths/measured.toml: sites per MAC of each datapath, from which ``auto`` chooses.

Run ``.venv/bin/python docs/datapath_costs.py`` after a change of a datapath (an hour and a half on
one core); pairs after it (``int4xint8``) measure only those and write them among the others.
"""

from __future__ import annotations

import sys
import tomllib
from itertools import product
from math import inf
from pathlib import Path

import tomli_w
from macsmith.golden.formats import lookup
from macsmith.hw.datapaths import KINDS, Setting
from macsmith.hw.datapaths.measured import FILE, SHAPES
from macsmith.hw.emit import Emitted, emit

from macsmith import DesignError, Options, boards, design

BOARD, POLICY = "u280", "lut"
BATCH = 8  # engines in a yosys run
NEAR = 1.4  # an estimate may be wrong by so much
INTEGERS = [f"int{bits}" for bits in range(2, 9)]
NARROW = ["binary", "ternary", "bipolar2", "bipolar3", "bipolar4", "denseshift4", "nf4_8", "e2m1"]
FLOATS = ["e2m3", "e3m2", "e4m3", "e5m2", "posit8_0", "posit8_1"]
WIDE = ["fp16"]


def pairs() -> list[tuple[str, str]]:
    """All integers with each other, narrow weights with what they meet, floats with floats."""
    found = [*product(INTEGERS, INTEGERS)]
    found += product(NARROW, ["int4", "int8", "e2m1", "e4m3", "fp16"])
    found += [(name, name) for name in NARROW]
    found += [("binary", name) for name in ("int2", "int3", "ternary", "bipolar2")]
    found += product(["int4", "int8"], [*FLOATS, *WIDE])
    found += product(FLOATS, ["int8"])
    found += product(FLOATS[:4], FLOATS[:4])
    found += [(name, name) for name in FLOATS]
    found += [("e2m1", name) for name in ("e2m3", "e3m2", "e5m2")]
    return list(dict.fromkeys(found))


def engines(pair: tuple[str, str], shape: str) -> dict[str, Emitted]:
    """The raw engine of a pair for each datapath that may be the smallest, if there are rivals.

    At the first shape that of a single one too, for the curve of all integers.
    """
    found = {}
    names = rivals(pair, shape)
    if len(names) == 1 and shape != next(iter(SHAPES)):
        return {}
    for name in names:
        try:
            options = Options(**SHAPES[shape], output="raw", datapath=name)
            found[name] = emit(design("x".join(pair), options))
        except DesignError:
            continue
    return found


def rivals(pair: tuple[str, str], shape: str) -> list[str]:
    """The datapaths whose estimates come near to the least."""
    formats = [lookup(name) for name in pair]
    setting = Setting(POLICY, (SHAPES[shape]["rows"], SHAPES[shape]["cols"]))
    estimates = {
        name: kind.estimate(*formats, setting)
        for name, kind in KINDS.items()
        if kind.serves(*formats)
    }
    least = min(estimates.values())
    near = [name for name, sites in estimates.items() if sites <= NEAR * least < inf]
    return near or ["multiply"]


def measured(chosen: list[tuple[str, str]]) -> dict[str, dict[str, dict[str, float]]]:
    """shape -> pair -> datapath -> sites per MAC."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    work = [
        (shape, "x".join(pair), name, emitted)
        for shape in SHAPES
        for pair in chosen
        for name, emitted in engines(pair, shape).items()
    ]
    for start in range(0, len(work), BATCH):
        part = work[start : start + BATCH]
        tops = {f"t{n}_{item[3].core}": item[3] for n, item in enumerate(part)}
        costs = boards.synthesize(
            "".join(renamed(emitted, top) for top, emitted in tops.items()),
            list(tops),
            boards.lookup(BOARD),
            POLICY,
            [],
            Path("build/costs/datapaths"),
        )
        for top, (shape, pair, name, _) in zip(tops, part, strict=True):
            sites = costs[top].resources["sites"] / macs(shape)
            found.setdefault(shape, {}).setdefault(pair, {})[name] = round(sites, 2)
        print(f"{start + len(part)} of {len(work)}", file=sys.stderr, flush=True)
    return found


def renamed(emitted: Emitted, top: str) -> str:
    """The engine's modules under names that no other engine of the run has."""
    return emitted.rtlil.replace(f"\\{emitted.core}", f"\\{top}")


def macs(shape: str) -> int:
    """Products a cycle."""
    sides = SHAPES[shape]
    return sides["rows"] * sides["cols"] * sides["lanes"]


def main() -> int:
    chosen = [tuple(word.split("x")) for word in sys.argv[1:]] or pairs()
    found = measured(chosen)
    sites = tomllib.loads(FILE.read_text())["sites"] if FILE.exists() and sys.argv[1:] else {}
    for shape, rows in found.items():
        sites.setdefault(shape, {}).update(rows)
    conditions = {"board": BOARD, "policy": POLICY, "shapes": SHAPES}
    FILE.write_text(tomli_w.dumps({"conditions": conditions, "sites": sites}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
