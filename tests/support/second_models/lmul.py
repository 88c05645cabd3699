"""L-Mul (``formats.md`` A11) on bits: fields added as one integer, exponents without bounds."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .aligned import add
from .elements import Element
from .floats import TWO, Float
from .reals import Real, real, total
from .sums import Codes

OFFSET_BITS = {1: 1, 2: 2, 3: 3, 4: 3}  # l(m); 4 for wider mantissas


def product(x: int, y: int, element: Element) -> tuple[Real, int]:
    """The product of two codes, and the exponent of its leading bit; the least one's for zero."""
    form = element.float
    assert form is not None
    m = form.mantissa
    least = 2 * (1 - form.bias)
    values = [element.decode(code) for code in (x, y)]
    if not all(value.finite for value in values):
        flushed = [real(Fraction(0)) if _small(v, form) else v for v in values]
        return flushed[0] * flushed[1], least
    if any(_small(value, form) for value in values):
        return real(Fraction(0)), least
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
                held = accumulator.decode(code), accumulator.leading(code)
                step = add([held, *products[k : k + terms]], fraction)
                code = accumulator.code(accumulator.round(step, "toward_zero"))
            found[-1].append(code)
    return found
