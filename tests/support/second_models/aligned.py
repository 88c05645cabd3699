"""Tensor-core accumulation by alignment and truncation (``formats.md`` D1, item 5; MMA-Sim).

Written from the rule: a number is a significand times a power of two. The power of a zero is -126
(E: a zero operand has significand 0 and exponent -126 whatever its format). A product's power is
the sum of its operands', and the greatest power among a step's products and the accumulator says
what is kept of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import trunc

from .elements import Element
from .floats import TWO, Float
from .reals import Real, real, total
from .sums import Codes

ZERO = -126


def result(
    weight: Codes, first: Element, activation: Codes, second: Element,
    accumulator: Float, fraction: int, terms: int, partials: int = 1,
) -> list[list[int]]:  # fmt: skip
    """Codes of the accumulator's format, rows × columns; ``terms`` products are added a step."""
    return [
        [_column(w, first, a, second, accumulator, fraction, terms, partials) for a in activation]
        for w in weight
    ]


def _column(
    w: Sequence[int], first: Element, a: Sequence[int], second: Element,
    accumulator: Float, fraction: int, terms: int, partials: int,
) -> int:  # fmt: skip
    products = []
    for x, y in zip(w, a, strict=True):
        left, right = first.decode(x), second.decode(y)
        exponent = power(left, first.leading(x)) + power(right, second.leading(y))
        products.append((left * right, exponent))
    codes = [0] * partials
    for number, k in enumerate(range(0, len(products), terms)):
        place = number % partials
        codes[place] = step(codes[place], products[k : k + terms], accumulator, fraction)
    return join(codes, accumulator, fraction) if partials > 1 else codes[0]


def join(codes: Sequence[int], accumulator: Float, fraction: int) -> int:
    """The partial sums as the addends of one more step, which starts from none of them."""
    values = [(accumulator.decode(code), accumulator.leading(code)) for code in codes]
    addends = [(value, power(value, exponent)) for value, exponent in values]
    return accumulator.code(accumulator.round(add(addends, fraction), "toward_zero"))


def power(value: Real, exponent: int) -> int:
    """The exponent with which a number counts, if ``exponent`` is that of its format's digits."""
    return ZERO if value.finite and not value.magnitude else exponent


def step(code: int, products: Sequence[tuple[Real, int]], accumulator: Float, fraction: int) -> int:
    """The accumulator's code after some products and their exponents."""
    held = accumulator.decode(code)
    addends = [(held, power(held, accumulator.leading(code))), *products]
    return accumulator.code(accumulator.round(add(addends, fraction), "toward_zero"))


def add(addends: Sequence[tuple[Real, int]], fraction: int) -> Real:
    """Each addend truncated to ``fraction`` bits below the greatest exponent; then exactly."""
    special = total(value for value, _ in addends if not value.finite)
    if not special.finite:
        return special
    quantum = TWO ** (max(exponent for _, exponent in addends) - fraction)
    units = sum(trunc(value.fraction / quantum) for value, _ in addends)
    return real(Fraction(units) * quantum)
