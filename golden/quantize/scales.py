"""Scales of blocks: how they follow from the values, and how they are stored."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..description import Level, Plane, Span
from ..errors import DesignError
from ..formats import Codebook, Format, Posit
from ..tensor import spread

Array = npt.NDArray[Any]

#: How a block's scale follows from its values. ``absmax``: the greatest magnitude becomes the
#: format's greatest value. ``absmean``: the mean magnitude becomes 1 (BitNet b1.58). ``floor``: the
#: power of two of OCP MX v1.0, 6.3: floor(log2 absmax) - floor(log2 of the greatest value).
#: ``mse``: of four scales an octave, the one with the least squared error.
SCALE_RULES = ("absmax", "absmean", "floor", "mse")


def default_rule(element: Format, level: Level) -> str:
    """The usual rule: posits are densest about 1, formats without zero have no room below."""
    if not level.integer and level.format.significand_width == 1:
        return "floor"
    if element.maximum == 1 or isinstance(element, Posit):
        return "absmean"
    return "absmax" if element.has_zero or element.exponent_span == 0 else "mse"


def blocks(x: Array, span: Span) -> Array:
    """(rows, K) -> (row blocks, column blocks, elements of a block)."""
    rows, columns = span.shape(*x.shape)
    cut = x.reshape(rows, x.shape[0] // rows, columns, x.shape[1] // columns)
    return cut.transpose(0, 2, 1, 3).reshape(rows, columns, -1)


def unblocked(cut: Array, span: Span, shape: tuple[int, int]) -> Array:
    """What :func:`blocks` has cut, put together again."""
    rows, columns = span.shape(*shape)
    parts = cut.reshape(rows, columns, shape[0] // rows, shape[1] // columns)
    return parts.transpose(0, 2, 1, 3).reshape(shape)


def stored_scales(
    x: Array, plane: Plane, ideal: Array, *, vanish: bool = False
) -> dict[str, Array]:
    """Codes of every level from the first one's ideal scales; later levels make room for it.

    ``vanish``: what is too small for its format may become zero.
    """
    if not plane.scales:
        return {}
    inner, *outer = plane.scales
    codes: dict[str, Array] = {}
    for level in reversed(outer):
        largest = blocks(np.abs(spread(ideal, x.shape)), level.span).max(axis=2)
        wanted = largest / float(inner.format.maximum)
        codes[level.name] = stored(wanted, level.format, vanish)
        ideal = _reduce(spread(ideal, x.shape), decoded(level, codes, x.shape), inner)
    # Under an outer scale, a block far below the others vanishes, one at the top saturates.
    codes[inner.name] = inner.format.encode(ideal) if outer else stored(ideal, inner.format, vanish)
    return codes


def decoded(level: Level, codes: dict[str, Array], shape: tuple[int, int]) -> Array:
    """A level's scales, one an element."""
    return spread(np.asarray(level.format.decode(codes[level.name])), shape)


def stored(ideal: Array, fmt: Format, vanish: bool = False) -> Array:
    """Codes of scales; DesignError if the format cannot hold one: too large, or, unless it may
    ``vanish``, rounded to zero.

    In a format without zero (E8M0), too small a scale becomes the least one.
    """
    codes = fmt.encode(ideal)
    greatest = float(fmt.maximum)
    step = np.ldexp(1.0, int(fmt.fields(fmt.encode(greatest)).exponent))
    remedy = "use a wider scale format, such as fp32, or an outer level of scales"
    size = np.abs(ideal)
    if (over := size[size > greatest + step / 2]).size:
        raise DesignError(
            f"the scale {over.max():g} does not fit {fmt.name}, whose greatest value is "
            f"{greatest:g}; {remedy}"
        )
    if not vanish and (lost := size[(size > 0) & (fmt.decode(codes) == 0)]).size:
        raise DesignError(
            f"the scale {lost.max():g} would be 0 in {fmt.name}, whose least value is "
            f"{np.ldexp(1.0, fmt.lsb):g}; {remedy}"
        )
    return codes


def _reduce(ideal: Array, scale: Array, level: Level) -> Array:
    quotient = np.divide(ideal, scale, out=np.zeros_like(ideal), where=scale != 0)
    return np.asarray(blocks(quotient, level.span)[:, :, 0])


def ideal_scales(x: Array, plane: Plane, element: Format, rule: str | None) -> Array:
    """The real-valued scale of every block of the first level."""
    if not plane.scales:
        return np.ones((1, 1))
    level = plane.scales[0]
    cut = blocks(x, level.span)
    magnitudes = np.abs(cut)
    rule = rule or default_rule(element, level)
    if rule == "absmean":
        return np.asarray(magnitudes.mean(axis=2))
    largest = magnitudes.max(axis=2)
    if rule == "absmax":
        return np.asarray(largest / _reach(element))
    if rule == "mse":
        return _least_squares(cut, largest, element)
    top = np.frexp(float(element.maximum))[1] - 1
    exponent = np.frexp(largest)[1] - 1 - top
    return np.where(largest > 0, np.ldexp(1.0, exponent), float(level.format.minimum))


def _least_squares(cut: Array, largest: Array, element: Format) -> Array:
    """Of scales from a quarter of absmax's up to where 1 stands for the greatest value."""
    reach = _reach(element)
    top = max(int(np.ceil(np.log2(reach))), 0) + 2
    best = np.full(largest.shape, np.inf)
    found = largest / reach
    for octave in np.arange(0, top + 0.25, 0.25 if top <= 12 else 1):
        scale = largest / reach * np.exp2(octave - 2)
        wide = scale[..., np.newaxis]
        ratio = np.divide(cut, wide, out=np.zeros_like(cut), where=wide != 0)
        error = np.square(element.decode(element.encode(ratio)) * wide - cut).sum(axis=2)
        found, best = np.where(error < best, scale, found), np.minimum(error, best)
    return found


def _reach(element: Format) -> float:
    """What the greatest magnitude of a block becomes: of a table, its greatest magnitude."""
    low = -element.minimum if isinstance(element, Codebook) else element.maximum
    reach = float(max(element.maximum, low))
    if not reach:
        raise DesignError(f"{element.name} holds nothing but zero: no scale can make values of it")
    return reach


def divide(x: Array, plane: Plane, scales: dict[str, Array]) -> Array:
    """``x`` over its scales as stored; zero where a scale is zero."""
    total = np.ones(x.shape)
    for level in plane.scales:
        total = total * decoded(level, scales, x.shape)
    return np.divide(x, total, out=np.zeros_like(x), where=total != 0)
