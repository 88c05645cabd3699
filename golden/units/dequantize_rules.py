"""What can be dequantized: each rule in one line, with what was received."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..description.choices import Choices
from ..errors import DesignError, UnknownName
from ..formats import Codebook, Format, Integer, Minifloat

if TYPE_CHECKING:
    from .dequantize import Dequantize

OVERFLOWS = ("auto", "saturate", "infinity", "wrap")

#: How a dequantizer is built; it never changes a bit.
WAYS: Choices[Any] = Choices("via", "macsmith.hw.units.dequantizers", before=("auto",))

#: Bits of an element, a zero point and an integer result, at the most.
WIDEST = 16
#: Scales of a group, at the most.
MOST_SCALES = 3


def check(unit: Dequantize) -> None:
    """Raise DesignError, or TypeError for what is no number, unless ``unit`` can be built."""
    unit.check_shape()
    if unit.overflow not in OVERFLOWS:
        raise UnknownName("overflow", unit.overflow, OVERFLOWS)
    if unit.via != "auto" and unit.via not in WAYS:
        raise UnknownName("via", unit.via, WAYS)
    _check_element(unit.element)
    _check_zero(unit.element, unit.zero)
    _check_scales(unit.scales)
    _check_result(unit)


def _check_element(element: Format) -> None:
    known = isinstance(element, Integer | Codebook | Minifloat)
    if not known or element.select_width or not 1 <= element.bits <= WIDEST:
        raise DesignError(
            f"an element is an integer, a code book with one table or a float, of up to {WIDEST} "
            f"bits, got {element.name}"
        )


def _check_zero(element: Format, zero: Format | None) -> None:
    if zero is None:
        return
    if not isinstance(zero, Integer) or zero.bits > WIDEST:
        raise DesignError(
            f"a zero point is an integer of up to {WIDEST} bits, got {zero.name}; "
            "one that is no integer is a bias of the product"
        )
    if not isinstance(element, Integer) or element.lsb != zero.lsb:
        raise DesignError(
            f"a zero point {zero.name} is subtracted from integers of its unit, got elements of "
            f"{element.name}"
        )


def _check_scales(scales: tuple[Format, ...]) -> None:
    if len(scales) > MOST_SCALES:
        raise DesignError(f"a group has up to {MOST_SCALES} scales, got {len(scales)}")
    for fmt in scales:
        if not isinstance(fmt, Integer | Minifloat) or not 1 <= fmt.bits <= 32:
            raise DesignError(f"a scale is a float or an integer of up to 32 bits, got {fmt.name}")
    if any(isinstance(fmt, Integer) for fmt in scales[1:]):
        raise DesignError(
            "an integer scale is the first, floats come behind it: got "
            f"{', '.join(fmt.name for fmt in scales)}"
        )


def _check_result(unit: Dequantize) -> None:
    element, result = unit.element, unit.result
    whole = isinstance(result, Integer)
    if not isinstance(result, Integer | Minifloat) or not result.has_zero:
        raise DesignError(f"a result is an integer, or a float with zero, got {result.name}")
    if whole and result.bits > WIDEST:
        raise DesignError(f"an integer result has up to {WIDEST} bits, got {result.name}")
    if isinstance(element, Minifloat) and any(isinstance(fmt, Integer) for fmt in unit.scales):
        raise DesignError(
            f"an integer scale multiplies integers and code books, got elements of {element.name}"
        )
    nans = [fmt.name for fmt in (element, *unit.scales) if fmt.has_nan or fmt.has_inf]
    if nans and not whole and not result.has_nan:
        raise DesignError(f"{result.name} cannot hold NaN, which {nans[0]} can bring")
    floats = [fmt.name for fmt in (element, *unit.scales) if isinstance(fmt, Minifloat)]
    if whole and floats:
        raise DesignError(
            f"a result of {result.name} takes integers and code books with integer scales, got "
            f"{', '.join(floats)}: make the result a float"
        )
    if unit.wraps and not whole:
        raise DesignError(f"overflow = 'wrap' belongs to integer results, got {result.name}")
    if unit.wraps and unit.unit_of_product < result.lsb:
        raise DesignError(
            f"what wraps is not rounded: products have units of 2^{unit.unit_of_product}, "
            f"{result.name} of 2^{result.lsb}"
        )
    if unit.overflow == "infinity" and (whole or not (result.has_inf or result.has_nan)):
        raise DesignError(f"overflow = 'infinity' needs infinity or NaN, {result.name} has none")
