"""Lattice iCE40 UltraPlus (``synth_ice40``).

A logic cell has one LUT4, one carry and one flip-flop (FPGA-DS-02008, "PLB Blocks"). ``sites``
counts logic cells:

- each LUT takes one. A flip-flop joins the LUT that drives only its D; any other takes a cell.
- A carry joins the LUT whose I1 and I2 are its I0 and I1 and whose I3 is its CI, not a constant:
  these are the cell's wires, and the rule by which nextpnr packs. Any other takes a cell.
- A carry that comes from the fabric enters through a cell of its own, and one that leaves to the
  fabric leaves through one; the LUT that stands next in the chain reads it by I3 for nothing.

No LUT holds words: small memories that are read at once become flip-flops, also where distributed
RAM is asked for, which ``synth_ice40`` has no mapping for.

Under the policy ``dsp`` engines instantiate SB_MAC16; products that are left become LUTs.
``synth_ice40 -dsp`` of yosys 0.70 turns registered sums of products into one SB_MAC16 with x
inputs, without an error: it is never used, and an engine that leaves its blocks to it is refused.
"""

from __future__ import annotations

from ..carries import chains
from ..netlist import Cell, Module
from .roles import Bundle, Carry, Family, Position, Role, Tally, clocked, uses

REFUSAL = (
    "DSP blocks of ice40 cannot be left to yosys, which miscompiles registered sums of products "
    "(synth_ice40 -dsp); choose --blocks auto, or --policy lut"
)


def tally(module: Module, family: Family) -> Tally:
    """What ``module`` occupies, its children left out."""
    counts = uses(module, family)
    counts["lut_packed"] = counts["lut"]
    cells = counts["lut"] + _lone_carries(module) + _ends(module, family) + _lone_flip_flops(module)
    return Tally(counts, {"logic_cells": cells})


def _lone_flip_flops(module: Module) -> int:
    lone = 0
    for cell in module.cells:
        if cell.type.startswith("SB_DFF"):
            data = cell.bit("D")
            driver = module.drivers.get(data) if isinstance(data, int) else None
            beside = driver is not None and module.cells[driver.cell].type == "SB_LUT4"
            lone += not (beside and module.sole_reader(data))
    return lone


def _lone_carries(module: Module) -> int:
    """Carries that no LUT may stand beside; each LUT stands beside one carry at most."""
    luts: dict[tuple[object, ...], int] = {}
    for cell in module.cells:
        if cell.type == "SB_LUT4" and isinstance(cell.bit("I3"), int):
            key = (cell.bit("I1"), cell.bit("I2"), cell.bit("I3"))
            luts[key] = luts.get(key, 0) + 1
    lone = 0
    for cell in module.cells:
        if cell.type == "SB_CARRY":
            key = (cell.bit("I0"), cell.bit("I1"), cell.bit("CI"))
            if luts.get(key):
                luts[key] -= 1
            else:
                lone += 1
    return lone


def _ends(module: Module, family: Family) -> int:
    """Logic cells by which chains are fed from the fabric and read by it."""
    extra = 0
    for chain in chains(module, family.roles):
        extra += isinstance(module.cells[chain.cells[0]].bit("CI"), int)
        for index, above in zip(chain.cells, [*chain.cells[1:], None], strict=True):
            net = module.cells[index].bit("CO")
            if not isinstance(net, int):
                continue
            fabric = [p for p in module.readers.get(net, []) if (p.cell, p.port) != (above, "CI")]
            next_lut = [p for p in fabric if p.port == "I3"][:1]
            extra += net in module.outputs or len(fabric) > len(next_lut)
    return extra


def _read_multiplier(cell: Cell) -> tuple[Bundle, ...]:
    """SB_MAC16: O is registered if both halves select a register or a registered product."""

    def registered(half: str) -> bool:
        select = cell.value(f"{half}OUTPUT_SELECT", 0)
        return (
            select == 1
            or (select == 2 and cell.value(f"{half}_8x8_MULT_REG", 0) == 1)
            or (select == 3 and cell.value("PIPELINE_16x16_MULT_REG2", 0) == 1)
        )

    if registered("TOP") and registered("BOT"):
        return ()
    entering = tuple(side for side in "ABCD" if not cell.value(f"{side}_REG", 0))
    return ((entering, tuple(sorted(cell.outputs))),)


_FLIP_FLOPS = [
    f"SB_DFF{edge}{enable}{reset}"
    for edge in ("", "N")
    for enable in ("", "E")
    for reset in ("", "SR", "R", "SS", "S")
]

FAMILY = Family(
    name="ice40",
    flags=dict.fromkeys(("lut", "dsp"), "synth_ice40"),
    roles={
        "SB_LUT4": Role("lut", 4, {"lut": 1}, level="lut"),
        "SB_CARRY": Role(
            "carry",
            uses={"carry": 1},
            carry=Carry(
                (Position((("I0", 0), ("I1", 0)), (), None, ("CO", 0)),),
                chain_in=("CI", 0),
                chain_out=("CO", 0),
            ),
        ),
        **dict.fromkeys(_FLIP_FLOPS, Role("ff", uses={"ff": 1}, arcs=clocked)),
        "SB_MAC16": Role("dsp", uses={"dsp": 1}, arcs=_read_multiplier, level="dsp"),
        **dict.fromkeys(
            ("SB_RAM40_4K", "SB_RAM40_4KNR", "SB_RAM40_4KNW", "SB_RAM40_4KNRNW"),
            Role("memory", uses={"ebr4": 1}, arcs=clocked),
        ),
        "SB_SPRAM256KA": Role("memory", uses={"spram": 1}, arcs=clocked),
        "SB_GB": Role("buffer"),
    },
    tally=tally,
    models=("ice40/cells_sim.v",),
    counted=("sites", "lut", "lut_packed", "ff", "carry", "dsp", "ebr4", "spram"),
    refusal=REFUSAL,
    block="sb_mac16",
    before=("setattr -unset ram_style */m:* */a:ram_style=distributed %i",),
)
