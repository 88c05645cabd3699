"""The product rule L-Mul: two fields of exponent and mantissa added as one integer."""

from __future__ import annotations

from fractions import Fraction

from .minifloats import Minifloat
from .numbers import NAN, NOUGHT, Number, infinity, power


def lsb(form: Minifloat) -> int:
    """The exponent of the unit of all products."""
    return 2 * (1 - form.bias) - form.mantissa


def product(left: int, right: int, form: Minifloat) -> Number:
    """The product of two codes: field + field − bias + 2**-l, as large as it may be."""
    numbers = [flushed(code, form) for code in (left, right)]
    negative = numbers[0].negative != numbers[1].negative
    nought = any(zero(number) for number in numbers)
    kinds = {number.kind for number in numbers}
    if "nan" in kinds or ("infinite" in kinds and nought):
        return NAN
    if "infinite" in kinds:
        return infinity(negative)
    if nought:
        return Number(negative, Fraction(0))
    field = _field(left, right, form)
    share = Fraction(field & ((1 << form.mantissa) - 1), 1 << form.mantissa)
    return Number(negative, (1 + share) * power((field >> form.mantissa) - form.bias))


def exponent(left: int, right: int, form: Minifloat) -> int:
    """A product's exponent in a sum that aligns; what counts as zero has that of a zero."""
    noughts = [zero(flushed(code, form)) for code in (left, right)]
    if any(noughts):
        sides = zip((left, right), noughts, strict=True)
        return sum(NOUGHT if nought else form.least_exponent(code) for code, nought in sides)
    return (_field(left, right, form) >> form.mantissa) - form.bias


def _field(left: int, right: int, form: Minifloat) -> int:
    m, size = form.mantissa, form.greatest + 1
    offset = 1 << (m - (m if m <= 3 else 3 if m == 4 else 4))
    return left % size + right % size - (form.bias << m) + offset


def flushed(code: int, form: Minifloat) -> Number:
    """An element as the rule takes it: what is subnormal is zero."""
    number = form.number(code)
    if number.kind == "finite" and number.magnitude < power(1 - form.bias):
        return Number(number.negative, Fraction(0))
    return number


def zero(number: Number) -> bool:
    return number.kind == "finite" and not number.magnitude
