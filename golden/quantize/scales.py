"""From real matrices to codes and scales, the common ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .description import Level, Operand, Plane, Span
from .errors import DesignError, UnknownName
from .formats import Codebook, Format, Integer, Rounding, Sliced
from .tensor import Quantized, spread

Array = npt.NDArray[Any]

#: How a block's scale follows from its values. ``absmax``: the greatest magnitude becomes the
#: format's greatest value. ``absmean``: the mean magnitude becomes 1 (BitNet b1.58). ``floor``: the
#: power of two of OCP MX v1.0, 6.3: floor(log2 absmax) - floor(log2 of the greatest value).
SCALE_RULES = ("absmax", "absmean", "floor")


def quantize(
    values: npt.ArrayLike,
    operand: Operand,
    *,
    rounding: Rounding = "nearest_even",
    scale_rule: str | None = None,
) -> Quantized:
    """Codes, scales and zero points of ``values`` (rows × K) for ``operand``.

    Handles one plane of elements with any levels of scales, its zero point (a second plane of
    minus_one with an integer scale), and tables selected per block (the one with the least squared
    error). Sliced integers are stored, and selected, at full width. Elements out of range saturate.
    Without ``scale_rule``: ``floor`` for power-of-two scales, ``absmean`` for elements that reach 1
    at most, else ``absmax``.

    Raises DesignError for other operands, for NaN and infinity, for spans that do not divide, and
    for a scale that its format cannot hold.
    """
    try:
        x = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise DesignError(f"values must be a matrix of numbers, rows × K: {error}") from None
    if x.ndim != 2 or not x.size:
        raise DesignError(f"values must have two axes, rows × K, got shape {x.shape}")
    if not np.isfinite(x).all():
        raise DesignError("values must be finite")
    if scale_rule is not None and scale_rule not in SCALE_RULES:
        raise UnknownName("scale rule", scale_rule, SCALE_RULES)
    plane, zero = _planes(operand)
    for level in operand.levels:
        level.span.shape(*x.shape)
    select = None
    if isinstance(plane.element, Sliced) and operand.select is not None:
        plane = replace(plane, element=plane.element.whole)
        select = np.zeros(operand.select.span.shape(*x.shape), np.uint8)
    if zero is not None:
        return _asymmetric(x, operand, plane, zero, rounding, select)
    if operand.select is not None and select is None:
        return _selected(x, operand, plane, rounding)
    scales = _scales(x, plane, _ideal(x, plane, plane.element, scale_rule))
    codes = plane.element.encode(_divide(x, plane, scales), rounding)
    return Quantized(operand, {plane.code: codes}, scales, select)


def _planes(operand: Operand) -> tuple[Plane, Level | None]:
    """The plane of elements, and the zero point's level if there is a second plane for it."""
    if operand.affine is None:
        raise DesignError(
            "quantize handles one plane of elements and its zero point; build a Quantized from "
            "codes"
        )
    return operand.affine


def _rule(element: Format, level: Level) -> str:
    if not level.integer and level.format.significand_width == 1:
        return "floor"
    return "absmean" if element.maximum == 1 else "absmax"


