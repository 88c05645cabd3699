"""Operands that tools share: scaled elements, zero points, offsets."""

from __future__ import annotations

from ...golden.description import ROW, TENSOR, Level, Operand, Plane, Span, group
from ...golden.formats import Format, lookup


def span(columns: int | None) -> Span:
    """``columns`` elements of a row; None for all of them."""
    return ROW if columns is None else group(columns)


def scaled(element: str, *scales: tuple[Format, Span]) -> Operand:
    """Elements × scales, the finest first; levels are named ``scale``, then ``scale_2``."""
    names = ("scale", *(f"scale_{number}" for number in range(2, len(scales) + 1)))
    levels = (Level(fmt, where, name) for (fmt, where), name in zip(scales, names, strict=False))
    return Operand((Plane(lookup(element), tuple(levels)),))


def affine(element: str, zero: str, scale: Format, where: Span) -> Operand:
    """s (q − z), with integer zero points beside the scales."""
    level = Level(scale, where)
    when = "group" if where.columns is not None else ""
    zeros = Level(lookup(zero), where, "zero", when)
    minus = Plane(lookup("minus_one"), (zeros, level))
    return Operand((Plane(lookup(element), (level,)), minus))


def with_offset(element: str, scale: Format, where: Span) -> Operand:
    """d q + m, scale and offset in one format."""
    return Operand(
        (
            Plane(lookup(element), (Level(scale, where, "d"),)),
            Plane(lookup("one"), (Level(scale, where, "m"),)),
        )
    )


TWO_LEVELS = (lookup("ue4m3"), group(16)), (lookup("fp32"), TENSOR)
