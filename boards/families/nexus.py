"""Lattice Nexus: CrossLink-NX, Certus-NX (``synth_nexus``; FPGA-DS-02049, "Slice").

``sites`` are counted as for ECP5: see :mod:`.lattice`. WIDEFN9 is two LUT4 and the multiplexer that
joins them; an inverter is a LUT4 where no pin inverts. ``synth_nexus`` makes constants cells; they
are made constants again.

Engines instantiate MULTADDSUB18X18; plain products become MULT9X9 and its wider kin, of which
``dsp`` counts the multipliers of 18 × 18 bits that they take (FPGA-TN-02096).
"""

from __future__ import annotations

import re
from pathlib import Path

from ..netlist import Cell
from .lattice import CARRY, LUT4, LUTRAM, tally
from .roles import Bundle, Family, Role, clocked

#: Blocks, and how many multipliers of 18 × 18 bits each takes.
_BLOCKS = {
    "MULT9X9": 0.5, "MULTPREADD9X9": 0.5, "MULT18X18": 1, "MULTPREADD18X18": 1,
    "MULTADDSUB18X18": 1, "MULTADDSUB9X9WIDE": 2, "MULT18X36": 2, "MULT36X36": 4,
    "MULTADDSUB36X36": 4,
}  # fmt: skip

#: Inputs that carry no operand.
_CONTROLS = ("CLK", "CE", "RST")


def _multiplier(cell: Cell) -> tuple[Bundle, ...]:
    """What reaches Z without meeting a register; all are on unless a parameter bypasses them."""

    def registered(name: str) -> bool:
        return cell.parameters.get(f"REG{name}", "REGISTER") != "BYPASS"

    if registered("OUTPUT"):
        return ()
    ports = [p for p in cell.pins if p not in cell.outputs and not p.startswith(_CONTROLS)]
    if "REGPIPELINE" in cell.parameters and registered("PIPELINE"):
        ports = [p for p in ports if p in ("ADDSUB", "LOADC", "CIN")]
    inputs = []
    for port in ports:
        operand = re.fullmatch(r"([ABC])(\d?)", port)
        number = operand[2] if operand else ""
        if operand is None or not registered(f"INPUTAB{number}" if number else f"INPUT{port}"):
            inputs.append(port)
    return ((tuple(inputs), tuple(sorted(cell.outputs))),)


FAMILY = Family(
    name="nexus",
    flags={"lut": "synth_nexus -noiopad -nodsp", "dsp": "synth_nexus -noiopad"},
    roles={
        "LUT4": LUT4,
        "INV": Role("lut", 1, {"lut": 1}, level="lut"),
        "WIDEFN9": Role("lut", 9, {"lut": 2, "muxf": 1}, level="lut"),
        "CCU2": Role("carry", uses={"ccu2": 1}, carry=CARRY),
        **dict.fromkeys(
            ("FD1P3BX", "FD1P3DX", "FD1P3IX", "FD1P3JX"), Role("ff", uses={"ff": 1}, arcs=clocked)
        ),
        "DPR16X4": LUTRAM,
        **{
            name: Role("dsp", uses={"dsp": amount}, arcs=_multiplier, level="dsp")
            for name, amount in _BLOCKS.items()
        },
        **dict.fromkeys(
            ("DP16K", "PDP16K", "PDPSC16K"), Role("memory", uses={"ebr18": 1}, arcs=clocked)
        ),
        "DPSC512K": Role("memory", uses={"lram": 1}, arcs=clocked),
        "VLO": Role("constant"),
        "VHI": Role("constant"),
    },
    tally=tally,
    models=("lattice/cells_sim_nexus.v",),
    block="multaddsub18x18",
    after=("techmap -map constants.v", "opt_clean"),
    maps=(Path(__file__).parent / "constants.v",),
    counted=(
        *("sites", "lut", "lut_packed", "ff", "ccu2"),
        *("dsp", "ebr18", "lram", "lutram", "muxf"),
    ),
)
