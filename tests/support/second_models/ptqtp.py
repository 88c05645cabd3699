"""PTQTP: two trit-planes with an FP16 scale each per group of 128 (``formats.md`` A3)."""

from __future__ import annotations

from collections.abc import Sequence

from .floats import FP16, FP32
from .reals import Real, real
from .sums import Codes, accumulate, dot, int8, times

GROUP = 128
TRIT = (0, 1, 0, -1)


def result(
    planes: Sequence[Codes], scales: Sequence[Codes],
    activation: Codes, activation_scales: Sequence[int], partials: int,
) -> list[list[int]]:  # fmt: skip
    """FP32 codes, rows × columns: per group plane 1, then plane 2, into partial sums in turn."""
    return [
        [
            FP32.code(times(accumulate(_addends(row, row_scales, x), partials), FP32.decode(t)))
            for x, t in zip(activation, activation_scales, strict=True)
        ]
        for row, row_scales in zip(
            zip(*planes, strict=True), zip(*scales, strict=True), strict=True
        )
    ]


def _addends(
    row: Sequence[Sequence[int]], scales: Sequence[Sequence[int]], x: Sequence[int]
) -> list[Real]:
    values = [int8(code) for code in x]
    addends = []
    for g in range(len(x) // GROUP):
        part = slice(g * GROUP, (g + 1) * GROUP)
        for codes, alphas in zip(row, scales, strict=True):
            total = dot([TRIT[code] for code in codes[part]], values[part])
            addends.append(times(real(total), FP16.decode(alphas[g])))
    return addends
