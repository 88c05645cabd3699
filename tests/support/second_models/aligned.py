"""Tensor-core accumulation by alignment and truncation (``formats.md`` D1, item 5; MMA-Sim)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import trunc

from .elements import Element
from .floats import TWO, Float
from .reals import Real, real, total
from .sums import Codes


def result(
    weight: Codes, first: Element, activation: Codes, second: Element,
    accumulator: Float, fraction: int, terms: int,
) -> list[list[int]]:  # fmt: skip
    """Codes of the accumulator's format, rows × columns; ``terms`` products are added a step."""
    return [
        [_column(w, first, a, second, accumulator, fraction, terms) for a in activation]
        for w in weight
    ]


def _column(
    w: Sequence[int], first: Element, a: Sequence[int], second: Element,
    accumulator: Float, fraction: int, terms: int,
) -> int:  # fmt: skip
    products = [
        (first.decode(x) * second.decode(y), first.leading(x) + second.leading(y))
        for x, y in zip(w, a, strict=True)
    ]
    code = 0
    for k in range(0, len(products), terms):
        step = [(accumulator.decode(code), accumulator.leading(code)), *products[k : k + terms]]
        code = accumulator.code(accumulator.round(add(step, fraction), "toward_zero"))
    return code


def add(addends: Sequence[tuple[Real, int]], fraction: int) -> Real:
    """Each addend truncated to ``fraction`` bits below the greatest exponent; then exactly."""
    special = total(value for value, _ in addends if not value.finite)
    if not special.finite:
        return special
    quantum = TWO ** (max(exponent for _, exponent in addends) - fraction)
    units = sum(trunc(value.fraction / quantum) for value, _ in addends)
    return real(Fraction(units) * quantum)
