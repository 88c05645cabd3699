"""MX formats in safetensors: groups of 32 with E8M0 scales in uint8.

E2M1, E2M3 and E3M2 stand in dense bytes, the first code in the low bits; E4M3 and E5M2 in a byte
each.
"""

from __future__ import annotations

from ...golden.description import group
from ...golden.errors import DesignError
from ...golden.formats import lookup
from ...golden.tensor import Quantized
from ..files import CODES, Stored
from ..matrix import Matrix
from . import operands
from .bits import unpacked
from .config import shaped, typed

#: Elements of a group.
SIZE = 32

#: Bytes of a group -> what an MX format of it is called.
PACKED = {16: "MXFP4", 24: "MXFP6"}

SCALES = ("uint8", "float8_e8m0fnu")


def matrix(layer: str, codes: Stored, scales: Stored, tool: str, six: str = "e2m3") -> Matrix:
    """``codes`` (rows, bytes) with ``scales`` (rows, K / 32); the rows' lengths tell the format,
    but for which one of 6 bits: that is ``six``."""
    if len(codes.shape) != 2 or len(typed(scales, *SCALES).shape) != 2:
        raise DesignError(f"{codes.name} has shape {codes.shape}: no matrix with a scale a group")
    (rows, length), groups = codes.shape, scales.shape[1]
    shaped(scales, (rows, groups))
    if codes.type in CODES:
        element, called = CODES[codes.type][0], f"MXFP8 {CODES[codes.type][0].upper()}"
        shaped(codes, (rows, SIZE * groups))
    else:
        typed(codes, "uint8")
        if not groups or length % groups or length // groups not in PACKED:
            raise DesignError(
                f"{codes.name}: {length} bytes a row for {groups} groups are no MX format: groups "
                f"have {' or '.join(map(str, PACKED))}"
            )
        called = PACKED[length // groups]
        element = six if called == "MXFP6" else "e2m1"
        called += f" {six.upper()}" if called == "MXFP6" else ""
    operand = operands.scaled(element, (lookup("e8m0"), group(SIZE)))
    bits = operand.planes[0].element.bits

    def reader() -> Quantized:
        found = unpacked(codes.array(), bits, SIZE * groups)
        return Quantized(operand, {"code": found}, {"scale": scales.array()})

    notes = ["scales are E8M0 in uint8"]
    if bits < 8:
        notes.insert(0, "codes in dense bytes, the first in the low bits")
    shape = rows, SIZE * groups
    arrays = (codes, scales)
    return Matrix(layer, shape, f"{called} ({tool})", operand, arrays, reader, tuple(notes))
