"""Lattice's MULTADDSUB18X18 (Nexus, FPGA-TN-02096): a multiplier, and an adder behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import ClockSignal, Const, Value

from ..packing import Geometry
from .kind import Kind, Ports

if TYPE_CHECKING:
    from ..block import Block


def _multaddsub18x18(block: Block) -> Ports:
    """C, a constant, is what a sum starts from; of one that is not held, every sum."""
    mode = block.mode
    registers = {"INPUTA", "INPUTB", "PIPELINE", "OUTPUT"}
    others = {"INPUTC", "ADDSUB", "LOADC", "LOADC2", "CIN"}
    parameters = {
        **{f"REG{name}": "REGISTER" for name in sorted(registers)},
        **{f"REG{name}": "BYPASS" for name in sorted(others)},
        "GSR": "DISABLED",
        "RESETMODE": "SYNC",
    }
    start: Value = block.first if mode.accumulates else Const(1, 1)
    inputs = {
        "CLK": ClockSignal(),
        "A": block.d, "B": block.b, "C": Const(mode.start, 54), "SIGNED": Const(1, 1),
        "LOADC": start,
        # The sign goes with the product, by a register of the controls.
        **{f"CE{name}": block.enable for name in ("A", "B", "C", "PIPE", "CTRL", "CIN")},
        "CEOUT": block.takes,
        **{name: Const(0, 1) for name in ("ADDSUB", "CIN")},
        **{f"RST{name}": Const(0, 1) for name in ("A", "B", "C", "PIPE", "CTRL", "CIN", "OUT")},
    }  # fmt: skip
    return Ports(parameters, inputs, {"Z": block.p})


#: 18 × 18, and 54 bits that add a constant or what they hold. Nothing comes in time from below.
MULTADDSUB18X18 = Kind(
    "multaddsub18x18",
    "MULTADDSUB18X18",
    Geometry(
        18, 18, 54, subtracts=False, cascades=False, holds="alone", swaps=False, chooses=False
    ),
    _multaddsub18x18,
)
