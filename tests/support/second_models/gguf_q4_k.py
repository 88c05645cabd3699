"""GGUF Q4_K times Q8_K: w = d·sc·q - dmin·m over 256 elements (``formats.md`` B5)."""

from __future__ import annotations

from collections.abc import Sequence

from .floats import FP16, FP32
from .reals import Real, real
from .sums import Codes, accumulate, dot, int8

GROUP, SUB = 256, 32


def result(
    q: Codes, sc: Codes, m: Codes, d: Codes, dmin: Codes,
    activation: Codes, activation_scales: Codes, partials: int,
) -> list[list[int]]:  # fmt: skip
    """FP32 codes, rows × columns.

    Per 256 elements two addends, Σ sc·Σ q·x times d times d_x and -Σ m·Σ x times dmin times d_x:
    integer sums exactly, one rounding of the exact product; into partial sums in turn.
    """
    rows = zip(q, sc, m, d, dmin, strict=True)
    columns = list(zip(activation, activation_scales, strict=True))
    return [
        [FP32.code(accumulate(_addends(row, *column), partials)) for column in columns]
        for row in rows
    ]


def _addends(row: tuple, x: Sequence[int], x_scales: Sequence[int]) -> list[Real]:
    q, sc, m, d, dmin = row
    values = [int8(code) for code in x]
    addends = []
    for block, x_scale in enumerate(x_scales):
        scaled = minimum = 0
        for sub in range(GROUP // SUB):
            at = block * (GROUP // SUB) + sub
            part = slice(at * SUB, (at + 1) * SUB)
            scaled += sc[at] * dot(q[part], values[part])
            minimum -= m[at] * sum(values[part])
        for integer, scale in ((scaled, d[block]), (minimum, dmin[block])):
            addends.append(FP32.round(real(integer) * FP16.decode(scale) * FP32.decode(x_scale)))
    return addends
