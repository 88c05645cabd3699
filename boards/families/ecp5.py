"""Lattice ECP5 (``synth_ecp5``; FPGA-TN-02209, "ECP5 PFU").

How ``sites`` are counted: see :mod:`.lattice`. PFUMX and L6MUX21 are the multiplexers.
"""

from __future__ import annotations

from ..netlist import Cell
from .lattice import CARRY, LUT4, LUTRAM, tally
from .roles import Bundle, Family, Role, clocked


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


FAMILY = Family(
    name="ecp5",
    flags={"lut": "synth_ecp5 -noiopad -nodsp", "dsp": "synth_ecp5 -noiopad"},
    roles={
        "LUT4": LUT4,
        "PFUMX": Role("mux", uses={"muxf": 1}, level="mux"),
        "L6MUX21": Role("mux", uses={"muxf": 1}, level="mux"),
        "CCU2C": Role("carry", uses={"ccu2c": 1}, carry=CARRY),
        "TRELLIS_FF": Role("ff", uses={"ff": 1}, arcs=clocked),
        "TRELLIS_DPR16X4": LUTRAM,
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
