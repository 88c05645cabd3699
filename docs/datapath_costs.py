"""Writes hw/datapaths/measured_tables: sites per MAC of each datapath, from which ``auto`` chooses.

Run ``.venv/bin/python docs/datapath_costs.py xcup`` (or ``ecp5``, ``ice40``) after a change of a
datapath (half an hour on one core); pairs after it (``int4xint8``) measure only those. Either
writes a pair among the others when all its datapaths are measured: what an interrupted run leaves
is whole.
"""

from __future__ import annotations

import sys
from itertools import product
from math import inf

import tomli_w
from macsmith.golden.errors import MacsmithError, ToolFailed
from macsmith.golden.formats import lookup
from macsmith.hw.datapaths import KINDS, measured

from macsmith import DesignError, Engine, Options, boards, cost, design
from macsmith.cli import guarded

#: An estimate may be wrong by so much; they are those of look-up tables of six inputs.
NEAR = {"xcup": 1.25, "ecp5": 1.8, "ice40": 1.8}
Pair = tuple[str, str]

INTEGERS = [f"int{bits}" for bits in range(2, 9)]
OTHERS = """
    binaryxbinary binaryxbipolar2 binaryxint2 binaryxint3 binaryxint4 binaryxint8 binaryxternary
    binaryxe2m1 binaryxe4m3 binaryxfp16 ternaryxternary ternaryxint4 ternaryxint8
    ternaryxe2m1 ternaryxe4m3 ternaryxfp16 bipolar2xbipolar2 bipolar2xint4 bipolar2xint8
    bipolar2xe2m1 bipolar2xe4m3 bipolar2xfp16 bipolar3xbipolar3 bipolar3xint4 bipolar3xint8
    bipolar3xe2m1 bipolar4xbipolar4 bipolar4xint8 denseshift4xint8 nf4_shortxint8
    e2m1xint4 e2m1xint8 e2m1xe2m1 e2m1xe2m3 e2m1xe3m2 e2m1xe4m3
    e2m3xint8 e3m2xint8 e2m3xe2m3 e2m3xe3m2 e3m2xe3m2 int4xe2m3 int4xe3m2 int4xe4m3
"""


def pairs() -> list[Pair]:
    """All integers with each other, narrow weights with what they meet, small floats."""
    return [*product(INTEGERS, INTEGERS), *map(_split, OTHERS.split())]


def rivals(pair: Pair, fabric: str) -> list[str]:
    """The datapaths whose estimates come near to the least."""
    formats, setting = [lookup(name) for name in pair], measured.setting(fabric)
    estimates = {
        name: kind.estimate(*formats, setting)
        for name, kind in KINDS.items()
        if kind.serves(*formats)
    }
    least = min(estimates.values())
    near = [name for name, sites in estimates.items() if sites <= NEAR[fabric] * least < inf]
    return near or ["multiply"]


def costs(pair: Pair, fabric: str) -> dict[str, float]:
    """datapath -> sites per MAC; without those whose sums are too wide, or that a tool gives up."""
    found, held = {}, measured.conditions(fabric)
    board = boards.lookup(held.pop("board"))
    for datapath in rivals(pair, fabric):
        options = Options(**held, output="raw", datapath=datapath)
        try:
            found[datapath] = round(sites_per_mac(design("x".join(pair), options), board), 2)
        except DesignError:
            continue
        except ToolFailed as error:  # ABC9 ends without a word now and then
            print(f"{'x'.join(pair)}, {datapath}: {error}", file=sys.stderr)
    return found


def sites_per_mac(engine: Engine, board: boards.Board) -> float:
    found = cost(engine, board)
    return float(found.cost.resources["sites"] / found.rate)


def main() -> int:
    fabric, *words = sys.argv[1:] or [""]
    if fabric not in NEAR:
        print(f"give a family ({', '.join(NEAR)}), got {fabric!r}", file=sys.stderr)
        return 2
    try:
        chosen = [_split(word) for word in words]
    except MacsmithError as error:
        print(f"{error}; pairs are such as int4xint8", file=sys.stderr)
        return 2
    sites, wanted = measured.sites(fabric), chosen or pairs()
    for number, pair in enumerate(wanted, 1):
        sites["x".join(pair)] = costs(pair, fabric)
        listed = {pair: row for pair, row in sorted(sites.items()) if row}
        text = tomli_w.dumps({"conditions": measured.conditions(fabric), "sites": listed})
        measured.file(fabric).write_text(text, encoding="utf-8")
        print(f"{number} of {len(wanted)}: {'x'.join(pair)}", file=sys.stderr, flush=True)
    return 0


def _split(pair: str) -> Pair:
    """The formats of a pair; some names have an x themselves."""
    arithmetic = design(pair).arithmetic
    weight, activation = (
        side.planes[0].element.name for side in (arithmetic.weight, arithmetic.activation)
    )
    if f"{weight}x{activation}" != pair:
        raise DesignError(f"{pair!r} is no pair of formats by their own names")
    return weight, activation


if __name__ == "__main__":
    sys.exit(guarded(main))
