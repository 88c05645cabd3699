"""Gowin's MULT18X18 (GW1N and GW2A, UG287): a multiplier with registers about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import ClockSignal, Const

from ..packing import PLAIN, Geometry
from .kind import Kind, Ports

if TYPE_CHECKING:
    from ..block import Block


def _mult18x18(block: Block) -> Ports:
    """SIA and SIB are wires from the block beside, which nothing else reaches: they stay open."""
    parameters = {
        **{name: Const(1, 1) for name in ("AREG", "BREG", "PIPE_REG", "OUT_REG")},
        **{name: Const(0, 1) for name in ("ASIGN_REG", "BSIGN_REG", "SOA_REG")},
        "MULT_RESET_MODE": "SYNC",
    }
    inputs = {
        "CLK": ClockSignal(),
        "CE": block.enable,
        "A": block.d, "B": block.b, "ASIGN": Const(1, 1), "BSIGN": Const(1, 1),
        **{name: Const(0, 1) for name in ("ASEL", "BSEL", "RESET")},
    }  # fmt: skip
    return Ports(parameters, inputs, {"DOUT": block.p})


MULT18X18 = Kind(
    "mult18x18",
    "MULT18X18",
    Geometry(18, 18, 36, **dict.fromkeys(PLAIN, False), holds="never"),
    _mult18x18,
)
