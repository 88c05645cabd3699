"""MXFP4 in safetensors: two E2M1 a byte, the first in the low nibble; E8M0 scales in uint8."""

from __future__ import annotations

from ...golden.description import group
from ...golden.errors import DesignError
from ...golden.formats import lookup
from ...golden.tensor import Quantized
from ..files import Stored
from ..matrix import Matrix
from . import operands
from .bits import unpacked
from .config import shaped, typed

NOTES = ("nibbles in order, the first low", "scales are E8M0 in uint8")


def matrix(layer: str, packed: Stored, scales: Stored, tool: str) -> Matrix:
    """``packed`` (rows, K / 2) with ``scales`` (rows, K / 32)."""
    if len(packed.shape) != 2:
        raise DesignError(f"{packed.name} has shape {packed.shape}, it is no matrix")
    rows, half = packed.shape
    shaped(typed(scales, "uint8", "float8_e8m0fnu"), (rows, half // 16))
    typed(packed, "uint8")
    operand = operands.scaled("e2m1", (lookup("e8m0"), group(32)))

    def reader() -> Quantized:
        codes = unpacked(packed.array(), 4, 2 * half)
        return Quantized(operand, {"code": codes}, {"scale": scales.array()})

    arrays = (packed, scales)
    return Matrix(layer, (rows, 2 * half), f"MXFP4 ({tool})", operand, arrays, reader, NOTES)
