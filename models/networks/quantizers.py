"""The quantizer, as a unit, of an engine's activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...golden.description import Operand
from ...golden.errors import DesignError
from ...golden.formats import Format
from ...golden.quantize.rules import default_rule
from ...golden.units import Quantize
from .product import DesignProduct, Product
from .units import LANES


def quantizer(operand: Operand, k: int, values: Format) -> Quantize | None:
    """The unit that makes codes and scales of ``operand`` from vectors of ``k`` values of a format,
    as :func:`~macsmith.golden.quantize.quantize` does; None where there is none.

    One plane of elements with a scale for each group or vector, and perhaps an outer one for the
    vector, which the unit then makes.
    """
    [plane, *more] = operand.planes
    if more or operand.select or operand.structure or not 1 <= len(plane.scales) <= 2:
        return None
    inner, *outer = plane.scales
    block = inner.span.columns or k
    rule = default_rule(plane.element, inner)
    given: dict[str, Any] = {"tensor": outer[0].format, "token": k} if outer else {}
    try:
        return Quantize(
            name="quantize", values=values, element=plane.element, scale=inner.format, rule=rule,
            block=block, lanes=LANES, **given,
        )  # fmt: skip
    except (DesignError, TypeError):
        return None


@dataclass(frozen=True)
class Quantized:
    """How the activations of a design's matrices become codes.

    Parameters
    ----------
    matrices : how many there are.
    by_unit : of how many the unit makes codes and scales.
    plain : of how many there is nothing to make: elements without scales.
    """

    matrices: int
    by_unit: int
    plain: int

    @property
    def others(self) -> int:
        """Those of which no unit makes codes: macsmith's ``quantize`` does."""
        return self.matrices - self.by_unit - self.plain


def quantized(used: Product, form: Format) -> Quantized | None:
    """Of the matrices that a product has read; None for FP32 ones, which take values."""
    if not isinstance(used, DesignProduct):
        return None
    served = list(used.kept.values())
    sides = [(s.engine.arithmetic.activation, s.weight.shape[1]) for s in served]
    units = sum(quantizer(operand, k, form) is not None for operand, k in sides)
    plain = sum(not operand.levels for operand, _ in sides)
    return Quantized(len(served), units, plain)
