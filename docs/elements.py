"""Prints processing elements of the literature side by side: U280, policy lut, Markdown tables.

Run ``make elements`` (six minutes). Sites are of one MAC a cycle with accumulator and streams, so
at equal throughput: an element that takes several cycles counts as often. Where zero digits are
skipped, ``digits`` is what a step of normal weights takes on average, and the sites count that.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np
from macsmith.golden.description.engine import Engine
from macsmith.hw.datapaths.bit_serial import digits_of
from macsmith.hw.engine.hardware import EngineHardware

from macsmith import Options, cost, design
from macsmith.cli import guarded
from macsmith.commands.common import progress

#: Standard deviations of normal weights whose absolute maximum is the format's.
SPREAD = 4


class Element(NamedTuple):
    """A line of the table: what it is, the design, and how it is built."""

    what: str
    name: str
    shape: tuple[int, int, int]
    options: dict[str, str] = {}
    places: bool = False  # whether sites are those of a row and column, not of a MAC


ONE, COLUMN, ROWS, SQUARE = (8, 8, 1), (8, 1, 16), (32, 1, 16), (8, 8, 4)
SERIAL = {"datapath": "bit_serial"}
SKIPPING = {**SERIAL, "digits": "nonzero"}
PLANES = {"datapath": "plane_serial"}

#: The claim, and elements of which the first is what the others are compared with.
GROUPS: dict[str, list[Element]] = {
    "TPE: INT8, one lane an accumulator": [
        Element("`*` and `+`", "int8xint8", ONE, {"datapath": "multiply"}),
        Element("rows of digits", "int8xint8", ONE),
        Element("carries saved (OPT1)", "int8xint8", ONE, {"carries": "saved"}),
        Element("and digits apart (OPT2)", "tpe_opt2", ONE),
        Element("a digit a cycle, of all four", "int8xint8", ONE, SERIAL),
        Element("nonzero digits, apart (OPT3)", "tpe_opt3", ONE),
        Element("nonzero digits, joined", "int8xint8", ONE, SKIPPING),
        Element("four lanes an accumulator (OPT4)", "tpe_opt4", SQUARE),
        Element("rows of digits, four lanes", "int8xint8", SQUARE),
    ],
    "MixPE: INT4 × INT8": [
        Element("`*` and `+`", "int4xint8", COLUMN, {"datapath": "multiply"}),
        Element("shifts and additions", "int4xint8", COLUMN, {"datapath": "select"}),
        Element("rows of digits", "int4xint8", COLUMN, {"datapath": "booth"}),
        Element("INT8 × INT8, `*` and `+`", "int8xint8", COLUMN, {"datapath": "multiply"}),
    ],
    "T-MAC, LUT Tensor Core: INT2 × INT8, 32 rows share a table": [
        Element("`*` and `+`", "int2xint8", ROWS, {"datapath": "multiply"}),
        Element("tables", "int2xint8", ROWS, {"datapath": "table"}),
        Element("tables, a bit a cycle", "int2xint8", ROWS, {"datapath": "table_serial"}),
        Element("rows of digits", "int2xint8", ROWS, {"datapath": "booth"}),
    ],
    "the same: binary × INT8": [
        Element("`*` and `+`", "binaryxint8", ROWS, {"datapath": "multiply"}),
        Element("tables", "binaryxint8", ROWS, {"datapath": "table"}),
        Element("add or subtract", "binaryxint8", ROWS, {"datapath": "select"}),
    ],
    "BitMoD: FP4 with special values × INT8": [
        Element("`*` and `+`", "bitmod4xint8", SQUARE, {"datapath": "multiply"}),
        Element("a term a cycle", "bitmod4xint8", SQUARE, SERIAL),
        Element("all terms at once", "bitmod4xint8", SQUARE, {"datapath": "select"}),
        Element("INT8 × INT8, a digit a cycle", "int8xint8", SQUARE, SERIAL),
    ],
    "XR-NPE: a word of 16 bits, sites of a place": [
        Element("INT16 × INT16 alone", "int16xint16", ONE, places=True),
        Element("two INT8 × INT8", "int8xint8", (8, 8, 2), places=True),
        Element("four INT4 × INT4", "int4xint4", (8, 8, 4), places=True),
        Element("four E2M1 × E2M1", "e2m1xe2m1", (8, 8, 4), places=True),
        Element("two posit(8,0)²", "posit8_0xposit8_0", (8, 8, 2), places=True),
        Element("any of them, at run time", "simd", ONE, places=True),
    ],
    "ABQ-LLM: single bits": [
        Element("INT2 × INT8, rows of digits", "int2xint8", (8, 8, 64)),
        Element("INT2 × INT8, bit by bit", "int2xint8", (8, 8, 64), PLANES),
        Element("binary × binary", "binaryxbinary", (8, 8, 64)),
        Element("binary × binary, widths at run time", "anywidth", (8, 8, 64)),
    ],
}


def built(element: Element) -> Engine:
    """An element's engine."""
    rows, cols, lanes = element.shape
    options = {"output": "raw", **element.options}
    return design(element.name, Options(rows=rows, cols=cols, lanes=lanes, **options))  # type: ignore[arg-type]


def measured(element: Element) -> tuple[float, int, bool]:
    """Sites of a MAC a cycle at the highest rate of any mode, or of a place; the most cycles of a
    step; and whether digits are skipped."""
    rows, cols, _ = element.shape
    found = cost(built(element))
    assert isinstance(found.hardware, EngineHardware)
    plan = found.hardware.plan
    per = rows * cols if element.places else max(found.rates.values())
    return found.cost.resources["sites"] / per, plan.cycles, plan.skips


def average_digits(elements: int) -> float:
    """Digits of INT8 that some of so many normal weights has, on average."""
    rng = np.random.default_rng(1)
    values = np.clip(np.rint(rng.normal(0, 127 / SPREAD, (20000, elements))), -127, 127)
    return float((digits_of(values.astype(np.int64), 4) != 0).any(axis=1).sum(axis=1).mean())


def main() -> int:
    count = sum(len(elements) for elements in GROUPS.values())
    progress(f"{count} engines to synthesize, about ten minutes; a line comes as it is known")
    for title, elements in GROUPS.items():
        print(f"\n{title}\n\n| element | shape | sites | ratio |\n|---|---|---|---|")
        least = None
        for element in elements:
            sites, cycles, skips = measured(element)
            rows, _, lanes = element.shape
            note = ""
            if skips:
                digits = average_digits(rows * lanes)
                sites *= digits / cycles
                note = f", {digits:.2f} digits"
            least = least or sites
            shape = " × ".join(map(str, element.shape))
            print(f"| {element.what}{note} | {shape} | {sites:.2f} | {sites / least:.2f} |")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
