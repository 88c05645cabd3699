"""BitMoD FP4: a special value per group of 128, an INT8 group scale, an FP16 row scale (A6)."""

from __future__ import annotations

from collections.abc import Sequence

from .elements import bitmod4
from .floats import FP16, FP32
from .reals import Real, real, total
from .sums import Codes, int8, times

GROUP = 128


def result(
    weight: Codes, select: Codes, group_scales: Codes, row_scales: Sequence[int], activation: Codes
) -> list[list[int]]:
    """FP32 codes, rows × columns: the sum over all K exactly, rounded once, then the row scale."""
    columns = [[FP16.decode(code) for code in row] for row in activation]
    return [
        [
            FP32.code(times(FP32.round(total(map(Real.__mul__, elements, x))), FP16.decode(scale)))
            for x in columns
        ]
        for elements, scale in zip(
            map(_elements, weight, select, group_scales), row_scales, strict=True
        )
    ]


def _elements(codes: Sequence[int], select: Sequence[int], scales: Sequence[int]) -> list[Real]:
    """One row's elements times their group's scale."""
    return [
        real(bitmod4(code, select[k // GROUP]) * int8(scales[k // GROUP]))
        for k, code in enumerate(codes)
    ]
