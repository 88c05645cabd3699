"""Lattice ECP5 (``synth_ecp5``).

A slice has two LUT4 and two flip-flops (FPGA-TN-02209, "ECP5 PFU"). ``sites`` counts LUT4
positions, the largest of

``lut``  LUT4 + 2·CCU2C + 6·TRELLIS_DPR16X4: a carry takes both LUT4 of its slice, its own functions
         included; a 16×4 RAM takes two slices for data and a third for the write port
``ff``   flip-flops, one beside each LUT4

PFUMX and L6MUX21 stand beside the LUTs that they join and cost nothing. There are no LUT pairs.
"""

from __future__ import annotations

from ..netlist import Cell, Module
from .roles import Bundle, Carry, Family, Position, Role, Tally, clocked, uses


def tally(module: Module, family: Family) -> Tally:
    """What ``module`` occupies, its children left out."""
    counts = uses(module, family)
    counts["lut_packed"] = counts["lut"]
    lut = counts["lut"] + 2 * counts["ccu2c"] + counts["lutram"]
    return Tally(counts, {"lut": lut, "ff": counts["ff"]})


def _multiplier(cell: Cell) -> tuple[Bundle, ...]:
    """MULT18X18D: registers where ``REG_…_CLK`` names a clock; all default to NONE."""

    def registered(name: str) -> bool:
        return cell.parameters.get(f"REG_{name}_CLK", "NONE") != "NONE"

    if registered("OUTPUT") or registered("PIPELINE"):
        return ()
    sides = "".join(side for side in "AB" if not registered(f"INPUT{side}"))
    inputs = tuple(p for p in cell.pins if p[0] in sides and p[1:].isdigit())
    return ((inputs, tuple(sorted(cell.outputs))),)


def _alu(cell: Cell) -> tuple[Bundle, ...]:
    """ALU54B: combinational unless its output register is on."""
    if cell.parameters.get("REG_OUTPUT0_CLK", "NONE") != "NONE":
        return ()
    inputs = tuple(p for p in cell.pins if p not in cell.outputs and p[:3] not in ("CLK", "RST"))
    return ((inputs, tuple(sorted(cell.outputs))),)


def _read_port(_: Cell) -> tuple[Bundle, ...]:
    return ((("RAD",), ("DO",)),)


def _half(index: int) -> Position:
    inputs = tuple((f"{letter}{index}", 0) for letter in "ABCD")
    return Position(inputs, inputs, (f"S{index}", 0), ("COUT", 0) if index else None)


FAMILY = Family(
    name="ecp5",
    flags={"lut": "synth_ecp5 -noiopad -nodsp", "dsp": "synth_ecp5 -noiopad"},
    roles={
        "LUT4": Role("lut", 4, {"lut": 1}, level="lut"),
        "PFUMX": Role("mux", uses={"muxf": 1}, level="mux"),
        "L6MUX21": Role("mux", uses={"muxf": 1}, level="mux"),
        "CCU2C": Role(
            "carry",
            uses={"ccu2c": 1},
            carry=Carry((_half(0), _half(1)), chain_in=("CIN", 0), chain_out=("COUT", 0)),
        ),
        "TRELLIS_FF": Role("ff", uses={"ff": 1}, arcs=clocked),
        "TRELLIS_DPR16X4": Role("lutram", uses={"lutram": 6}, arcs=_read_port, level="lut"),
        "MULT18X18D": Role("dsp", uses={"dsp": 1}, arcs=_multiplier, level="dsp"),
        "ALU54B": Role("dsp", uses={"alu54b": 1}, arcs=_alu, level="dsp"),
        "DP16KD": Role("memory", uses={"ebr18": 1}, arcs=clocked),
        "PDPW16KD": Role("memory", uses={"ebr18": 1}, arcs=clocked),
        "VLO": Role("constant"),
        "VHI": Role("constant"),
        "DCCA": Role("buffer"),
    },
    tally=tally,
    models=("ecp5/cells_sim.v",),
    block="mult18x18d",
    counted=(
        *("sites", "lut", "lut_packed", "ff", "ccu2c"),
        *("dsp", "alu54b", "ebr18", "lutram", "muxf"),
    ),
)
