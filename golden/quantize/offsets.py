"""Values that do not lie about zero: integers with a zero point, or with an offset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..description import Level, Operand, Plane, Span
from ..errors import DesignError
from ..formats import Integer, Rounding
from ..tensor import Quantized, spread
from .scales import (
    Array,
    Wanted,
    blocks,
    divide,
    fitted,
    inner_scales,
    product_of,
    stored_scales,
    sums_of,
)

#: What the range of a block is multiplied with under ``mse``, before and after the least scale with
#: which all of it fits.
SHRINK = np.exp2(np.arange(0, -2.125, -0.125))

#: Bits of a quotient that is rounded before its zero point is added: more than all codes have.
_ROUNDED = 48

Scales = dict[str, Array]
#: Codes of the elements (rows × K), the scales of a block each, and the values (rows × K).
Candidate = tuple[Array, Scales, Array]


def zero_points(
    x: Array,
    operand: Operand,
    plane: Plane,
    zero: Level,
    rounding: Rounding,
    rule: str | None,
    select: Array | None,
    saturate: bool = False,
) -> Quantized:
    """s = (max - min) / (2**n - 1), z = round(-min / s), q = round(x / s) + z, with 0 in the range.

    s is the least stored scale that is not below, with ``nearest`` the one next to it; ``mse``
    tries smaller ones too, which cut one end of the range, the other, or both. A block of zeros has
    the scale 1. With ``saturate`` a scale that its format cannot hold becomes the nearest above
    zero that it can.
    """
    _check_rule(rule, "nearest")
    if len(plane.scales) != 1 or not isinstance(plane.element, Integer):
        raise DesignError("quantize handles zero points of integers with one level of scales")
    level = plane.scales[0]
    if level.span != zero.span:
        raise DesignError("quantize handles zero points that span what their scale spans")
    cut = blocks(x, level.span)
    low, high = np.minimum(cut.min(axis=2), 0), np.maximum(cut.max(axis=2), 0)
    size = _at_least(_odd_sum(high, -low), level, plane, always=saturate)
    size = np.where(size > 0, size, float(_steps(plane)))  # a block of zeros has scale 1

    wide = replace(plane.element, width=_ROUNDED, signed=True, symmetric=False)

    def candidates() -> Iterator[Candidate]:
        whole = size[..., np.newaxis]
        ask = Wanted(whole, np.full(whole.shape, float(_steps(plane))), rule == "nearest")
        least = fitted(ask, level.format, strict=not saturate)
        yield with_scale(least, plane.element.low - low / level.format.decode(least))
        for factor in SHRINK if rule == "mse" else ():
            scale = level.format.encode(size * factor / _steps(plane))
            held = level.format.decode(scale)
            ends = [
                plane.element.low - np.divide(low, held, out=np.zeros(held.shape), where=held > 0),
                plane.element.high
                - np.divide(high, held, out=np.zeros(held.shape), where=held > 0),
            ]
            for point in (*ends, (ends[0] + ends[1]) / 2):
                yield with_scale(scale, point)

    def with_scale(scale: Array, point: Array) -> Candidate:
        held = spread(level.format.decode(scale), level.span, x.shape)
        offset = zero.format.encode(np.rint(point))
        moved = spread(zero.format.decode(offset), level.span, x.shape)
        ratio = np.divide(x, held, out=np.zeros_like(x), where=held != 0)
        whole = wide.decode(wide.encode(ratio, rounding))  # a tie is one of x / s, whatever z is
        codes = plane.element.encode(whole + moved)
        values = held * (plane.element.decode(codes) - moved)
        return codes, {level.name: scale, zero.name: offset}, values

    codes, scales = _best(x, level.span, candidates())
    return Quantized(operand, {plane.code: codes}, scales, select)


def offset(x: Array, operand: Operand, rounding: Rounding, rule: str | None) -> Quantized | None:
    """d = (max - min) / (2**n - 1), m = ±min, q = round((x ∓ m) / d); None for other operands.

    d is the least stored scale that is not below, m the nearest offset; ``mse`` tries smaller d
    too, which cut one end of the range, the other, or both, beside the same outer scales.
    """
    if len(operand.planes) != 2 or not operand.planes[1].constant:
        return None
    plane, constant = operand.planes
    sign = float(constant.element.maximum)
    _check_offset(plane, constant)
    _check_rule(rule)
    inner, other = plane.scales[0], constant.scales[0]
    cut = blocks(x, inner.span)
    low = cut.min(axis=2)
    if other.format.minimum >= 0:
        low = np.minimum(low, 0) if sign < 0 else np.maximum(low, 0)
    size = np.maximum(cut.max(axis=2), low) - low
    if len(plane.scales) == 1:
        size = _at_least(size, inner, plane)
    steps = np.full(size.shape, float(_steps(plane)))
    bottom = plane.element.low * size / steps

    asked = Wanted(size, steps), Wanted(sign * (low - bottom), np.ones(low.shape), nearest=True)
    first = stored_scales(x.shape, plane.scales, asked[0])
    first |= stored_scales(x.shape, constant.scales, asked[1], vanish=True)

    def candidates() -> Iterator[Candidate]:
        yield with_scales(first)
        for factor in SHRINK if rule == "mse" else ():
            scale = Wanted(size * factor, steps, nearest=True)
            for share in (0.0, 0.5, 1.0):  # of what is cut, below
                least = low + share * (1 - factor) * size - factor * bottom
                ask = Wanted(sign * least, np.ones(low.shape), nearest=True)
                yield with_scales(
                    first | _inner(x, plane, scale, first) | _inner(x, constant, ask, first)
                )

    def with_scales(scales: Scales) -> Candidate:
        moved = sign * product_of(constant.scales, scales, x.shape)
        codes = plane.element.encode(divide(x - moved, plane, scales), rounding)
        values = plane.element.decode(codes) * product_of(plane.scales, scales, x.shape) + moved
        return codes, scales, values

    codes, scales = _best(x, inner.span, candidates())
    return Quantized(operand, {plane.code: codes}, scales)


def _inner(x: Array, plane: Plane, ask: Wanted, scales: Scales) -> Scales:
    """The first level's scales beside the outer ones that there are."""
    level, *outer = plane.scales
    room = product_of(outer, scales, x.shape)
    return {level.name: inner_scales(level, ask, room)}


