"""A term's sums over groups, exact, and the scales that multiply them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..terms import Term
from .factor import DOUBLE, REACH, Bounds
from .odd import WIDEST, odd_product, odd_sum
from .pairs import factors
from .side import Side
from .slices import Sums

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Scaled:
    """A term's sums, and its scales (sums, N, 1) and (sums, 1, M), or one of them, or none.

    The product of two scales is exact in float64. ``plain`` says that so is that with a sum, and
    ``bounds`` hold for it.
    """

    sums: Sums
    scales: tuple[Array, ...]
    bounds: Bounds
    plain: bool

    @classmethod
    def of(cls, term: Term, group: int, span: int, weight: Side, activation: Side) -> Scaled | None:
        """Sums over ``span`` elements, in which integer scales hold for ``group``; None where
        floats do not hold them, or where an element or a scale is special."""
        planes = [(part.pairs, part.scales) for part in term.parts]
        pairs = factors(planes, weight, activation, group)
        if pairs is None:
            return None
        sums = Sums(pairs, [span // left.each for left, _ in pairs])
        scales, bounds, digits = [], sums.bounds, 0
        for number, side in enumerate((weight, activation)):
            levels = tuple(level for own, level in term.scales if own == number)
            if not levels:
                continue
            found = side.scales(levels, span)
            if found is None:
                return None
            values = found[0].T
            scales.append(values[:, None, :] if number else values[:, :, None])
            bounds = bounds * found[1]
            digits += sum(level.format.significand_width for level in levels)
        if digits > DOUBLE or not bounds.within(REACH) or sums.bounds.bits > WIDEST:
            return None
        powers = digits == len(term.scales)  # of two
        if sums.bounds.bits > DOUBLE and not powers:
            return None
        plain = powers or sums.bounds.bits + digits <= DOUBLE
        return cls(sums, tuple(scales), bounds, plain)

    def products(self, begin: int, end: int) -> Array:
        """Sums times scales (sums, N, M), exactly or rounded to odd."""
        wide = self.sums.bounds.bits > DOUBLE
        found = odd_sum(self.sums.parts(begin, end)) if wide else self.sums.doubles(begin, end)
        if not self.scales:
            return found
        first, *more = (scale[begin:end] for scale in self.scales)
        factor = first * more[0] if more else first
        return np.multiply(found, factor, out=found) if self.plain else odd_product(found, factor)

    def rounded(self, begin: int, end: int) -> Array:
        """The same, rounded once: float32."""
        return self.products(begin, end).astype(np.float32)
