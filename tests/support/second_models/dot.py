"""Plain integer dot products of two's complement codes."""

from __future__ import annotations

from .sums import Codes, dot


def result(weight: Codes, activation: Codes, width: int) -> list[list[int]]:
    """Rows × columns."""
    half = 1 << (width - 1)

    def values(codes: Codes) -> list[list[int]]:
        return [[(code ^ half) - half for code in row] for row in codes]

    return [[dot(row, column) for column in values(activation)] for row in values(weight)]
