"""Prints what units cost, and dequantizing before an engine against scaling its sums.

Run ``make units`` (fifteen minutes): U280, Markdown tables, one for each kind of unit. Sites are of
an element in a cycle; of a chain and of an engine they are of a MAC.
"""

from __future__ import annotations

import argparse
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
    Target,
    Unit,
    group,
)
from macsmith.golden.description.unit import UNITS
from macsmith.golden.errors import DesignError
from macsmith.golden.units import (
    Dequantize,
    FunctionOfOne,
    Quantize,
    Requantize,
    Rope,
    Softmax,
    Unpack,
)
from macsmith.golden.units.normalization import Normalization
from macsmith.golden.units.of_two import OfTwo
from macsmith.golden.units.token_function import TokenFunction
from macsmith.hw.catalogue import hardware

from macsmith import cost, design, lookup
from macsmith.cli import guarded
from macsmith.commands.common import progress
from macsmith.designs import unit_presets

#: Kinds whose memories are counted in the place of DSP blocks.
IN_MEMORIES = (FunctionOfOne, Rope, Softmax)
#: Elements of a group, of the designs that are compared.
GROUP = 128
#: Shape of the engines.
ROWS, COLS, LANES = 4, 4, 4


def variants(name: str) -> list[tuple[str, Unit]]:
    """A preset in each way to build it that is worth comparing, and how it is called."""
    unit = design(name)
    if isinstance(unit, Requantize):
        policies = ("lut", "dsp") if unit.multiplier is not None else ("lut",)
        return [(f"`{policy}`", replace(unit, build=Target(policy=policy))) for policy in policies]
    if isinstance(unit, Quantize):
        return [(f"{lanes} a cycle", replace(unit, lanes=lanes)) for lanes in (1, 8, 32)]
    if isinstance(unit, FunctionOfOne):
        return [(f"`{way}`", replace(unit, table=way)) for way in ("logic", "block")]
    if isinstance(unit, Normalization | OfTwo | TokenFunction):
        return [(f"{lanes} a cycle", replace(unit, lanes=lanes)) for lanes in (1, 8)]
    if not isinstance(unit, Dequantize):
        return [("", unit)]
    found = []
    for via in ("table", "direct"):
        built = replace(unit, via=via)
        try:
            auto = hardware(unit).facts["via"] == hardware(built).facts["via"]
        except DesignError:
            continue
        found.append((via + " (auto)" * auto, built))
    return found


def row(way: str, unit: Unit) -> str:
    """A line of a table of units."""
    found = cost(unit)
    rate, used, levels = found.rate, found.cost.resources, found.cost.levels
    each = " | ".join(f"{used[what] / rate:.1f}" for what in ("sites", "lut", "ff"))
    blocks = f"{used.get('bram36' if isinstance(unit, IN_MEMORIES) else 'dsp', 0) / rate:g}"
    latency = found.hardware.latency
    return f"| `{unit.name}` | {way} | {each} | {blocks} | {levels['lut']} | {latency} |"


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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", nargs="*", help="kinds or presets of units (default: all)")
    chosen = parser.parse_args().kind
    for kind in UNITS:
        names = [name for name in unit_presets() if design(name).kind == kind]
        if kind == Unpack.kind:  # make unpackers
            continue
        if chosen and kind not in chosen:
            names = [name for name in names if name in chosen]
        if not names:
            continue
        progress(f"{kind}: some {2 * len(names)} designs to synthesize, each as it is known")
        blocks = "BRAM36" if issubclass(UNITS[kind], IN_MEMORIES) else "DSP"
        print(
            f"\n{kind}:\n\n| preset | built | sites | LUT | FF | {blocks} | LUT levels | latency |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for name in names:
            for way, unit in variants(name):
                print(row(way, unit))
                sys.stdout.flush()
    if not chosen or Dequantize.kind in chosen:
        compare()
    return 0


def compare() -> None:
    """Prints what weights cost that are dequantized before an engine, and whose sums are scaled."""
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


if __name__ == "__main__":
    sys.exit(guarded(main))
