"""Writes the tables of costs from docs/quality.csv: raw pairs under both policies into README.md,
presets with their scale path into the site's page.

Run ``make quality`` after a change of the hardware, which measures first; ``--check`` only
compares. Neither synthesizes. ``--presets 8x8x8`` prints the presets' table at another shape, which
is measured for it.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from macsmith.boards import script
from macsmith.hw.engine.hardware import EngineHardware
from macsmith.tools import yosys
from parts import with_part
from quality import batches, engine, every
from quality_table import BOARD, CUBE, SHOWN_PAIRS, SHOWN_PRESETS, Key, Row, Shape, Table, read

from macsmith import DesignError, boards, explain
from macsmith.cli import guarded

DOCS = Path(__file__).parent
#: Which file has which table.
FILES = {"costs": DOCS.parent / "README.md", "presets": DOCS / "site" / "costs.md"}
BEGIN, END = "<!-- {}: written by docs/costs.py -->", "<!-- {} end -->"


def pairs(table: Table) -> str:
    """Markdown: a row a pair, per MAC."""
    rows, cols, lanes = CUBE
    lines = [
        f"Per MAC on the {BOARD} at {_shape(CUBE)}, raw exact accumulator for K = 4096, streams "
        "and decoders included; estimate after synthesis, not placed.",
        "",
        "| engine | sites | LUT | FF | LUT levels | carry bits | sites, `dsp` | LUT, `dsp` "
        "| MACs a DSP |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    macs = rows * cols * lanes
    for name in SHOWN_PAIRS:
        lut, dsp = (_row(table, Key(name, policy, CUBE)) for policy in ("lut", "dsp"))
        words = [f"`{name}`", *(f"{cell / macs:.1f}" for cell in (lut.sites, lut.lut, lut.ff))]
        words += [str(lut.levels), str(lut.carry)]
        words += [f"{cell / macs:.1f}" for cell in (dsp.sites, dsp.lut)]
        words.append(f"{macs / dsp.dsp:.2f}" if dsp.dsp else "–")
        lines.append("| " + " | ".join(words) + " |")
    flags = script.synthesis(boards.lookup(BOARD), "lut")
    return "\n".join([*lines, "", f"yosys {yosys.version()}, `{flags}`."])


def presets(table: Table, shape: Shape) -> str:
    """Markdown: a row a preset, per MAC, with the share of the scale path."""
    lines = [
        f"Per MAC on the {BOARD} at {_shape(shape)}, policy `lut`, from "
        "codes and scales to FP32; the scale path (everything behind the array's sums) apart.",
        "",
        "| preset | sites | LUT | FF | scale path: sites | share | units | LUT levels | latency |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + [preset(table, Key(name, "lut", shape)) for name in SHOWN_PRESETS])


def preset(table: Table, key: Key) -> str:
    """A preset's row."""
    row, hardware = _row(table, key), explain(engine(key)[1])
    assert isinstance(hardware, EngineHardware)
    rate, plan = next(iter(hardware.rates.values())), hardware.plan
    label = f"`{key.design}`" + (f", {row.partials} partial sums" if row.partials else "")
    cells = (row.sites, row.lut, row.ff, row.scale_sites)
    words = [label, *(f"{cell / rate:.1f}" for cell in cells)]
    words.append(f"{row.scale_sites / row.sites:.0%}")
    words += [str(plan.units), str(row.levels), str(plan.latency)]
    return "| " + " | ".join(words) + " |"


def _shape(shape: Shape) -> str:
    return " × ".join(map(str, shape))


def _row(table: Table, key: Key) -> Row:
    if (row := table.get(key)) is None or row.note:
        raise DesignError(f"docs/quality.csv has no counts of {key}; run make quality")
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail if a table is out of date")
    parser.add_argument("--presets", metavar="ROWSxCOLSxLANES", help="print the presets' table")
    arguments = parser.parse_args()
    if arguments.presets:
        rows, cols, lanes = map(int, arguments.presets.split("x"))
        keys = [Key(name, "lut", (rows, cols, lanes)) for name in SHOWN_PRESETS]
        found = dict[Key, Row]()
        for part in every(batches(keys), os.cpu_count() or 1):
            found |= part
        print(presets(found, (rows, cols, lanes)))
        return 0
    table, stale = read(), False
    for part, made in {"costs": pairs(table), "presets": presets(table, CUBE)}.items():
        begin, end = BEGIN.format(part), END.format(part)
        text = FILES[part].read_text(encoding="utf-8")
        fresh = with_part(text, begin, f"\n{made}\n", end)
        if arguments.check and fresh != text:
            told = f"{FILES[part].name}: the table of {part} is out of date; run docs/costs.py"
            print(told, file=sys.stderr)
        elif fresh != text:
            FILES[part].write_text(fresh, encoding="utf-8")
        stale |= fresh != text
    return int(arguments.check and stale)


if __name__ == "__main__":
    sys.exit(guarded(main))
