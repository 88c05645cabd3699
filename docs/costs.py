"""Writes the tables of costs: raw pairs under both policies into README.md, presets with their
scale path into the site's page.

Run ``.venv/bin/python docs/costs.py`` after a change of the hardware; ``--check`` only compares;
``--presets 8x8x8`` prints the presets' table at another shape.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from macsmith.hw.engine.hardware import EngineHardware
from macsmith.hw.text.emit import emit

from macsmith import DesignError, Engine, Options, boards, cost, design, explain
from macsmith.cli import guarded

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
PRESETS = (
    "w4a8",
    "w4a16",
    "w8a8",
    "bitnet",
    "mxfp8_e4m3",
    "mxfp8_e5m2",
    "mxfp6_e2m3",
    "mxfp6_e3m2",
    "mxfp4",
    "mxint8",
    "nvfp4",
    "mxfp4xmxfp8_e4m3",
    "deepseek_fp8",
)
SHAPE = {"rows": 4, "cols": 4, "lanes": 4}
DOCS = Path(__file__).parent
#: Which file has which table.
FILES = {"costs": DOCS.parent / "README.md", "presets": DOCS / "site" / "costs.md"}
BEGIN, END = "<!-- {}: written by docs/costs.py -->", "<!-- {} end -->"


def every(function: Callable[..., Any], arguments: Iterable[Any]) -> list[Any]:
    """What the function gives for each argument; yosys runs on all cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, arguments))


def table(board: boards.Board) -> str:
    """Markdown: a row a pair, per MAC."""
    policies = ("lut", "dsp")
    costs = dict(zip(policies, every(partial(synthesized, board), policies), strict=True))
    shape = " × ".join(map(str, SHAPE.values()))
    lines = [
        f"Per MAC on the {board.name} at {shape}, raw exact accumulator for K = 4096, streams and "
        "decoders included; estimate after synthesis, not placed.",
        "",
        "| engine | sites | LUT | FF | LUT levels | carry bits | sites, `dsp` | LUT, `dsp` "
        "| MACs a DSP |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    macs = SHAPE["rows"] * SHAPE["cols"] * SHAPE["lanes"]
    for name in PAIRS:
        lut, dsp = costs["lut"][name], costs["dsp"][name]
        cells = [lut.resources[key] / macs for key in ("sites", "lut", "ff")]
        other = [dsp.resources[key] / macs for key in ("sites", "lut", "dsp")]
        words = [f"`{name}`", *(f"{cell:.1f}" for cell in cells)]
        words += [str(lut.levels["lut"]), str(lut.levels["carry"])]
        words += [f"{other[0]:.1f}", f"{other[1]:.1f}", f"{1 / other[2]:.2f}" if other[2] else "–"]
        lines.append("| " + " | ".join(words) + " |")
    tools = next(iter(costs["lut"].values())).tools
    return "\n".join([*lines, "", f"yosys {tools['yosys']}, `{tools['flags']}`."])


def synthesized(board: boards.Board, policy: str) -> dict[str, boards.Cost]:
    """The cost of each pair's engine."""
    engines = {name: emit(design(name, Options(**SHAPE, policy=policy))) for name in PAIRS}
    found = boards.synthesize(
        "".join(emitted.fabric for emitted in engines.values()),
        [emitted.core for emitted in engines.values()],
        board,
        policy,
        [module for emitted in engines.values() for module in emitted.keep],
        Path("build/costs") / policy,
    )
    return {name: found[emitted.core] for name, emitted in engines.items()}


def presets(board: boards.Board, shape: dict[str, int]) -> str:
    """Markdown: a row a preset, per MAC, with the share of the scale path."""
    size = " × ".join(map(str, shape.values()))
    lines = [
        f"Per MAC on the {board.name} at {size}, policy `lut`, from "
        "codes and scales to FP32; the scale path (everything behind the array's sums) apart.",
        "",
        "| preset | sites | LUT | FF | scale path: sites | share | units | LUT levels | latency |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + every(partial(preset, board, shape), PRESETS))


def preset(board: boards.Board, shape: dict[str, int], name: str) -> str:
    """A preset's row."""
    partials, engine = fitting(name, shape)
    found = cost(engine, board, folder=Path("build/costs/presets") / name)
    assert isinstance(found.hardware, EngineHardware)
    whole, part, plan = found.cost, found.parts["scale path"], found.hardware.plan
    cells = [whole.resources[key] / found.rate for key in ("sites", "lut", "ff")]
    cells.append(part.resources["sites"] / found.rate)
    label = f"`{name}`" + (f", {partials} partial sums" if partials else "")
    words = [label, *(f"{cell:.1f}" for cell in cells)]
    words.append(f"{part.resources['sites'] / whole.resources['sites']:.0%}")
    words += [str(plan.units), str(whole.levels["lut"]), str(plan.latency)]
    return "| " + " | ".join(words) + " |"


def fitting(name: str, shape: dict[str, int]) -> tuple[int | None, Engine]:
    """The preset with the partial sums that the shape needs; None for its own."""
    engine = design(name, Options(**shape))
    try:
        explain(engine)
    except DesignError as error:
        if "partials" not in error.advice:
            raise
        partials = 1 << (error.advice["partials"] - 1).bit_length()  # a whole tree
        return partials, design(name, Options(**shape, partials=partials))
    return None, engine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--board", default="u280")
    parser.add_argument("--check", action="store_true", help="fail if a table is out of date")
    parser.add_argument("--pairs", action="store_true", help="leave out the presets' table")
    parser.add_argument("--presets", metavar="ROWSxCOLSxLANES", help="print the presets' table")
    arguments = parser.parse_args()
    board = boards.lookup(arguments.board)
    if arguments.presets:
        sizes = map(int, arguments.presets.split("x"))
        print(presets(board, dict(zip(SHAPE, sizes, strict=True))))
        return 0
    parts = {"costs": table(board)}
    if not arguments.pairs:
        parts["presets"] = presets(board, SHAPE)
    stale = False
    for part, made in parts.items():
        begin, end = BEGIN.format(part), END.format(part)
        text = FILES[part].read_text(encoding="utf-8")
        before, rest = text.split(begin)
        fresh = f"{before}{begin}\n{made}\n{end}{rest.split(end)[1]}"
        if arguments.check and fresh != text:
            told = f"{FILES[part].name}: the table of {part} is out of date; run docs/costs.py"
            print(told, file=sys.stderr)
        elif fresh != text:
            FILES[part].write_text(fresh, encoding="utf-8")
        stale |= fresh != text
    return int(arguments.check and stale)


if __name__ == "__main__":
    sys.exit(guarded(main))
