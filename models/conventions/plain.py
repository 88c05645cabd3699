"""Matrices that are not quantized: FP32, FP16 and BF16, and bare integers and 8-bit floats."""

from __future__ import annotations

from ...golden.description import Operand, Plane
from ...golden.formats import lookup
from ...golden.tensor import single
from ..files import CODES, Container, Stored
from ..matrix import Matrix
from .found import Found

#: Types of arrays -> the format of their elements.
ELEMENTS = {
    "float32": "fp32",
    "float16": "fp16",
    **{name: called for name, (called, _) in CODES.items() if name != "float8_e8m0fnu"},
}


def read(container: Container, used: set[str]) -> Found:
    """All arrays of two axes that nobody has ``used``."""
    found = Found()
    for name, stored in container.arrays.items():
        if name in used or len(stored.shape) != 2 or not stored.count:
            continue
        if stored.type in ELEMENTS:
            found.matrices.append(matrix(stored))
    return found


def matrix(stored: Stored, name: str | None = None) -> Matrix:
    """``stored`` (rows, K) as it is; ``name`` if it is called otherwise."""
    element = lookup(ELEMENTS[stored.type])
    operand = Operand((Plane(element),))
    return Matrix(
        name or stored.name,
        (stored.shape[0], stored.shape[1]),
        element.name.upper(),
        operand,
        (stored,),
        lambda: single(operand, stored.array()),
    )
