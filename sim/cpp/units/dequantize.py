"""Dequantizers in C++."""

from __future__ import annotations

from ....golden.formats import Minifloat
from ....golden.units import Dequantize
from ..formats import Formats, truth
from ..lines import constant
from . import grouped
from .told import Told


def told(unit: Dequantize, formats: Formats) -> Told:
    """What the C++ of a dequantizer is made from."""
    integers = not isinstance(unit.element, Minifloat)
    lines = [
        *grouped.lines(unit, formats),
        constant("bool", "integers", truth(integers)),
        constant("int", "zero", grouped.place(unit, "zero")),
        constant("int", "scales", len(unit.scales)),
        constant("int", "unit", unit.unit_of_product if integers else 0),
        constant("bool", "wraps", truth(unit.wraps)),
        constant("bool", "saturates", truth(unit.saturates)),
    ]
    return Told((*grouped.PARTS, "dequantize"), "lib::Dequantize", tuple(lines))
