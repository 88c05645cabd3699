"""Units that have a model in C++, each kind in a file of its own."""

from collections.abc import Callable

from ....golden.description.unit import Unit
from ....golden.errors import DesignError
from ....golden.units import Dequantize, Product, Quantize, Requantize, Residual
from ..formats import Formats
from . import dequantize, of_two, quantize, requantize
from .told import Told

#: A unit's type -> what its C++ is made from.
TELLERS: dict[type[Unit], Callable[..., Told]] = {
    Product: of_two.told,
    Dequantize: dequantize.told,
    Requantize: requantize.told,
    Quantize: quantize.told,
    Residual: of_two.told,
}


def told(unit: Unit, formats: Formats) -> Told:
    """What the C++ of a unit is made from. Raises DesignError for kinds that have none."""
    for kind in type(unit).__mro__:
        if kind in TELLERS:
            return TELLERS[kind](unit, formats)
    known = ", ".join(kind.kind for kind in TELLERS)
    raise DesignError(
        f"the C++ model is of engines, of units of the kinds {known}, and of chains of them, and "
        f"{unit.name} is a unit of the kind {unit.kind}: leave --cpp out"
    )


__all__ = ["TELLERS", "Told", "told"]
