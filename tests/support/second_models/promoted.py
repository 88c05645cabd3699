"""Aligned sums of a group, scaled and added in FP32: DeepSeek-V3's promotion (D1, item 5)."""

from __future__ import annotations

from collections.abc import Callable

from . import aligned
from .elements import Element
from .floats import FP32, Float
from .reals import Real
from .sums import Codes, accumulate

#: (row, element of K) -> the scale there.
Scale = Callable[[int, int], Real]


def result(
    weight: Codes, first: Element, weight_scale: Scale,
    activation: Codes, second: Element, activation_scale: Scale,
    accumulator: Float, fraction: int, terms: int, group: int, partials: int,
) -> list[list[int]]:  # fmt: skip
    """FP32 codes, rows × columns.

    Every group of K starts from zero; its float sum times both scales is one exact product,
    rounded once, and added to a partial sum.
    """
    k = len(weight[0])
    sums = [
        aligned.result(
            [row[begin : begin + group] for row in weight], first,
            [row[begin : begin + group] for row in activation], second,
            accumulator, fraction, terms,
        )
        for begin in range(0, k, group)
    ]  # fmt: skip

    def one(n: int, m: int) -> int:
        addends = [
            FP32.round(
                accumulator.decode(part[n][m])
                * weight_scale(n, g * group)
                * activation_scale(m, g * group)
            )
            for g, part in enumerate(sums)
        ]
        return FP32.code(accumulate(addends, partials))

    return [[one(n, m) for m in range(len(activation))] for n in range(len(weight))]
