"""NVFP4: sixteen E2M1 share a UE4M3 scale, a tensor an FP32 one (``formats.md`` B2)."""

from __future__ import annotations

from collections.abc import Sequence

from .elements import E2M1_HALVES
from .floats import FP32, UE4M3
from .reals import ZERO, Real, real
from .sums import Codes, dot, times

GROUP = 16


def result(
    weight: Codes, weight_blocks: Codes, weight_tensor: int,
    activation: Codes, activation_blocks: Codes, activation_tensor: int,
) -> list[list[int]]:  # fmt: skip
    """FP32 codes, rows × columns: the sum over all K exactly, rounded once, then two scales."""
    rows = [
        (_halves(row), _scales(blocks)) for row, blocks in zip(weight, weight_blocks, strict=True)
    ]
    columns = [
        (_halves(row), _scales(blocks))
        for row, blocks in zip(activation, activation_blocks, strict=True)
    ]
    scales = FP32.decode(weight_tensor), FP32.decode(activation_tensor)
    return [[FP32.code(_one(row, column, scales)) for column in columns] for row in rows]


def _one(row: tuple, column: tuple, scales: tuple[Real, Real]) -> Real:
    total = ZERO
    for g, (w_scale, a_scale) in enumerate(zip(row[1], column[1], strict=True)):
        part = slice(g * GROUP, (g + 1) * GROUP)
        quarters = real(dot(row[0][part], column[0][part])) * QUARTER
        total = total + quarters * w_scale * a_scale
    rounded = FP32.round(total)
    for scale in scales:
        rounded = times(rounded, scale)
    return rounded


QUARTER = FP32.decode(0x3E800000)


def _halves(codes: Sequence[int]) -> list[int]:
    return [-E2M1_HALVES[code & 7] if code & 8 else E2M1_HALVES[code] for code in codes]


def _scales(codes: Sequence[int]) -> list[Real]:
    return [UE4M3.decode(code) for code in codes]
