"""Which groups, terms and sums hold NaN or infinity, from the elements and scales themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .description import Arithmetic
from .exact import grouped
from .flags import Flags, Reachable
from .formats import Fields, Kind
from .products import RULES
from .scales import closing, scale_values
from .tensor import Quantized
from .terms import Part, Sided, Term

Array = npt.NDArray[Any]


def term_flags(
    term: Term, arithmetic: Arithmetic, weight: Quantized, activation: Quantized, sums: Array
) -> Flags:
    """Flags (N, M, groups) of a term's group sums after its scales.

    ``sums`` are the exact group sums with integer scales, specials counted as zero.
    """
    marks = unscaled_flags(term, arithmetic, weight, activation, sums.shape)
    each = closing(arithmetic, weight.shape[1])
    return scaled_flags(marks, term.scales, weight, activation, sums, each)


def unscaled_flags(
    term: Term,
    arithmetic: Arithmetic,
    weight: Quantized,
    activation: Quantized,
    shape: tuple[int, ...],
) -> Flags:
    """Flags of a term's sums of ``shape`` (N, M, groups) before its float scales."""
    group = closing(arithmetic, weight.shape[1])
    marks = Flags.none(shape)
    for part in term.parts:
        marks = marks | _of_part(part, arithmetic, weight, activation, group, shape)
    return marks


def _of_part(
    part: Part,
    arithmetic: Arithmetic,
    weight: Quantized,
    activation: Quantized,
    group: int,
    shape: tuple[int, ...],
) -> Flags:
    marks = Flags.none(shape)
    for i, j, sign in part.pairs:
        found = _of_pair(arithmetic, weight, activation, (i, j), group, shape)
        marks = marks | (found if sign > 0 else -found)
    raised = marks.nan | marks.positive | marks.negative
    if not raised.any():
        return marks
    # Finite parts stand as 1: an integer scale is finite and raises nothing of its own.
    return scaled_flags(marks, part.scales, weight, activation, np.ones(shape), group)


def scaled_flags(
    marks: Flags,
    scales: tuple[Sided, ...],
    weight: Quantized,
    activation: Quantized,
    sums: Array,
    each: int,
) -> Flags:
    """``marks`` after the scales; ``sums``, over ``each`` so many elements, tell the sign and the
    zeros of what is finite."""
    for scale in scales:
        values = scale_values(scale, sums.shape, each, weight, activation)
        raised = marks.nan | marks.positive | marks.negative
        if raised.any() or not np.isfinite(values).all():
            marks = marks.times(values, sums)
        sums = np.sign(sums) * np.where(np.isfinite(values), np.sign(values), 1)
    return marks


def _of_pair(
    arithmetic: Arithmetic,
    weight: Quantized,
    activation: Quantized,
    planes: tuple[int, int],
    group: int,
    shape: tuple[int, ...],
) -> Flags:
    """Flags of the group sums of two planes' products, unscaled."""
    i, j = planes
    formats = arithmetic.weight.planes[i].element, arithmetic.activation.planes[j].element
    can = Reachable.of(*formats)
    if not (can.nan or can.infinite):
        return Flags.none(shape)
    rule = RULES[arithmetic.product]
    w, a = (
        rule.elements(fmt.fields(side.plane_codes(plane), side.plane_select(plane)), fmt)
        for fmt, side, plane in zip(formats, (weight, activation), planes, strict=True)
    )

    every = np.ones((1, weight.shape[1]), bool)
    nan = _meet(w.kind == Kind.NAN, every, group, shape) | _meet(
        every, a.kind == Kind.NAN, group, shape
    )
    if not can.infinite:
        return Flags(nan, *(np.zeros(shape, bool) for _ in range(2)))
    # Any infinity meeting a zero, and infinite products of either sign.
    w_inf, a_inf = w.kind == Kind.INFINITE, a.kind == Kind.INFINITE
    nan = nan | _meet(w_inf, a.significand == 0, group, shape)
    nan = nan | _meet(w.significand == 0, a_inf, group, shape)
    positive, negative = np.zeros(shape, bool), np.zeros(shape, bool)
    for w_sign in (False, True):
        for a_sign in (False, True):
            left, right = _live(w, w_sign), _live(a, a_sign)
            hit = _meet(left & w_inf, right, group, shape)
            hit = hit | _meet(left, right & a_inf, group, shape)
            positive, negative = (
                (positive | hit, negative) if w_sign == a_sign else (positive, negative | hit)
            )
    return Flags(nan, positive, negative)


def _live(fields: Fields, negative: bool) -> Array:
    """Elements of one sign that neither vanish nor are NaN."""
    there = (fields.significand != 0) & (fields.kind != Kind.NAN)
    return np.asarray(there & (fields.sign if negative else ~fields.sign))


def _meet(w: Array, a: Array, group: int, shape: tuple[int, ...]) -> Array:
    """(N, K), (M, K) -> (N, M, groups): is there an element where both hold?"""
    left = np.broadcast_to(w, (shape[0], w.shape[1])).astype(np.float32)
    right = np.broadcast_to(a, (shape[1], a.shape[1])).astype(np.float32)
    return np.asarray(grouped(left, right, group) > 0)
