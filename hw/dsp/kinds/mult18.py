"""Lattice's MULT18X18D (ECP5, FPGA-TN-02205): a multiplier with registers about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import ClockSignal, Const

from ..packing import PLAIN, Geometry
from .kind import Kind, Ports

if TYPE_CHECKING:
    from ..block import Block

_REGISTERS = ("INPUTA", "INPUTB", "PIPELINE", "OUTPUT")


def _mult18x18d(block: Block) -> Ports:
    """SRIA and SRIB are wires from the block beside, which nothing else reaches: they stay open."""
    parameters = {
        **{f"REG_{name}_CLK": "CLK0" for name in _REGISTERS},
        **{f"REG_{name}_CE": "CE0" for name in _REGISTERS},
        **{f"REG_{name}_RST": "RST0" for name in _REGISTERS},
        "GSR": "DISABLED",
        "SOURCEB_MODE": "B_SHIFT",  # with SOURCEB low: the port
    }
    zero, one = Const(0, 1), Const(1, 1)
    inputs = {
        **{f"A{n}": block.d[n] for n in range(18)},
        **{f"B{n}": block.b[n] for n in range(18)},
        **{f"C{n}": zero for n in range(18)},
        "SIGNEDA": one, "SIGNEDB": one, "SOURCEA": zero, "SOURCEB": zero,
        "CLK0": ClockSignal(), "CE0": block.enable, "RST0": zero,
        **{f"{name}{n}": zero for name in ("CLK", "CE", "RST") for n in range(1, 4)},
    }  # fmt: skip
    return Ports(parameters, inputs, {f"P{n}": block.p[n] for n in range(36)})


MULT18X18D = Kind(
    "mult18x18d",
    "MULT18X18D",
    Geometry(18, 18, 36, **dict.fromkeys(PLAIN, False), holds="never"),
    _mult18x18d,
)
