"""The sums of an engine: exact within a group, then exact or rounded across groups."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from . import exact, fp
from .bounds import of_term, result_range
from .description import Arithmetic, Stage
from .errors import DesignError
from .flags import Flags
from .formats import Format, Kind
from .scales import scale_codes, scale_integers
from .specials import term_flags
from .tensor import Quantized
from .terms import Accumulator, Part, Sided, Term

Array = npt.NDArray[Any]


def raw_sum(
    sums: Accumulator, arithmetic: Arithmetic, weight: Quantized, activation: Quantized
) -> tuple[Array, Flags]:
    """An exact accumulator's integers, in units of the result range, and its flags, (N, M)."""
    unit = result_range(arithmetic)
    dtype = exact.integer_type(max(unit.high, -unit.low))
    total: Array | None = None
    marks = Flags.none((weight.shape[0], activation.shape[0]))
    for term in sums.terms:
        values, lsb = _term_sums(term, arithmetic, weight, activation)
        marks = marks | term_flags(term, arithmetic, weight, activation, values).any(axis=2)
        values = values.astype(dtype)
        for scale in term.scales:
            values = values * scale_integers(scale, values.shape, weight, activation).astype(dtype)
            lsb += scale[1].format.lsb
        part = values.sum(axis=2) << (lsb - unit.lsb)
        total = part if total is None else total + part
    assert total is not None
    last = arithmetic.accumulate[-1]
    return (total if last.rule == "exact" else bounded(total, last)), marks


def _term_sums(
    term: Term, arithmetic: Arithmetic, weight: Quantized, activation: Quantized
) -> tuple[Array, int]:
    """A term's exact group sums (N, M, groups), integer scales included, and their unit."""
    k = weight.shape[1]
    group = arithmetic.group or k
    bound = of_term(term, arithmetic, k, scaled=False)
    dtype = exact.integer_type(max(bound.high, -bound.low))
    total: Array | None = None
    for part in term.parts:
        values, lsb = _part_sums(part, arithmetic, weight, activation, group)
        values = values.astype(dtype)
        for scale in part.scales:
            values = values * scale_integers(scale, values.shape, weight, activation).astype(dtype)
            lsb += scale[1].format.lsb
        values = values << (lsb - bound.lsb)
        total = values if total is None else total + values
    assert total is not None
    return total, bound.lsb


def _part_sums(
    part: Part, arithmetic: Arithmetic, weight: Quantized, activation: Quantized, group: int
) -> tuple[Array, int]:
    terms = []
    for i, j, sign in part.pairs:
        formats = arithmetic.weight.planes[i].element, arithmetic.activation.planes[j].element
        sums = exact.group_dots(
            weight.plane_codes(i),
            activation.plane_codes(j),
            *formats,
            group,
            (weight.plane_select(i), activation.plane_select(j)),
        )
        terms.append((sums if sign > 0 else -sums, formats[0].lsb + formats[1].lsb))
    lsb = min(unit for _, unit in terms)
    return reduce(np.add, (sums << (unit - lsb) for sums, unit in terms)), lsb


def fp_sum(
    item: Accumulator, arithmetic: Arithmetic, weight: Quantized, activation: Quantized
) -> Array:
    """Every addend rounded once from its exact product, then added into P partial sums."""
    stage = arithmetic.accumulate[-1]
    assert stage.format is not None
    addends = []
    for term in item.terms:
        sums, lsb = _term_sums(term, arithmetic, weight, activation)
        sums = _inner_stages(sums, arithmetic)
        marks = term_flags(term, arithmetic, weight, activation, sums)
        finite = _scaled(stage.format, sums, lsb, term.scales, weight, activation)
        addends.append(marks.apply(finite))
    order = np.stack(addends, axis=3).reshape(*addends[0].shape[:2], -1)
    return fp.partial_sums(stage.format, order, stage.partials)


def _inner_stages(sums: Array, arithmetic: Arithmetic) -> Array:
    """Combine group sums up to the span of the stage before the floating-point one."""
    inner, group = arithmetic.accumulate[0], arithmetic.group
    if inner.rule == "int":
        return bounded(sums, inner)
    if inner.rule == "exact" and inner.span and group and inner.span > group:
        many = inner.span // group
        if sums.shape[2] % many:
            raise DesignError(f"the stage's span {inner.span} must divide K")
        return np.asarray(sums.reshape(*sums.shape[:2], -1, many).sum(axis=3))
    return sums


def bounded(sums: Array, stage: Stage) -> Array:
    """``sums`` wrapped to the width of an ``int`` stage."""
    assert stage.format is not None
    low, high = stage.format.low, stage.format.high
    return np.asarray(((sums - low) & (high - low)) + low)


def _scaled(
    working: Format,
    sums: Array,
    lsb: int,
    scales: tuple[Sided, ...],
    weight: Quantized,
    activation: Quantized,
) -> Array:
    """RNE(S × scales): one rounding of the exact product; special scales count as 1."""
    if not scales:
        return fp.rounded(working, exact.to_float(sums, lsb))
    product, unit = sums.astype(object), np.asarray(lsb)
    for scale in scales:
        fields = scale[1].format.fields(scale_codes(scale, sums.shape, weight, activation))
        signed = np.where(fields.sign, -fields.significand, fields.significand).astype(object)
        finite = fields.kind == Kind.FINITE
        product = product * np.where(finite, signed, 1)
        unit = unit + np.where(finite, fields.exponent, 0)
    return fp.rounded(working, exact.to_float(product, unit))
