"""Exact sums: within a group, and across groups as integers that hold, wrap or saturate."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from . import exact
from .bounds import exact_range, of_term
from .description import Arithmetic, Stage
from .flags import Flags
from .products import RULES
from .scales import closing, scale_integers
from .specials import term_flags
from .tensor import Quantized
from .terms import Accumulator, Part, Term

Array = npt.NDArray[Any]


def raw_sum(
    sums: Accumulator,
    arithmetic: Arithmetic,
    weight: Quantized,
    activation: Quantized,
    start: Array | None = None,
) -> tuple[Array, Flags]:
    """An exact or integer accumulator's value, in units of the result range, and its flags, (N, M).

    ``start`` are integers (N, M) that it starts from, instead of 0.
    """
    unit, last = exact_range(arithmetic), arithmetic.accumulate[-1]
    dtype = exact.integer_type(max(unit.high, -unit.low))
    shape, each = (weight.shape[0], activation.shape[0]), closing(arithmetic, weight.shape[1])
    marks, addends = Flags.none(shape), []
    for term in sums.terms:
        values, lsb = term_sums(term, arithmetic, weight, activation)
        marks = marks | term_flags(term, arithmetic, weight, activation, values).any(axis=2)
        values = values.astype(dtype)
        for scale in term.scales:
            integers = scale_integers(scale, values.shape, each, weight, activation)
            values = values * integers.astype(dtype)
            lsb += scale[1].format.lsb
        addends.append(values << (lsb - unit.lsb))
    total: Array = np.zeros(shape, dtype) if start is None else start.astype(dtype)
    if last.saturates:
        return saturated(total, ordered(addends), last), marks
    for addend in addends:
        total = total + addend.sum(axis=2)
    return bounded(total, last), marks


def ordered(addends: list[Array]) -> Array:
    """The terms' addends (N, M, groups) as one sequence: group by group, term by term."""
    return np.stack(addends, axis=3).reshape(*addends[0].shape[:2], -1)


def term_sums(
    term: Term, arithmetic: Arithmetic, weight: Quantized, activation: Quantized
) -> tuple[Array, int]:
    """A term's exact group sums (N, M, groups), integer scales included, and their unit."""
    k = weight.shape[1]
    group = closing(arithmetic, k)
    bound = of_term(term, arithmetic, k, scaled=False)
    dtype = exact.integer_type(max(bound.high, -bound.low))
    total: Array | None = None
    for part in term.parts:
        values, lsb = _part_sums(part, arithmetic, weight, activation, group, dtype)
        for scale in part.scales:
            integers = scale_integers(scale, values.shape, group, weight, activation)
            values = values * integers.astype(dtype)
            lsb += scale[1].format.lsb
        values = values << (lsb - bound.lsb)
        total = values if total is None else total + values
    assert total is not None
    return total, bound.lsb


def _part_sums(
    part: Part,
    arithmetic: Arithmetic,
    weight: Quantized,
    activation: Quantized,
    group: int,
    dtype: type,
) -> tuple[Array, int]:
    """A part's group sums, unscaled, in ``dtype``, and their unit."""
    terms = []
    for i, j, sign in part.pairs:
        formats = arithmetic.weight.planes[i].element, arithmetic.activation.planes[j].element
        rule = RULES[arithmetic.product]
        sums = rule.dots(
            weight.plane_codes(i),
            activation.plane_codes(j),
            formats,
            group,
            (weight.plane_select(i), activation.plane_select(j)),
        )
        sums = sums.astype(dtype)  # before it is moved to a smaller unit
        terms.append((sums if sign > 0 else -sums, rule.range(*formats).lsb))
    lsb = min(unit for _, unit in terms)
    return reduce(np.add, (sums << (unit - lsb) for sums, unit in terms)), lsb


def bounded(sums: Array, stage: Stage) -> Array:
    """``sums`` wrapped to the width of an ``int`` stage; as they are under another rule."""
    if stage.rule != "int" or stage.format is None:
        return sums
    low, high = stage.format.low, stage.format.high
    dtype = exact.integer_type(2 * max(high, -low))
    sums = sums if dtype is np.int64 else sums.astype(object)
    return np.asarray(((sums - low) & (high - low)) + low).astype(dtype)


def saturated(start: Array, addends: Array, stage: Stage) -> Array:
    """``start`` plus the addends along the last axis, one by one, each sum cut to the range."""
    assert stage.format is not None
    low, high = stage.format.low, stage.format.high
    dtype = exact.integer_type(2 * max(high, -low))
    total = start if dtype is np.int64 else start.astype(object)
    for index in range(addends.shape[-1]):
        total = np.clip(total + addends[..., index], low, high)
    return np.asarray(total).astype(dtype)
