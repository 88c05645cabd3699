"""One operand's rows as factors of product sums: elements with scales multiplied in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..description.operand import Level
from ..tensor import Quantized, spread
from .factor import DOUBLE, Bounds, Factor, element_factor, measured

Array = npt.NDArray[Any]
Levels = tuple[Level, ...]


class Side:
    """Rows of a matrix, whose factors are made once.

    Parameters
    ----------
    given : the rows.
    """

    def __init__(self, given: Quantized) -> None:
        self.given = given
        self._folded: dict[tuple[int, Levels, int], Factor | None] = {}
        self._scales: dict[tuple[Levels, int], tuple[Array, Bounds] | None] = {}

    def folded(self, plane: int, levels: Levels, each: int) -> Factor | None:
        """A plane's elements times their scales, for sums over ``each`` elements; a constant has
        a column for each sum. None where floats do not hold them, or where one is special."""
        key = plane, levels, each
        if key not in self._folded:
            self._folded[key] = self._fold(plane, levels, each)
        return self._folded[key]

    def _fold(self, plane: int, levels: Levels, each: int) -> Factor | None:
        item, (rows, k) = self.given.operand.planes[plane], self.given.shape
        if item.constant:
            value, shape = item.element.low, (rows, -(-k // each))
            values = np.full(shape, np.ldexp(float(value), item.element.lsb))
            factor: Factor | None = Factor(values, Bounds(item.element.lsb, abs(value)), 1, each)
            step = each
        else:
            factor = element_factor(item.element, self.given.plane_codes(plane))
            shape, step = (rows, k), 1
        for span in dict.fromkeys(level.span for level in levels):
            if factor is None:
                return None
            alike = tuple(level for level in levels if level.span == span)
            scales = self._product(alike)
            if scales is None:
                return None
            values = spread(scales[0], span, shape, step)
            factor = factor.times(Factor(values, scales[1], _digits(alike)))
        return factor

    def scales(self, levels: Levels, each: int) -> tuple[Array, Bounds] | None:
        """The product of scales, (rows, sums), for sums over ``each`` elements, and its bounds;
        None if one is special, or if float64 does not hold it."""
        key = levels, each
        if key not in self._scales:
            self._scales[key] = self._spread(levels, each)
        return self._scales[key]

    def _spread(self, levels: Levels, each: int) -> tuple[Array, Bounds] | None:
        rows, k = self.given.shape
        shape = rows, -(-k // each)
        total, bounds = np.ones((1, 1)), Bounds(0, 1)
        if _digits(levels) > DOUBLE:
            return None
        for level in levels:
            found = self._product((level,))
            if found is None:
                return None
            total = total * spread(found[0], level.span, shape, each)
            bounds = bounds * found[1]
        return total, bounds

    def _product(self, levels: Levels) -> tuple[Array, Bounds] | None:
        """The product of scales over one span, float64 of the span's shape."""
        if _digits(levels) > DOUBLE:
            return None
        total, bounds = np.ones((1, 1)), Bounds(0, 1)
        for level in levels:
            values = level.format.decode(self.given.scales[level.name])
            found = measured(level.format, values)
            if found is None:
                return None
            total, bounds = total * values, bounds * found
        return total, bounds


def _digits(levels: Levels) -> int:
    return sum(level.format.significand_width for level in levels)
