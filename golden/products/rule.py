"""The product as it is, and what every rule says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import exact
from ..formats import Fields, Format
from ..interval import Range, of_format

Array = npt.NDArray[Any]
Pair = tuple[Format, Format]
#: Products that are held at a time.
CHUNK = 1 << 22


@dataclass(frozen=True)
class Factors:
    """Products before they are put in one unit: ``(-1)**sign * significand * 2**exponent``."""

    sign: Array
    significand: Array
    exponent: Array


class Exact:
    """The product as it is."""

    name = "exact"
    #: Whether products differ from the exact ones.
    approximate = False
    #: Rows and columns whose products depend on each other.
    shares = (1, 1)

    def check(self, weight: Format, activation: Format) -> None:
        """Raises DesignError if two formats cannot meet; here they always can."""

    def range(self, weight: Format, activation: Format) -> Range:
        """Bounds and unit of a product; NaN and infinity count as zero."""
        return of_format(weight) * of_format(activation)

    def leading(self, weight: Format, activation: Format) -> int:
        """What to add to the exponent of :meth:`factors` to get that of a full leading bit."""
        return weight.significand_width + activation.significand_width - 2

    def elements(self, fields: Fields, fmt: Format) -> Fields:
        """What an element counts as."""
        return fields

    def factors(self, w: Fields, a: Fields, formats: Pair) -> Factors:
        """Products of fields that broadcast; specials' significands mean nothing."""
        return Factors(
            w.sign ^ a.sign,
            w.significand.astype(np.int64) * a.significand,
            w.exponent.astype(np.int64) + a.exponent,
        )

    def products(self, weight: Array, activation: Array, formats: Pair) -> Array:
        """Products of codes that broadcast, in the unit of :meth:`range`."""
        w, a = formats[0].integers(weight), formats[1].integers(activation)
        return np.asarray(w.astype(exact.integer_type(self._bound(formats))) * a)

    def _bound(self, formats: Pair) -> int:
        bounds = self.range(*formats)
        return max(bounds.high, -bounds.low)

    def dots(
        self,
        weight: Array,
        activation: Array,
        formats: Pair,
        group: int,
        selects: tuple[Array | int, Array | int],
    ) -> Array:
        """Sums of ``group`` consecutive products, as of :func:`macsmith.golden.exact.group_dots`,
        in the unit of :meth:`range`."""
        return exact.group_dots(weight, activation, *formats, group, selects)
