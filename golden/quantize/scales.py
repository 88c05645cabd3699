"""Scales of blocks as they are stored: the codes of every level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..description import Level, Plane, Span
from ..errors import DesignError
from ..formats import Format
from ..tensor import spread

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Wanted:
    """What is asked of the scales s of blocks: the least with s * unit >= value, or ``nearest``.

    ``nearest`` ones are next to value / unit and may be negative. Both arrays have a number a
    block, or several along a last axis.
    """

    value: Array
    unit: Array
    nearest: bool = False


def blocks(x: Array, span: Span) -> Array:
    """(rows, K) -> (row blocks, column blocks, elements of a block).

    A last block that is not whole has its last row and column again: whatever is greatest, least,
    or the first of its kind there, is so of its own elements. Sums are for :func:`sums_of`.
    """
    return _cut(x, span, "edge")


def sums_of(x: Array, span: Span) -> Array:
    """(rows, K) -> (row blocks, column blocks): the sums over the elements that there are."""
    return np.asarray(_cut(x, span, "constant").sum(axis=2))


def there_in(shape: tuple[int, int], span: Span) -> Array:
    """As :func:`blocks`: 1 for the elements that there are, 0 for those that blocks repeat."""
    return _cut(np.ones(shape), span, "constant")


def _cut(x: Array, span: Span, mode: Literal["edge", "constant"]) -> Array:
    """Blocks; what is missing is as ``mode`` of numpy.pad says, which for ``constant`` is 0."""
    (rows, columns), (height, width) = span.shape(*x.shape), _size(span, x.shape)
    missing = rows * height - x.shape[0], columns * width - x.shape[1]
    if any(missing):
        x = np.pad(x, [(0, count) for count in missing], mode)
    cut = x.reshape(rows, height, columns, width)
    return cut.transpose(0, 2, 1, 3).reshape(rows, columns, -1)


def _size(span: Span, shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of the first block."""
    return min(span.rows or shape[0], shape[0]), min(span.columns or shape[1], shape[1])


def unblocked(cut: Array, span: Span, shape: tuple[int, int]) -> Array:
    """What :func:`blocks` has cut, put together again."""
    (rows, columns), (height, width) = span.shape(*shape), _size(span, shape)
    parts = cut.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
    return parts.reshape(rows * height, columns * width)[: shape[0], : shape[1]]


def stored_scales(
    shape: tuple[int, int], levels: Sequence[Level], ask: Wanted, *, vanish: bool = False
) -> dict[str, Array]:
    """Codes of every level, from what is asked of the first level's blocks.

    An outer level has the least scales with which the level below it can hold all that is asked
    for. ``vanish``: what is too small for its format may become zero.
    """
    if not levels:
        return {}
    codes = outer_scales(shape, levels, ask, vanish)
    # Under an outer scale, every block fits, or is so small that it vanishes.
    room = product_of(levels[1:], codes, shape)
    alone = len(levels) == 1
    return codes | {levels[0].name: inner_scales(levels[0], ask, room, vanish, strict=alone)}


def outer_scales(
    shape: tuple[int, int], levels: Sequence[Level], ask: Wanted, vanish: bool = False
) -> dict[str, Array]:
    """Codes of all levels but the first."""
    inner, *outer = levels
    codes: dict[str, Array] = {}
    for level in reversed(outer):
        unit = spread(ask.unit, inner.span, shape) * float(inner.format.maximum)
        unit = blocks(unit * product_of(outer, codes, shape), level.span)
        value = blocks(np.abs(spread(ask.value, inner.span, shape)), level.span)
        codes[level.name] = fitted(Wanted(value, unit), level.format, vanish)
    return codes


def inner_scales(
    level: Level, ask: Wanted, room: Array, vanish: bool = False, strict: bool = False
) -> Array:
    """Codes of the first level, beside outer scales whose product is ``room``, one an element."""
    unit = ask.unit[..., np.newaxis] * blocks(room, level.span)
    value = np.broadcast_to(ask.value[..., np.newaxis], unit.shape)
    return fitted(Wanted(value, unit, ask.nearest), level.format, vanish, strict)


def product_of(levels: Sequence[Level], codes: dict[str, Array], shape: tuple[int, int]) -> Array:
    """The product of those levels' scales that ``codes`` has, one an element."""
    total = np.ones(shape)
    for level in levels:
        if level.name in codes:
            total = total * decoded(level, codes, shape)
    return total


def decoded(level: Level, codes: dict[str, Array], shape: tuple[int, int]) -> Array:
    """A level's scales, one an element."""
    return spread(np.asarray(level.format.decode(codes[level.name])), level.span, shape)


def fitted(ask: Wanted, fmt: Format, vanish: bool = False, strict: bool = True) -> Array:
    """Codes of the scales that are asked for, each to serve all along the last axis.

    If ``strict``, DesignError where the format cannot hold one: too large, or, unless it may
    ``vanish``, less than half the least. In a format without zero (E8M0), too small a scale becomes
    the least one.
    """
    ideal = _over(ask.value, ask.unit)
    if ask.nearest:
        ideal = ideal[..., 0]
        codes = fmt.encode(ideal)
        greatest = float(fmt.maximum)
        step = np.ldexp(1.0, int(fmt.fields(fmt.encode(greatest)).exponent))
        over = np.abs(ideal) > greatest + step / 2
    else:
        ideal = ideal.max(axis=-1)
        # A quotient of floats that is rounded to a scale s was not more: s * unit is a float.
        codes = fmt.encode(ideal, "up")
        held = fmt.decode(codes)[..., np.newaxis]
        over = (held * ask.unit < ask.value).any(axis=-1)
    if strict:
        _check(ideal, over, fmt, vanish)
    return codes


def stored(ideal: Array, fmt: Format, vanish: bool = False) -> Array:
    """Codes next to ``ideal`` scales, which may be negative; DesignError as of :func:`fitted`."""
    whole = ideal[..., np.newaxis]
    return fitted(Wanted(whole, np.ones(whole.shape), nearest=True), fmt, vanish)


def _check(ideal: Array, over: Array, fmt: Format, vanish: bool) -> None:
    remedy = (
        "use a wider scale format, such as fp32, or an outer level of scales"
        if fmt.bits < 32
        else "scale the values or use an outer level of scales"
    )
    size = np.abs(ideal)
    if over.any():
        raise DesignError(
            f"the scale {size[over].max():g} does not fit {fmt.name}, whose greatest value is "
            f"{float(fmt.maximum):g}; {remedy}"
        )
    if not vanish and (lost := size[(size > 0) & (fmt.decode(fmt.encode(ideal)) == 0)]).size:
        raise DesignError(
            f"the scale {lost.max():g} would be 0 in {fmt.name}, whose least value is "
            f"{np.ldexp(1.0, fmt.lsb):g}; {remedy}"
        )


def _over(value: Array, unit: Array) -> Array:
    """value / unit, and 0 where the unit is."""
    return np.divide(value, unit, out=np.zeros(np.shape(value)), where=unit != 0)


def divide(x: Array, plane: Plane, scales: dict[str, Array]) -> Array:
    """``x`` over its scales as stored; zero where a scale is zero."""
    return _over(x, product_of(plane.scales, scales, x.shape))
