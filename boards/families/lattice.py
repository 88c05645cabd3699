"""What slices of ECP5 and Nexus have alike: two LUT4 and two flip-flops.

``sites`` counts LUT4 positions, the largest of

``lut``  LUT4, two for each carry cell, its own functions included, and six for each 16×4 RAM: two
         slices for data and a third for the write port
``ff``   flip-flops, one beside each LUT4

Multiplexers stand beside the LUTs that they join and cost nothing. There are no LUT pairs.
"""

from __future__ import annotations

from ..netlist import Cell, Module
from .roles import Bundle, Carry, Family, Position, Role, Tally, uses


def tally(module: Module, family: Family) -> Tally:
    """What ``module`` occupies, its children left out."""
    counts = uses(module, family)
    counts["lut_packed"] = counts["lut"]
    lut = counts["lut"] + 2 * (counts["ccu2c"] + counts["ccu2"]) + counts["lutram"]
    return Tally(counts, {"lut": lut, "ff": counts["ff"]})


def read_port(_: Cell) -> tuple[Bundle, ...]:
    """A 16×4 RAM is read without a clock."""
    return ((("RAD",), ("DO",)),)


def _half(index: int) -> Position:
    inputs = tuple((f"{letter}{index}", 0) for letter in "ABCD")
    return Position(inputs, inputs, (f"S{index}", 0), ("COUT", 0) if index else None)


#: CCU2C and CCU2.
CARRY = Carry((_half(0), _half(1)), chain_in=("CIN", 0), chain_out=("COUT", 0))
LUT4 = Role("lut", 4, {"lut": 1}, level="lut")
LUTRAM = Role("lutram", uses={"lutram": 6}, arcs=read_port, level="lut")
