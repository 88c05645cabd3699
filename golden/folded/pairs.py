"""Which factors meet: planes that meet the same ones of the other side are added up first."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..terms import Sided
from .factor import REACH, Bounds, Factor
from .side import Levels, Side

#: Planes (of the weight, of the activation, sign), and the scales that are folded into them.
Pairs = tuple[tuple[tuple[int, int, int], ...], tuple[Sided, ...]]


def factors(
    given: Iterable[Pairs], weight: Side, activation: Side, each: int
) -> list[tuple[Factor, Factor]] | None:
    """Factors whose product sums add up to those of all pairs of planes; None where floats do not
    hold one, or where an element or a scale is special.

    Both have a column for every element, or where a plane is constant for every sum over ``each``.
    """
    lefts: dict[tuple[int, Levels, bool], Factor] = {}
    for pairs, scales in given:
        levels = [tuple(level for side, level in scales if side == n) for n in (0, 1)]
        for i, j, sign in pairs:
            factor = weight.folded(i, levels[0], each)
            if factor is None:
                return None
            factor = factor if sign > 0 else factor.negated()
            key = j, levels[1], factor.each == 1
            if key in lefts:
                both = lefts[key].plus(factor)
                if both is None:
                    return None
                factor = both
            lefts[key] = factor
    found = []
    for (j, own, _), left in lefts.items():
        right = activation.folded(j, own, each)
        if right is None:
            return None
        a, b = _alike(left, right, weight.given.shape[1])
        if a is None or b is None or not (a.bounds * b.bounds).within(REACH):
            return None
        found.append((a, b))
    return found


def _alike(left: Factor, right: Factor, k: int) -> tuple[Factor | None, Factor | None]:
    """Both with as many columns."""
    each = max(left.each, right.each)
    if left.each < each:
        return left.summed(each), right
    if right.each < each:
        return left, right.summed(each)
    if each == 1:
        return left, right
    # Two constants meet as often as there are elements.
    counts = np.minimum(each, k - np.arange(0, k, each)).astype(np.float64)
    return left.times(Factor(counts[None, :], Bounds(0, each), each.bit_length(), each)), right
