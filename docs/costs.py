"""Writes the cost table of README.md: what ten pairs take on a board, under both policies.

Run ``.venv/bin/python docs/costs.py`` after a change of the hardware; ``--check`` only compares.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from macsmith.hw.emit import emit

from macsmith import Options, boards, design

PAIRS = (
    "int8xint8",
    "int4xint8",
    "int4xint4",
    "int2xint8",
    "ternaryxint8",
    "binaryxint8",
    "e2m1xe2m1",
    "e2m1xint8",
    "e4m3xe4m3",
    "e5m2xe5m2",
)
SHAPE = {"rows": 4, "cols": 4, "lanes": 4}
README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- costs: written by docs/costs.py -->", "<!-- costs end -->"


def table(board: boards.Board) -> str:
    """Markdown: a row a pair, per MAC."""
    engines = {name: emit(design(name, Options(**SHAPE))) for name in PAIRS}
    text = "".join(emitted.rtlil for emitted in engines.values())
    tops = [emitted.core for emitted in engines.values()]
    keep = [module for emitted in engines.values() for module in emitted.keep]
    costs = {
        policy: boards.synthesize(text, tops, board, policy, keep, Path("build/costs") / policy)
        for policy in ("lut", "dsp")
    }
    shape = " × ".join(map(str, SHAPE.values()))
    lines = [
        f"Per MAC on the {board.name} at {shape}, raw exact accumulator for K = 4096, streams and "
        "decoders included; estimate after synthesis, not placed.",
        "",
        "| engine | sites | LUT | FF | LUT levels | carry bits | sites, `dsp` | LUT, `dsp` | DSP |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    macs = SHAPE["rows"] * SHAPE["cols"] * SHAPE["lanes"]
    for name, emitted in engines.items():
        lut, dsp = costs["lut"][emitted.core], costs["dsp"][emitted.core]
        cells = [lut.resources[key] / macs for key in ("sites", "lut", "ff")]
        other = [dsp.resources[key] / macs for key in ("sites", "lut", "dsp")]
        words = [f"`{name}`", *(f"{cell:.1f}" for cell in cells)]
        words += [str(lut.levels["lut"]), str(lut.levels["carry"])]
        words += [f"{other[0]:.1f}", f"{other[1]:.1f}", f"{other[2]:.2f}"]
        lines.append("| " + " | ".join(words) + " |")
    tools = next(iter(costs["lut"].values())).tools
    return "\n".join([*lines, "", f"yosys {tools['yosys']}, `{tools['flags']}`."])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--board", default="u280")
    parser.add_argument("--check", action="store_true", help="fail if README.md is out of date")
    arguments = parser.parse_args()
    text = README.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    fresh = f"{before}{BEGIN}\n{table(boards.lookup(arguments.board))}\n{END}{after}"
    if arguments.check:
        if fresh != text:
            print("README.md's cost table is out of date; run docs/costs.py", file=sys.stderr)
        return int(fresh != text)
    README.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
