"""Prints what dequantizers cost, and dequantizing before an engine against scaling its sums.

Run ``make dequantizers`` (ten minutes): U280, policy lut, Markdown tables. Sites are of an element,
16 of which are dequantized in a cycle; of a chain and of an engine they are of a MAC.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from macsmith.golden.description import (
    Arithmetic,
    Build,
    Chain,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Unit,
    group,
)
from macsmith.golden.errors import DesignError
from macsmith.golden.units import Dequantize
from macsmith.hw.catalogue import hardware

from macsmith import cost, design, lookup
from macsmith.cli import guarded
from macsmith.commands.common import progress
from macsmith.designs import unit_presets

#: Elements of a group, of the designs that are compared.
GROUP = 128
#: Shape of the engines.
ROWS, COLS, LANES = 4, 4, 4


def shapes(name: str) -> list[Dequantize]:
    """A preset by each way that it can be built."""
    found = []
    for via in ("table", "direct"):
        unit = replace(design(name), via=via)
        try:
            hardware(unit)
        except DesignError:
            continue
        found.append(unit)
    return found


def row(unit: Unit) -> str:
    """A line of the table of dequantizers."""
    assert isinstance(unit, Dequantize)
    chosen = hardware(replace(unit, via="auto")).facts["via"] == unit.via
    found = cost(unit)
    each = {what: found.cost.resources[what] / (unit.rows * unit.lanes) for what in
            ("sites", "lut", "ff")}  # fmt: skip
    levels = found.cost.levels
    return (
        f"| `{unit.name}` | {unit.via}{' (auto)' if chosen else ''} | {each['sites']:.1f} | "
        f"{each['lut']:.1f} | {each['ff']:.1f} | {levels['lut']} | {found.hardware.latency} |"
    )


def scaled(element: str, scale: str, zero: str | None, activation: str) -> Engine:
    """An engine that scales its sums over groups, ``zero`` points in a plane of their own."""
    level = Level(lookup(scale), group(GROUP))
    planes = [Plane(lookup(element), (level,))]
    if zero:
        point = Level(lookup(zero), group(GROUP), "zero")
        planes.append(Plane(lookup("minus_one"), (point, level)))
    arithmetic = Arithmetic(Operand(tuple(planes)), Operand((Plane(lookup(activation)),)))
    return Engine("scaled", (arithmetic,), Build(rows=ROWS, cols=COLS, lanes=LANES))


def dequantized(element: str, scale: str, zero: str | None, activation: str, result: str) -> Chain:
    """The same weights dequantized before an engine that multiplies them."""
    weights = Dequantize(
        name="weights",
        element=lookup(element),
        zero=lookup(zero) if zero else None,
        scales=(lookup(scale),),
        group=GROUP,
        result=lookup(result),
        rows=ROWS,
        lanes=LANES,
    )
    operands = (Operand((Plane(lookup(name)),)) for name in (result, activation))
    engine = Engine("product", (Arithmetic(*operands, output=Output()),),
                    Build(rows=ROWS, cols=COLS, lanes=LANES))  # fmt: skip
    return Chain(name="dequantized", parts=(weights, engine), into=("weight",))


#: Designs whose results are the same bits either way: products and sums are exact in both.
PAIRS = {
    "UINT4, zero point, INT8 scale × INT8 (QServe)": ("uint4", "int8", "uint4", "int8", "int8"),
    "INT4, INT8 scale × INT8": ("int4", "int8", None, "int8", "int12"),
    "INT4, FP16 scale × INT8": ("int4", "fp16", None, "int8", "e5m13_ieee"),
}


def main() -> int:
    progress("some twenty designs to synthesize, about ten minutes; a line comes as it is known")
    print("| preset | via | sites | LUT | FF | LUT levels | latency |")
    print("|---|---|---|---|---|---|---|")
    for name in unit_presets():
        for unit in shapes(name):
            print(row(unit))
            sys.stdout.flush()
    print("\n| weights × activations | dequantized before | of it the dequantizer | scaled after |")
    print("|---|---|---|---|")
    macs = ROWS * COLS * LANES
    for what, (element, scale, zero, activation, result) in PAIRS.items():
        before = cost(dequantized(element, scale, zero, activation, result))
        after = cost(scaled(element, scale, zero, activation))
        of_it = before.parts["weights"].resources["sites"]
        words = (before.cost.resources["sites"], of_it, after.cost.resources["sites"])
        print(f"| {what} | {' | '.join(f'{sites / macs:.1f}' for sites in words)} |")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
