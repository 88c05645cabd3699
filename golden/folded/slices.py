"""Product sums that are exact in float64, of numbers that are first cut as narrow as that needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from ..blas import product
from .factor import DOUBLE, SINGLE, SINGLE_REACH, Bounds, Factor

Array = npt.NDArray[Any]
#: An exact part of a sum, and the exponent of its unit.
Part = tuple[Array, int]

#: Least bits of a slice beside a factor that stays whole.
_LEAST = 8


_Slice = tuple["_Groups", int]


class Sums:
    """Sums of products of factors, as parts that add up to them.

    Parameters
    ----------
    pairs : factors of either side, with as many columns.
    each : how many columns of each pair a sum takes; the last sum takes what is left.
    """

    def __init__(self, pairs: Sequence[tuple[Factor, Factor]], each: Sequence[int]) -> None:
        found = [
            ((left.bounds * right.bounds).times(columns), left, right, columns)
            for (left, right), columns in zip(pairs, each, strict=True)
        ]
        # Zeros have any unit, which must not count.
        self._products = [item for item in found if item[0].high] or found[:1]
        #: Of every sum of some of the products.
        self.bounds = reduce(Bounds.__add__, (item[0] for item in self._products))

    @cached_property
    def _slices(self) -> list[tuple[list[_Slice], list[_Slice]]]:
        return [_prepared(*item) for item in self._products]

    @property
    def count(self) -> int:
        """How many sums a row and a column have."""
        _, left, _, each = self._products[0]
        columns: int = left.values.shape[1]
        return -(-columns // each)

    def parts(self, begin: int, end: int) -> list[Part]:
        """Parts of the sums from ``begin`` to before ``end``: (sums, N, M)."""
        return [
            (_product(a, b, begin, end), left + right)
            for lefts, rights in self._slices
            for a, left in lefts
            for b, right in rights
        ]

    def doubles(self, begin: int, end: int) -> Array:
        """The sums themselves, where 53 bits hold them; zeros are positive."""
        found = [values for values, _ in self.parts(begin, end)]
        total = found[0].astype(np.float64, copy=False)
        for values in found[1:]:
            total += values
        total += 0.0
        return total


def _prepared(
    bounds: Bounds, left: Factor, right: Factor, each: int
) -> tuple[list[_Slice], list[_Slice]]:
    """Both as slices (sums, rows, each), of which all products' sums are exact."""
    if bounds.bits <= DOUBLE:
        single = bounds.bits <= SINGLE and bounds.within(2 * SINGLE_REACH)
        single = single and left.values.dtype == right.values.dtype == np.float32
        sides = [
            [(_Groups.of(f.values if single else f.double, each), f.bounds.lsb)]
            for f in (left, right)
        ]
        return sides[0], sides[1]
    widths = _widths(left.bounds.bits, right.bounds.bits, DOUBLE - each.bit_length())
    cut = [
        [(_Groups.of(values, each), unit) for values, unit in _cut(factor, width)]
        for factor, width in zip((left, right), widths, strict=True)
    ]
    return cut[0], cut[1]


@dataclass(frozen=True)
class _Groups:
    """Columns by the sums that take them: (sums, rows, each), and what is left, if there is any."""

    whole: Array
    rest: Array

    @classmethod
    def of(cls, values: Array, each: int) -> _Groups:
        (rows, columns), count = values.shape, values.shape[1] // each
        whole = values[:, : count * each].reshape(rows, count, each).swapaxes(0, 1)
        return cls(whole, values[None, :, count * each : columns])


def _product(a: _Groups, b: _Groups, begin: int, end: int) -> Array:
    if end <= len(a.whole):
        return product(a.whole[begin:end], b.whole[begin:end])
    rest = product(a.rest, b.rest)
    if begin == len(a.whole):
        return rest
    return np.concatenate([product(a.whole[begin:], b.whole[begin:]), rest])


def _widths(left: int, right: int, room: int) -> tuple[int, int]:
    """Bits of slices, of which two fit into ``room``, so that there are the fewest products."""
    choices = [(room - right, right), (left, room - left), (room // 2, room // 2)]
    fitting = [pair for pair in choices if min(pair) >= _LEAST]
    return min(fitting, key=lambda pair: -(-left // pair[0]) * -(-right // pair[1]))


def _cut(factor: Factor, width: int) -> Iterator[Part]:
    """Slices that add up to a factor, of integers up to ``2**width`` in their unit."""
    rest, bounds = factor.double, factor.bounds
    unit = bounds.lsb + bounds.bits - width
    while unit > bounds.lsb:
        # Above this number, floats are multiples of the unit.
        anchor = np.ldexp(1.5, unit + DOUBLE - 1)
        piece = (rest + anchor) - anchor
        yield piece, unit
        rest = rest - piece
        unit -= width
    yield rest, bounds.lsb
