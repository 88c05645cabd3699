"""Writes hw/datapaths/measured.toml: sites per MAC of each datapath, from which ``auto`` chooses.

Run ``.venv/bin/python docs/datapath_costs.py`` after a change of a datapath (half an hour on
one core); pairs after it (``int4xint8``) measure only those and write them among the others.
"""

from __future__ import annotations

import sys
from itertools import product
from math import inf
from pathlib import Path

import tomli_w
from macsmith.golden.formats import lookup
from macsmith.hw.datapaths import KINDS
from macsmith.hw.datapaths.measured import FILE, SETTING, SHAPE
from macsmith.hw.datapaths.measured import sites as measured_before
from macsmith.hw.emit import emit

from macsmith import DesignError, Options, boards, design

BOARD = "u280"
BATCH = 3  # engines in a yosys run, whose time grows faster
NEAR = 1.25  # an estimate may be wrong by so much
Pair = tuple[str, str]

INTEGERS = [f"int{bits}" for bits in range(2, 9)]
OTHERS = """
    binaryxbinary binaryxbipolar2 binaryxint2 binaryxint3 binaryxint4 binaryxint8 binaryxternary
    binaryxe2m1 binaryxe4m3 binaryxfp16 ternaryxternary ternaryxint4 ternaryxint8
    ternaryxe2m1 ternaryxe4m3 ternaryxfp16 bipolar2xbipolar2 bipolar2xint4 bipolar2xint8
    bipolar2xe2m1 bipolar2xe4m3 bipolar2xfp16 bipolar3xbipolar3 bipolar3xint4 bipolar3xint8
    bipolar3xe2m1 bipolar4xbipolar4 bipolar4xint8 denseshift4xint8 nf4_8xint8
    e2m1xint4 e2m1xint8 e2m1xe2m1 e2m1xe2m3 e2m1xe3m2 e2m1xe4m3
    e2m3xint8 e3m2xint8 e2m3xe2m3 e2m3xe3m2 e3m2xe3m2 int4xe2m3 int4xe4m3
"""


def pairs() -> list[Pair]:
    """All integers with each other, narrow weights with what they meet, small floats."""
    return [*product(INTEGERS, INTEGERS), *map(_split, OTHERS.split())]


def rivals(pair: Pair) -> list[str]:
    """The datapaths whose estimates come near to the least."""
    formats = [lookup(name) for name in pair]
    estimates = {
        name: kind.estimate(*formats, SETTING)
        for name, kind in KINDS.items()
        if kind.serves(*formats)
    }
    least = min(estimates.values())
    near = [name for name, sites in estimates.items() if sites <= NEAR * least < inf]
    return near or ["multiply"]


def measured(work: list[tuple[Pair, str]]) -> list[float]:
    """Sites per MAC of engines of a pair and a datapath; infinite if a sum is too wide."""
    tops, texts, keep = [], [], []
    for number, (pair, datapath) in enumerate(work):
        try:
            options = Options(**SHAPE, output="raw", datapath=datapath)
            emitted = emit(design("x".join(pair), options))
        except DesignError:
            tops.append("")
            continue
        # Engines of a run must not share names.
        tops.append(f"t{number}_{emitted.core}")
        texts.append(emitted.rtlil.replace(f"\\{emitted.core}", f"\\{tops[-1]}"))
        keep += [f"t{number}_{module}" for module in emitted.keep]
    board = boards.lookup(BOARD)
    folder = Path("build/costs/datapaths")
    built = [top for top in tops if top]
    costs = boards.synthesize("".join(texts), built, board, SETTING.policy, keep, folder)
    macs = SHAPE["rows"] * SHAPE["cols"] * SHAPE["lanes"]
    return [round(costs[top].resources["sites"] / macs, 2) if top else inf for top in tops]


def main() -> int:
    chosen = [(weight, activation) for weight, activation in map(_split, sys.argv[1:])]
    sites = dict(measured_before()) if chosen else {}
    work = [(pair, name) for pair in chosen or pairs() for name in rivals(pair)]
    for pair in {pair for pair, _ in work}:
        sites["x".join(pair)] = {}
    for start in range(0, len(work), BATCH):
        part = work[start : start + BATCH]
        for (pair, name), cost in zip(part, measured(part), strict=True):
            if cost < inf:
                sites["x".join(pair)][name] = cost
        print(f"{start + len(part)} of {len(work)}", file=sys.stderr, flush=True)
        conditions = {"board": BOARD, "policy": SETTING.policy, **SHAPE}
        rows = {pair: row for pair, row in sorted(sites.items()) if row}
        FILE.write_text(tomli_w.dumps({"conditions": conditions, "sites": rows}))
    return 0


def _split(pair: str) -> Pair:
    weight, activation = pair.split("x")
    return weight, activation


if __name__ == "__main__":
    sys.exit(main())
