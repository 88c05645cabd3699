"""Blocks that share a scale on both sides: OCP MX's Dot and DotGeneral (``formats.md`` B1, D1)."""

from __future__ import annotations

from collections.abc import Sequence

from .floats import FP32
from .reals import Real, total
from .sums import accumulate

Rows = Sequence[Sequence[Real]]


def result(
    weight: Rows, weight_scales: Rows, activation: Rows, activation_scales: Rows,
    group: int, partials: int,
) -> list[list[int]]:  # fmt: skip
    """FP32 codes, rows × columns: X_A · X_B · Σ P_A · P_B of a block, exactly, rounded once; the
    blocks added into partial sums in turn."""

    def one(w: Sequence[Real], x_w: Sequence[Real], a: Sequence[Real], x_a: Sequence[Real]) -> int:
        addends = []
        for block, (first, second) in enumerate(zip(x_w, x_a, strict=True)):
            part = slice(block * group, (block + 1) * group)
            dot = total(map(Real.__mul__, w[part], a[part]))
            addends.append(FP32.round(dot * first * second))
        return FP32.code(accumulate(addends, partials))

    return [
        [one(w, x_w, a, x_a) for a, x_a in zip(activation, activation_scales, strict=True)]
        for w, x_w in zip(weight, weight_scales, strict=True)
    ]
