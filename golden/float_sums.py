"""Sums in floating point: products that are aligned, group sums that are rounded and added."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import aligned, exact, fp
from .bounds import inner_range
from .description import Arithmetic
from .flags import Flags
from .formats import Fields, Format, Kind, Minifloat
from .products import RULES
from .scales import scale_codes
from .specials import scaled_flags, unscaled_flags
from .sums import bounded, ordered, term_sums
from .tensor import Quantized
from .terms import Accumulator, Sided, Term

Array = npt.NDArray[Any]


def aligned_sums(
    arithmetic: Arithmetic,
    weight: Quantized,
    activation: Quantized,
    size: int,
    planes: tuple[int, int] = (0, 0),
) -> Array:
    """Codes (N, M, groups) of an aligned stage's format: sums of ``size`` products of two
    ``planes``, from +0.

    What K leaves of the last group is filled up with zeros, and a constant beside zeros with
    itself, as hardware has it: a step of them changes a sum that has more fractional bits than the
    stage keeps.
    """
    stage = arithmetic.accumulate[0]
    assert isinstance(stage.format, Minifloat) and stage.fraction and stage.terms
    formats = (
        arithmetic.weight.planes[planes[0]].element,
        arithmetic.activation.planes[planes[1]].element,
    )
    rule = RULES[arithmetic.product]
    fields = [
        rule.elements(fmt.fields(side.plane_codes(plane), side.plane_select(plane)), fmt)
        for fmt, side, plane in zip(formats, (weight, activation), planes, strict=True)
    ]
    if missing := -weight.shape[1] % size:
        # Two constants would not be zero: hardware does not take such a K.
        alone = any(fmt.bits for fmt in formats)
        fields = [
            Fields(*(_longer(part, missing, constant=alone and not fmt.bits) for part in side))
            for side, fmt in zip(fields, formats, strict=True)
        ]
    groups = []
    for begin in range(0, weight.shape[1], size):
        w, a = (Fields(*(part[:, begin : begin + size] for part in side)) for side in fields)
        groups.append(
            aligned.accumulate(
                w,
                a,
                formats,
                stage.format,
                stage.fraction,
                stage.terms,
                partials=stage.partials,
                product=rule,
            )
        )
    return np.stack(groups, axis=2)


def _longer(part: Array, missing: int, *, constant: bool) -> Array:
    """More columns: zeros, or of a constant what all others are."""
    filled = part[:, -1:] if constant else np.zeros_like(part[:, -1:])
    return np.concatenate([part, np.repeat(filled, missing, axis=1)], axis=1)


def fp_sum(
    item: Accumulator, arithmetic: Arithmetic, weight: Quantized, activation: Quantized
) -> Array:
    """Every addend rounded once from its exact product, then added into P partial sums."""
    stage = arithmetic.accumulate[-1]
    assert stage.format is not None
    addends = []
    for term in item.terms:
        sums, lsb, marks = _inner_sums(term, arithmetic, weight, activation)
        each = arithmetic.accumulate[0].span or arithmetic.group or weight.shape[1]
        marks = scaled_flags(marks, term.scales, weight, activation, sums, each)
        finite = _scaled(stage.format, sums, lsb, term.scales, weight, activation, each)
        addends.append(marks.apply(finite))
    return fp.partial_sums(stage.format, ordered(addends), stage.partials)


def _inner_sums(
    term: Term, arithmetic: Arithmetic, weight: Quantized, activation: Quantized
) -> tuple[Array, Array, Flags]:
    """What the first of two stages hands over: integers, their units' exponents, their flags."""
    inner, group = arithmetic.accumulate[0], arithmetic.group
    assert group is not None
    if inner.rule == "aligned":
        assert inner.format is not None
        [part] = term.parts
        [(i, j, _)] = part.pairs
        codes = aligned_sums(arithmetic, weight, activation, group, (i, j))
        fields = inner.format.fields(codes)
        infinite = fields.kind == Kind.INFINITE
        marks = Flags(fields.kind == Kind.NAN, infinite & ~fields.sign, infinite & fields.sign)
        significand = np.where(fields.kind == Kind.FINITE, fields.significand, 0).astype(np.int64)
        return np.where(fields.sign, -significand, significand), fields.exponent, marks
    if inner.rule != "int":
        inner_range(term, arithmetic)  # raises if too wide
    sums, lsb = term_sums(term, arithmetic, weight, activation)
    marks = unscaled_flags(term, arithmetic, weight, activation, sums.shape)
    many = (inner.span or group) // group
    spans = (*sums.shape[:2], -1, many)
    if missing := -sums.shape[2] % many:
        nothing = np.zeros((*sums.shape[:2], missing), sums.dtype)
        sums = np.concatenate([sums, nothing], axis=2)
        marks = marks.padded(missing)
    total = bounded(np.asarray(sums.reshape(spans).sum(axis=3)), inner)
    return total, np.asarray(lsb), marks.reshape(spans).any(axis=3)


def _scaled(
    working: Format,
    sums: Array,
    lsb: Array,
    scales: tuple[Sided, ...],
    weight: Quantized,
    activation: Quantized,
    each: int,
) -> Array:
    """RNE(S × scales): one rounding of the exact product; special scales count as 1."""
    if not scales:
        return fp.rounded(working, exact.to_float(sums, lsb), "addend")
    widths = sum(level.format.significand_width for _, level in scales)
    dtype = exact.integer_type(int(np.abs(sums).max(initial=0)) << widths)
    product: Array = sums.astype(dtype)
    unit = lsb
    for scale in scales:
        fields = scale[1].format.fields(scale_codes(scale, sums.shape, each, weight, activation))
        signed: Array = np.where(fields.sign, -fields.significand, fields.significand).astype(dtype)
        finite = fields.kind == Kind.FINITE
        product = product * np.where(finite, signed, 1)
        unit = unit + np.where(finite, fields.exponent, 0)
    return fp.rounded(working, exact.to_float(product, unit), "addend")
