"""Prints what unpackers cost that take 64 bytes a cycle, and how many keep up with a U280's HBM.

Run ``make unpackers``, with the names of schemes or without (an hour): a Markdown table. A port has
512 bits; LUT, sites and memories are those of all ports that 460 GB/s need at 300 MHz, as a share
of the board's.
"""

from __future__ import annotations

import argparse
import sys

from macsmith.golden.storage import Mapped, lookup, names
from macsmith.golden.units import Unpack
from macsmith.golden.units.unpack_rules import MOST_ELEMENTS

from macsmith import boards, cost
from macsmith.cli import guarded
from macsmith.commands.common import progress

#: Bytes a second of two HBM2 stacks, cycles a second, bits of a port.
HBM, CLOCK, PORT = 460e9, 300e6, 512
#: LUTs and RAMB36 of an XCU280.
LUTS, MEMORIES = 1_303_680, 2016
#: Elements of a row, where a scheme has scales for whole rows.
ROW = 4096


def shaped(name: str) -> Unpack:
    """The unpacker of the fewest elements a beat that takes a beat of some port in every cycle."""
    scheme = lookup(name)
    assert isinstance(scheme, Mapped)
    k = ROW if any(level.span.columns is None for level in scheme.operand.levels) else 0
    tiles = [part.tile.rows or 1 for part in scheme.parts]
    spans = [level.span.rows or 1 for level in scheme.operand.levels]
    rows, lanes = max(tiles + spans), 4
    while True:
        unit = Unpack(name=f"hbm_{name}", scheme=name, rows=rows, lanes=lanes, k=k, port=PORT)
        if max(w.size / w.beats for w in unit.words.values()) >= PORT // 8:
            return unit
        lanes *= 2
        assert rows * lanes <= MOST_ELEMENTS


def row(name: str) -> str:
    """A line of the table."""
    unit = shaped(name)
    found = cost(unit, boards.lookup("u280"))
    used, hardware = found.cost.resources, found.hardware
    bytes_ = sum(w.size / w.beats for w in unit.words.values()) * hardware.share
    ports = HBM / CLOCK / bytes_
    lut, sites = (ports * used[what] / LUTS for what in ("lut", "sites"))
    memory = ports * used.get("bram36", 0) / MEMORIES
    shares = " | ".join(f"{100 * part:.1f} %" if part else "–" for part in (lut, sites, memory))
    return (
        f"| `{name}` | {unit.rows} × {unit.lanes} | {found.rate:.0f} | {used['lut']:,} | "
        f"{used['sites']:,} | {used.get('bram36', 0):g} | {found.cost.levels['lut']} | {shares} |"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scheme", nargs="*", help="storage schemes (default: all)")
    chosen = parser.parse_args().scheme or [
        name for name in names() if isinstance(lookup(name), Mapped)
    ]
    progress(f"{len(chosen)} designs to synthesize, each as it is known")
    print("| scheme | a beat | elements a cycle | LUT | sites | RAMB36 | LUT levels | share of a "
          "U280: LUT | sites | RAMB36 |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in chosen:
        print(row(name))
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
