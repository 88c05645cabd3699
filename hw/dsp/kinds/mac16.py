"""Lattice's SB_MAC16 (iCE40 UltraPlus, FPGA-TN-02007): a multiplier, and an adder behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import ClockSignal, Const, Value

from ..packing import Geometry
from .kind import Kind, Ports

if TYPE_CHECKING:
    from ..block import Block


def _sb_mac16(block: Block) -> Ports:
    """C and D, side by side, are what is added: the start, or the sum of the block below."""
    mode = block.mode
    added: Value = block.below if mode.cascades else Const(mode.start, 32)
    parameters = {
        "NEG_TRIGGER": Const(0, 1),
        **{f"{port}_REG": Const(port in "AB", 1) for port in "ABCD"},
        # The products of halves are registered where factors wait a cycle more.
        **{f"{half}_8x8_MULT_REG": Const(mode.delay, 1) for half in ("TOP", "BOT")},
        "PIPELINE_16x16_MULT_REG1": Const(mode.delay, 1),
        "PIPELINE_16x16_MULT_REG2": Const(1, 1),
        **{f"{half}OUTPUT_SELECT": Const(0b01, 2) for half in ("TOP", "BOT")},  # the register
        **{f"{half}ADDSUB_LOWERINPUT": Const(0b10, 2) for half in ("TOP", "BOT")},  # the product
        **{f"{half}ADDSUB_UPPERINPUT": Const(1, 1) for half in ("TOP", "BOT")},  # C and D
        "TOPADDSUB_CARRYSELECT": Const(0b10, 2),  # of the lower half
        "BOTADDSUB_CARRYSELECT": Const(0b00, 2),
        "MODE_8x8": Const(0, 1),
        "A_SIGNED": Const(1, 1),
        "B_SIGNED": Const(1, 1),
    }
    inputs = {
        "CLK": ClockSignal(),
        "CE": block.enable,
        "A": block.d, "B": block.b, "C": added[16:], "D": added[:16],
        **{name: Const(0, 1) for name in (
            *(f"{port}HOLD" for port in "ABCD"),
            *(f"{what}{half}" for half in ("TOP", "BOT")
              for what in ("IRST", "ORST", "OLOAD", "ADDSUB", "OHOLD")),
            *("CI", "ACCUMCI", "SIGNEXTIN"),
        )},
    }  # fmt: skip
    return Ports(parameters, inputs, {"O": block.p})


#: 16 × 16, and 32 bits that add a constant, or what the fabric brings from the block below.
SB_MAC16 = Kind(
    "sb_mac16",
    "SB_MAC16",
    Geometry(16, 16, 32, subtracts=False, holds="never", swaps=False, chooses=False),
    _sb_mac16,
)
