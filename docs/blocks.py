"""Prints what packed products cost: U280, policy dsp, 8 rows × 2 columns × 16 lanes, Markdown.

Run ``make blocks`` (three minutes). LUT, FF and sites are of a MAC,
with read-out, accumulators for K = 4096 and streams; MACs are those of a block.
``TOPS`` are those of a U280 full of such engines beside its shell at 300 MHz, two operations a MAC:
a bound by counts, not a promise of a clock.
"""

from __future__ import annotations

import sys
from pathlib import Path

from macsmith.hw.emit import emit

from macsmith import Options, boards, design

PAIRS = (
    *("int8xint8", "uint8xint8", "int4xint8", "int6xint6", "int5xint7"),
    *("int4xint4", "uint4xuint4", "int3xint6", "int3xint3", "int2xint8"),
    *("ternaryxint8", "int2xint2", "e2m1xe2m1", "e2m1xint8", "e2m3xe2m3", "int16xint8"),
)
SHAPE = {"rows": 8, "cols": 2, "lanes": 16}
MEGAHERTZ = 300
HEADER = "| pair | rows × columns a block | MACs | LUT | FF | sites | levels | latency | TOPS |"


def row(name: str, board: boards.Board) -> str:
    """A line of the table."""
    emitted = emit(design(name, Options(policy="dsp", datapath="dsp", output="raw", **SHAPE)))  # type: ignore[arg-type]
    plan, folder = emitted.plan, Path("build") / "blocks"
    [cost] = boards.synthesize(
        emitted.fabric, [emitted.core], board, "dsp", emitted.keep, folder
    ).values()
    blocks = plan.blocks(plan.sums[0])
    assert blocks is not None and cost.fits is not None
    macs, used = plan.macs_per_cycle, cost.resources
    tera = cost.fits.engines * macs * 2 * MEGAHERTZ / 1e6
    held = ", sums held" if blocks.layout.held else ""
    cells = [
        *(name.replace("x", " × ", 1), f"{blocks.tile[0]} × {blocks.tile[1]}{held}"),
        f"{macs / used['dsp']:.2f}",
        *(f"{used[key] / macs:.2f}" for key in ("lut", "ff", "sites")),
        *(str(cost.levels["lut"]), str(plan.latency), f"{tera:.1f}"),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> int:
    print(f"\n{HEADER}\n|{'---|' * (HEADER.count('|') - 1)}")
    for name in PAIRS:
        print(row(name, boards.lookup("u280")))
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
