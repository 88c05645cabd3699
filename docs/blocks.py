"""Prints what packed products cost: policy dsp, 8 rows × 2 columns × 16 lanes, Markdown.

Run ``make blocks`` (ten minutes). LUT, FF and sites are of a MAC,
with read-out, accumulators for K = 4096 and streams; MACs are those of a block.
``TOPS`` are those of a device full of such engines, a U280 beside its shell, at 300 MHz, two
operations a MAC: a bound by counts, not a promise of a clock.
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
FEW = ("int8xint8", "int4xint8", "int4xint4", "int2xint8", "e2m1xe2m1")
ADDED = ("ternaryxint8", "int2xint8", "binaryxint8", "uint1xuint8", "ternaryxint4")
#: Board, flow, datapath, pairs.
TABLES = (
    ("u280", "broadcast", "dsp", PAIRS),
    ("u280", "broadcast", "dsp_adders", ADDED),
    ("u280", "weight_stationary", "dsp", FEW),
    ("u280", "systolic_os", "dsp", FEW),
    ("pynq-z2", "broadcast", "dsp", FEW),
    ("ulx3s-85", "broadcast", "dsp", FEW),
)
SHAPE = {"rows": 8, "cols": 2, "lanes": 16}
MEGAHERTZ = 300
HEADER = "| pair | rows × columns a block | MACs | LUT | FF | sites | levels | latency | TOPS |"


def row(name: str, board: boards.Board, flow: str, datapath: str) -> str:
    """A line of a table."""
    options = Options(policy="dsp", datapath=datapath, output="raw", flow=flow, **SHAPE)  # type: ignore[arg-type]
    emitted = emit(boards.fitted(design(name, options), board))
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
    for board, flow, datapath, pairs in TABLES:
        title = f"{board}, {flow}, {datapath}"
        print(f"\n{title}\n\n{HEADER}\n|{'---|' * (HEADER.count('|') - 1)}")
        for name in pairs:
            print(row(name, boards.lookup(board), flow, datapath))
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
