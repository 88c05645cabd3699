"""Prints what packed products cost: policy dsp, 8 rows × 2 columns × 16 lanes, Markdown.

Run ``make blocks`` (fifteen minutes). LUT, FF and sites are of a MAC, with read-out, accumulators
for K = 4096 and streams; MACs are those of a block. Sums that align are of 6 rows and 4 lanes.
``TOPS`` are those of a device full of such engines, a U280 beside its shell, at 300 MHz, two
operations a MAC: a bound by counts, not a promise of a clock.
"""

from __future__ import annotations

import sys

from macsmith.golden.description.engine import Engine
from macsmith.hw.engine.hardware import EngineHardware

from macsmith import Options, boards, cost, design
from macsmith.cli import guarded
from macsmith.commands.common import progress

PAIRS = (
    *("int8xint8", "uint8xint8", "int4xint8", "int6xint6", "int5xint7"),
    *("int4xint4", "uint4xuint4", "int3xint6", "int3xint3", "int2xint8"),
    *("ternaryxint8", "int2xint2", "e2m1xe2m1", "e2m1xint8", "e2m3xe2m3", "int16xint8"),
    *("e4m3xe4m3", "int4xfp16"),
)
FEW = ("int8xint8", "int4xint8", "int4xint4", "int2xint8", "e2m1xe2m1")
ADDED = ("ternaryxint8", "int2xint8", "binaryxint8", "uint1xuint8", "ternaryxint4")
ALIGNED = ("int4xbf16", "int8xbf16", "e4m3xe4m3", "e5m2xe5m2")
#: Board, options, pairs.
TABLES = (
    ("u280", {}, PAIRS),
    ("u280", {"datapath": "dsp_adders"}, ADDED),
    ("u280", {"flow": "weight_stationary"}, FEW),
    ("u280", {"flow": "systolic_os"}, FEW),
    ("u280", {"accumulate": "aligned", "fraction": 24, "rows": 6, "lanes": 4}, ALIGNED),
    ("u280", {"datapath": "auto", "product": "overpacked_corrected", "cols": 3}, ("int4xint4",)),
    ("pynq-z2", {}, FEW),
    ("ulx3s-85", {}, FEW),
    ("icebreaker", {}, FEW),
)
SHAPE = {"rows": 8, "cols": 2, "lanes": 16, "policy": "dsp", "datapath": "dsp", "output": "raw"}
MEGAHERTZ = 300
HEADER = "| pair | rows × columns a block | MACs | LUT | FF | sites | levels | latency | TOPS |"


def built(name: str, board: boards.Board, chosen: dict[str, object]) -> Engine:
    """The engine of a line."""
    options = Options(**(SHAPE | chosen))  # type: ignore[arg-type]
    return boards.fitted(design(name, options), board)


def row(name: str, board: boards.Board, chosen: dict[str, object]) -> str:
    """A line of a table."""
    found = cost(built(name, board, chosen), board)
    assert isinstance(found.hardware, EngineHardware) and found.cost.fits is not None
    plan, macs, used = found.hardware.plan, found.rate, found.cost.resources
    blocks = plan.blocks(plan.sums[0])
    tera = found.cost.fits.engines * macs * 2 * MEGAHERTZ / 1e6
    rows, cols = blocks.tile if blocks is not None else (1, 1)
    held = ", sums held" if blocks is not None and blocks.layout.held else ""
    cells = [
        *(name.replace("x", " × ", 1), f"{rows} × {cols}{held}"),
        f"{macs / used['dsp']:.2f}",
        *(f"{used[key] / macs:.2f}" for key in ("lut", "ff", "sites")),
        *(str(found.cost.levels["lut"]), str(plan.latency), f"{tera:.1f}"),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> int:
    lines = sum(len(pairs) for _, _, pairs in TABLES)
    progress(f"{lines} engines to synthesize, about fifteen minutes; a line comes as it is known")
    for board, chosen, pairs in TABLES:
        title = ", ".join([board, *(f"{name} {value}" for name, value in chosen.items())])
        print(f"\n{title}\n\n{HEADER}\n|{'---|' * (HEADER.count('|') - 1)}")
        for name in pairs:
            print(row(name, boards.lookup(board), chosen))
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
