"""Requantizers in C++: a class of the library for each rule."""

from __future__ import annotations

from ....golden.errors import DesignError
from ....golden.formats import Integer
from ....golden.units import Requantize
from ..formats import Formats, truth
from ..lines import constant
from . import grouped
from .told import Told

#: A rule -> what follows it.
RULES = {
    "dyadic": "lib::Dyadic",
    "tflite": "lib::Tflite",
    "scale": "lib::FloatScale",
    "qlinear": "lib::Qlinear",
}


def told(unit: Requantize, formats: Formats) -> Told:
    """What the C++ of a requantizer is made from. Raises DesignError for a rule of your own."""
    if unit.rule not in RULES:
        raise DesignError(
            f"the C++ model requantizes by the rules {', '.join(RULES)}, and {unit.name} has "
            f"{unit.rule}: leave --cpp out"
        )
    low, high = unit.ends_of_result if isinstance(unit.result, Integer) else (0, 0)
    clamps = bool(unit.clamp) and not isinstance(unit.result, Integer)
    least, greatest = unit.result.encode(unit.clamp, saturate=False) if clamps else (0, 0)
    lines = [
        *grouped.lines(unit, formats),
        *(constant("int", name, grouped.place(unit, name)) for name in _HELD),
        constant("int", "distance", unit.constant),
        constant("lib::Rounding", "rounding", f"lib::Rounding::{unit.rounding}"),
        constant("bool", "saturates", truth(unit.saturates)),
        constant("bool", "relu", truth(unit.relu)),
        constant("int", "zero", unit.zero),
        constant("int", "low", low),
        constant("int", "high", high),
        constant("bool", "floats", truth(unit.floats)),
        constant("bool", "clamps", truth(clamps)),
        constant("std::uint64_t", "least", least),
        constant("std::uint64_t", "greatest", greatest),
    ]
    if unit.floats:
        lines.append(constant("lib::Format", "summed", formats.name(unit.summed)))
    return Told((*grouped.PARTS, "requantize"), RULES[unit.rule], tuple(lines))


#: What a group may hold.
_HELD = ("multiplier", "shift", "bias")
