"""L-Mul (``formats.md`` A11) on bits: fields added as one integer, exponents without bounds."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .aligned import ZERO, step
from .elements import Element
from .floats import TWO, Float
from .reals import Real, real, total
from .sums import Codes

OFFSET_BITS = {1: 1, 2: 2, 3: 3, 4: 3}  # l(m); 4 for wider mantissas


def product(x: int, y: int, element: Element) -> tuple[Real, int]:
    """The product of two codes, and its exponent in an aligned sum; what is small is zero."""
    form = element.float
    assert form is not None
    m = form.mantissa
    values = [element.decode(code) for code in (x, y)]
    if any(_small(value, form) or not value.finite for value in values):
        flushed = [real(Fraction(0)) if _small(v, form) else v for v in values]
        powers = [
            ZERO if _small(v, form) else element.leading(code)
            for v, code in zip(values, (x, y), strict=True)
        ]
        return flushed[0] * flushed[1], sum(powers)
    fields = [code & ((1 << (element.bits - 1)) - 1) for code in (x, y)]
    field = sum(fields) - (form.bias << m) + (1 << (m - OFFSET_BITS.get(m, 4)))
    exponent, mantissa = (field >> m) - form.bias, field & ((1 << m) - 1)
    sign = -1 if (x ^ y) >> (element.bits - 1) else 1
    return real(sign * (1 + Fraction(mantissa, 1 << m)) * TWO**exponent), exponent


def _small(value: Real, form: Float) -> bool:
    """Zero or subnormal."""
    return value.finite and abs(value.fraction) < TWO ** (1 - form.bias)


def dot(w: Sequence[int], a: Sequence[int], element: Element) -> Real:
    """The exact sum of products."""
    return total(product(x, y, element)[0] for x, y in zip(w, a, strict=True))


def aligned(
    weight: Codes, activation: Codes, element: Element, accumulator: Float, fraction: int,
    terms: int,
) -> list[list[int]]:  # fmt: skip
    """Codes of sums by alignment and truncation, rows × columns."""
    found: list[list[int]] = []
    for w in weight:
        found.append([])
        for a in activation:
            code = 0
            products = [product(x, y, element) for x, y in zip(w, a, strict=True)]
            for k in range(0, len(products), terms):
                code = step(code, products[k : k + terms], accumulator, fraction)
            found[-1].append(code)
    return found