def _blocks(x: Array, span: Span) -> Array:
    """(rows, K) -> (row blocks, column blocks, elements of a block)."""
    rows, columns = span.shape(*x.shape)
    cut = x.reshape(rows, x.shape[0] // rows, columns, x.shape[1] // columns)
    return cut.transpose(0, 2, 1, 3).reshape(rows, columns, -1)


def _scales(x: Array, plane: Plane, ideal: Array) -> dict[str, Array]:
    """Codes of every level from the first one's ideal scales; later levels make room for it."""
    if not plane.scales:
        return {}
    inner, *outer = plane.scales
    codes: dict[str, Array] = {}
    for level in reversed(outer):
        largest = _blocks(spread(ideal, x.shape), level.span).max(axis=2)
        codes[level.name] = _stored(largest / float(inner.format.maximum), level.format)
        stored = spread(level.format.decode(codes[level.name]), x.shape)
        ideal = _reduce(spread(ideal, x.shape), stored, inner)
    # Under an outer scale, a block far below the others vanishes, one at the top saturates.
    codes[inner.name] = inner.format.encode(ideal) if outer else _stored(ideal, inner.format)
    return codes


def _stored(ideal: Array, fmt: Format) -> Array:
    """Codes of scales; DesignError if the format cannot hold one: too large, or rounded to zero.

    In a format without zero (E8M0), too small a scale becomes the least one.
    """
    codes = fmt.encode(ideal)
    greatest = float(fmt.maximum)
    step = np.ldexp(1.0, int(fmt.fields(fmt.encode(greatest)).exponent))
    remedy = "use a wider scale format, such as fp32, or an outer level of scales"
    if (over := ideal[ideal > greatest + step / 2]).size:
        raise DesignError(
            f"the scale {over.max():g} does not fit {fmt.name}, whose greatest value is "
            f"{greatest:g}; {remedy}"
        )
    if (lost := ideal[(ideal > 0) & (fmt.decode(codes) == 0)]).size:
        raise DesignError(
            f"the scale {lost.max():g} would be 0 in {fmt.name}, whose least value is "
            f"{np.ldexp(1.0, fmt.lsb):g}; {remedy}"
        )
    return codes


def _reduce(ideal: Array, scale: Array, level: Level) -> Array:
    quotient = np.divide(ideal, scale, out=np.zeros_like(ideal), where=scale > 0)
    return np.asarray(_blocks(quotient, level.span)[:, :, 0])


def _ideal(x: Array, plane: Plane, element: Format, rule: str | None) -> Array:
    """The real-valued scale of every block of the first level."""
    if not plane.scales:
        return np.ones((1, 1))
    level = plane.scales[0]
    magnitudes = np.abs(_blocks(x, level.span))
    rule = rule or _rule(element, level)
    if rule == "absmean":
        return np.asarray(magnitudes.mean(axis=2))
    largest = magnitudes.max(axis=2)
    if rule == "absmax":
        return np.asarray(largest / _reach(element))
    top = np.frexp(float(element.maximum))[1] - 1
    exponent = np.frexp(largest)[1] - 1 - top
    return np.where(largest > 0, np.ldexp(1.0, exponent), float(level.format.minimum))


def _reach(element: Format) -> float:
    """What the greatest magnitude of a block becomes: of a table, its greatest magnitude."""
    low = -element.minimum if isinstance(element, Codebook) else element.maximum
    return float(max(element.maximum, low))


def _divide(x: Array, plane: Plane, scales: dict[str, Array]) -> Array:
    """``x`` over its scales as stored; zero where a scale is zero."""
    total = np.ones(x.shape)
    for level in plane.scales:
        total = total * spread(level.format.decode(scales[level.name]), x.shape)
    return np.divide(x, total, out=np.zeros_like(x), where=total != 0)


def _asymmetric(
    x: Array, operand: Operand, plane: Plane, zero: Level, rounding: Rounding, select: Array | None
) -> Quantized:
    """s = (max - min) / (2**n - 1), z = round(-min / s), q = round(x / s) + z."""
    if len(plane.scales) != 1 or not isinstance(plane.element, Integer):
        raise DesignError("quantize handles zero points of integers with one level of scales")
    level = plane.scales[0]
    if level.span != zero.span:
        raise DesignError("quantize handles zero points that span what their scale spans")
    blocks = _blocks(x, level.span)
    low, high = np.minimum(blocks.min(axis=2), 0), np.maximum(blocks.max(axis=2), 0)
    steps = plane.element.high - plane.element.low
    ideal = (high - low) / steps
    least = float(np.ldexp(1.0, level.format.lsb))
    if (ideal >= least).any():  # beside larger blocks, tiny ones lose what the format cannot hold
        ideal = np.where(ideal > 0, np.maximum(ideal, least), 0.0)
    scale = _stored(np.where(ideal > 0, ideal, 1.0), level.format)  # a block of zeros has scale 1
    stored = level.format.decode(scale)
    offset = zero.format.encode(np.rint(plane.element.low - low / stored))
    shifted = x / spread(stored, x.shape) + spread(zero.format.decode(offset), x.shape)
    codes = {plane.code: plane.element.encode(shifted, rounding)}
    return Quantized(operand, codes, {level.name: scale, zero.name: offset}, select)


def _selected(x: Array, operand: Operand, plane: Plane, rounding: Rounding) -> Quantized:
    """For each block the table with the least squared error; the first wins a tie."""
    assert operand.select is not None
    if not isinstance(plane.element, Codebook):
        raise DesignError("quantize selects among the tables of a codebook")
    shape = operand.select.span.shape(*x.shape)
    if plane.scales and plane.scales[0].span != operand.select.span:
        raise DesignError("quantize selects tables that span what their first scale spans")
    tables = [
        Codebook(plane.element.name, (table,), plane.element.exponent, plane.element.ties)
        for table in plane.element.tables
    ]
    span = operand.select.span

    # Which table is best is judged with real-valued scales; these are then stored.
    chosen = np.zeros(shape, np.int64)
    best, ideal = np.full(shape, np.inf), np.ones(shape)
    for index, table in enumerate(tables):
        scale = _ideal(x, plane, table, None)
        wide = np.broadcast_to(spread(scale, x.shape), x.shape)
        ratio = np.divide(x, wide, out=np.zeros_like(x), where=wide != 0)
        error = np.square(_blocks(table.decode(table.encode(ratio, rounding)) * wide - x, span))
        better = error.sum(axis=2) < best
        chosen, ideal = np.where(better, index, chosen), np.where(better, scale, ideal)
        best = np.minimum(best, error.sum(axis=2))

    scales = _scales(x, plane, ideal)
    ratio, picked = _divide(x, plane, scales), spread(chosen, x.shape)
    codes = tables[0].encode(ratio, rounding)
    for index, table in enumerate(tables):
        codes = np.where(picked == index, table.encode(ratio, rounding), codes)
    return Quantized(operand, {plane.code: codes}, scales, chosen.astype(np.uint8))
