"""Residual additions in C++."""

from __future__ import annotations

from ....golden.units import Residual
from ..formats import Formats
from ..lines import constant
from .told import Told


def told(unit: Residual, formats: Formats) -> Told:
    """What the C++ of a residual addition is made from."""
    lines = [
        constant("lib::Format", "values", formats.name(unit.values)),
        constant("lib::Format", "residual", formats.name(unit.residual)),
        constant("lib::Format", "target", formats.name(unit.result)),
        constant("std::size_t", "width", unit.width),
    ]
    return Told(("residual",), "lib::Residual", tuple(lines))
