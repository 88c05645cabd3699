"""Sums that are exact over all of K: scales are multiplied into the elements, so that BLAS adds up
everything at once."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from ..bounds import exact_range
from ..description import Arithmetic
from ..exact import integer_type, to_float
from ..scales import closing
from ..sums import bounded
from ..terms import Accumulator
from .factor import DOUBLE, Bounds
from .odd import WIDEST, odd_sum
from .pairs import factors
from .scaled import Scaled
from .side import Side
from .slices import Part, Sums

Array = npt.NDArray[Any]

#: Vectors that are so few that scaling the elements costs more than scaling the sums of groups.
_FEW = 4
#: Bits that int64 holds with room for a sign and a doubling.
_INTEGER = 62


def _sums(item: Accumulator, arithmetic: Arithmetic, weight: Side, activation: Side) -> Sums | None:
    each = closing(arithmetic, weight.given.shape[1])
    planes = [
        (part.pairs, (*part.scales, *term.scales)) for term in item.terms for part in term.parts
    ]
    pairs = factors(planes, weight, activation, each)
    return None if pairs is None else Sums(pairs, [left.values.shape[1] for left, _ in pairs])


def raw(
    item: Accumulator,
    arithmetic: Arithmetic,
    weight: Side,
    activation: Side,
    start: Array | None = None,
) -> Array | None:
    """What :func:`macsmith.golden.sums.raw_sum` gives where no flag is raised, or None where this
    way does not lead there."""
    unit = exact_range(arithmetic)
    if integer_type(max(unit.high, -unit.low)) is object:
        return None
    sums = _sums(item, arithmetic, weight, activation)
    if sums is None or sums.bounds.bits > _INTEGER:
        return None
    total = _integers(sums.parts(0, 1), unit.lsb)[0]
    if start is not None:
        total = total + start.astype(np.int64)
    return bounded(total, arithmetic.accumulate[-1])


def _integers(parts: list[Part], lsb: int) -> Array:
    shifted = (np.ldexp(values, -unit).astype(np.int64) << (unit - lsb) for values, unit in parts)
    return np.asarray(reduce(np.add, shifted))


def value(
    item: Accumulator, arithmetic: Arithmetic, weight: Side, activation: Side
) -> Array | None:
    """The sums as float64, exactly, or rounded to odd where 53 bits do not hold them; None where
    this way does not lead there."""
    if arithmetic.accumulate[-1].rule == "int":
        total = raw(item, arithmetic, weight, activation)
        return None if total is None else np.asarray(to_float(total, exact_range(arithmetic).lsb))
    if arithmetic.group and activation.given.shape[0] <= _FEW:
        few = _of_few(item, arithmetic.group, weight, activation)
        if few is not None:
            return few
    sums = _sums(item, arithmetic, weight, activation)
    if sums is None or sums.bounds.bits > WIDEST:
        return None
    found = sums.doubles(0, 1) if sums.bounds.bits <= DOUBLE else odd_sum(sums.parts(0, 1))
    return np.asarray(found[0])


def _of_few(item: Accumulator, group: int, weight: Side, activation: Side) -> Array | None:
    """The same by groups, whose scales are fewer than elements; None if 53 bits do not hold the
    sum."""
    total: Array | None = None
    terms, bounds = [], Bounds(0, 0)
    for term in item.terms:
        found = Scaled.of(term, group, group, weight, activation)
        if found is None or not found.plain:
            return None
        terms.append(found)
        bounds = bounds + found.bounds.times(found.sums.count)
    if bounds.bits > DOUBLE:
        return None
    for found in terms:
        products = found.products(0, found.sums.count).sum(axis=0)
        total = products if total is None else total + products
    assert total is not None
    return total + 0.0  # never -0
