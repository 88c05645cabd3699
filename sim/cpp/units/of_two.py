"""Units of two streams in C++: a class of the library for each."""

from __future__ import annotations

from ....golden.units import Product, Residual
from ....golden.units.of_two import OfTwo
from ..formats import Formats
from ..lines import constant
from .told import Told

#: A unit's type -> what computes it.
ALGORITHMS: dict[type[OfTwo], str] = {Residual: "lib::Residual", Product: "lib::Product"}


def told(unit: OfTwo, formats: Formats) -> Told:
    """What the C++ of a unit of two streams is made from."""
    lines = [
        constant("lib::Format", "values", formats.name(unit.values)),
        constant("lib::Format", "beside", formats.name(unit.other)),
        constant("lib::Format", "target", formats.name(unit.result)),
        constant("std::size_t", "width", unit.width),
    ]
    algorithm = next(ALGORITHMS[kind] for kind in type(unit).__mro__ if kind in ALGORITHMS)
    return Told(("of_two",), algorithm, tuple(lines))
