"""Integers with zero points on one side or both: x = s (q - z), group by group (``formats.md`` A1).

Said the direct way: every element is made, every product summed. No expansion into Σqx and zΣx.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .floats import FP32, Float
from .reals import Real, real, total
from .sums import Codes, accumulate


@dataclass(frozen=True)
class Side:
    """Rows of integers q; a scale and a zero point for every ``group`` of them."""

    q: Codes
    scales: Codes
    zeros: Codes
    scale_format: Float
    group: int

    def steps(self, row: int, begin: int, end: int) -> list[int]:
        """q - z from ``begin`` to ``end``."""
        return [self.q[row][k] - self.zeros[row][k // self.group] for k in range(begin, end)]

    def scale(self, row: int, k: int) -> Real:
        return self.scale_format.decode(self.scales[row][k // self.group])


def addends(weight: Side, n: int, activation: Side, m: int, group: int) -> list[Real]:
    """Row n times column m: each group's exact sum times its two scales, exactly."""
    found = []
    for begin in range(0, len(weight.q[n]), group):
        w = weight.steps(n, begin, begin + group)
        a = activation.steps(m, begin, begin + group)
        integer = real(Fraction(sum(x * y for x, y in zip(w, a, strict=True))))
        found.append(integer * weight.scale(n, begin) * activation.scale(m, begin))
    return found


def exact(weight: Side, activation: Side, group: int) -> list[list[Real]]:
    """The exact sums over all K."""
    return [
        [total(addends(weight, n, activation, m, group)) for m in range(len(activation.q))]
        for n in range(len(weight.q))
    ]


def rounded(weight: Side, activation: Side, group: int, partials: int) -> list[list[Real]]:
    """Each group's scaled sum rounded once to FP32, then added into partial sums."""

    def one(n: int, m: int) -> Real:
        found = addends(weight, n, activation, m, group)
        return accumulate([FP32.round(addend) for addend in found], partials)

    return [[one(n, m) for m in range(len(activation.q))] for n in range(len(weight.q))]
