"""How a large product is cut into pieces, so that what is computed on the way stays small."""

from __future__ import annotations

from collections.abc import Iterator
from math import lcm

from .description import Arithmetic, Operand
from .products import RULES

#: Elements of the weight in a piece; results in a piece; elements of the activation that are kept.
ELEMENTS, RESULTS, KEPT = 1 << 20, 1 << 16, 1 << 22

Piece = tuple[int, int]


def row_pieces(arithmetic: Arithmetic, rows: int, k: int) -> list[Piece]:
    """Rows of the weight, from and before which, whole blocks of scales."""
    return _cut(0, rows, ELEMENTS // k, _together(arithmetic, 0))


def column_pieces(arithmetic: Arithmetic, rows: int, columns: int, k: int) -> Iterator[list[Piece]]:
    """Vectors of the activation by what is kept at a time, for pieces of so many rows."""
    unit = _together(arithmetic, 1)
    for begin, end in _cut(0, columns, KEPT // k, unit):
        yield _cut(begin, end, RESULTS // max(rows, 1), unit)


def _cut(begin: int, end: int, size: int, unit: int) -> list[Piece]:
    """Pieces of about ``size``, a multiple of ``unit``; one even where nothing is."""
    step = max(size // unit, 1) * unit
    return [(start, min(start + step, end)) for start in range(begin, end, step)] or [(begin, end)]


def _together(arithmetic: Arithmetic, side: int) -> int:
    """Vectors that stay together: those that share scales, selections or multiplications."""
    operand: Operand = (arithmetic.weight, arithmetic.activation)[side]
    spans = [level.span for level in operand.levels]
    spans += [operand.select.span] if operand.select else []
    return lcm(RULES[arithmetic.product].shares[side], *(span.rows or 1 for span in spans))