def _best(x: Array, span: Span, candidates: Iterator[Candidate]) -> tuple[Array, Scales]:
    """Codes and scales: block by block those that leave the least squared error."""
    unit = np.abs(blocks(x, span)).max(axis=2)
    unit = spread(np.where(unit > 0, unit, 1.0), span, x.shape)
    found, scales, values = next(candidates)
    best = sums_of(np.square((values - x) / unit), span)
    for codes, own, values in candidates:
        error = sums_of(np.square((values - x) / unit), span)
        less = error < best
        found = np.where(spread(less, span, x.shape), codes, found)
        scales = {
            name: np.where(less, own[name], held) if held.shape == less.shape else held
            for name, held in scales.items()
        }
        best = np.minimum(error, best)
    return found, scales


def _check_offset(plane: Plane, constant: Plane) -> None:
    own = {level.name for level in plane.scales} & {level.name for level in constant.scales}
    if (
        own
        or abs(float(constant.element.maximum)) != 1
        or not isinstance(plane.element, Integer)
        or [level.span for level in plane.scales] != [level.span for level in constant.scales]
        or not plane.scales
    ):
        raise DesignError(
            "quantize handles offsets of integers, a second plane of one or minus_one with scales "
            "of its own that span what the elements' scales span; build a Quantized from codes"
        )


def _check_rule(rule: str | None, *more: str) -> None:
    if rule not in (None, "absmax", "mse", *more):
        raise DesignError(
            "beside a zero point or an offset the scale rule is absmax or mse, beside a zero point "
            f"also nearest: the range of a block counts, not its magnitudes; got {rule!r}"
        )


def _steps(plane: Plane) -> int:
    return plane.element.high - plane.element.low


def _odd_sum(a: Array, b: Array) -> Array:
    """``a + b``, of numbers that are not negative; what is not exact has an odd last bit.

    So it lies on the same side as the sum of whatever has fewer bits, and rounds as the sum does.
    Source: Boldo, Melquiond, Emulation of FMA and correctly rounded sums, 2008.
    """
    total = a + b
    more = np.maximum(a, b)
    rest = np.minimum(a, b) - (total - more)
    even = (total.view(np.int64) & 1) == 0
    toward = np.where(rest > 0, np.inf, 0.0)
    return np.where((rest != 0) & even, np.nextafter(total, toward), total)


def _at_least(size: Array, level: Level, plane: Plane, always: bool = False) -> Array:
    """Ranges: beside larger blocks, or ``always``, tiny ones lose what the scale's format cannot
    hold."""
    least = float(np.ldexp(1.0, level.format.lsb)) * _steps(plane)
    if not always and not (size >= least).any():
        return size
    return np.where(size > 0, np.maximum(size, least), 0.0)
