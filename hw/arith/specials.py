"""Which codes are special, for every family of formats that has such codes."""

from __future__ import annotations

from amaranth.hdl import Const, Value

from ...golden.formats import Minifloat, NaN, Posit


def specials(fmt: Minifloat | Posit, code: Value) -> tuple[Value, Value]:
    """Whether ``code`` is NaN (in posits NaR), and whether it is infinite.

    A NaN has the code of -0, or its magnitude lies beyond infinity's, which lies beyond the finite
    ones. A constant 0 stands for what the format does not have.
    """
    never = Const(0, 1)
    if isinstance(fmt, Posit):
        return code[-1] & ~code[:-1].any(), never
    magnitude = code[: fmt.exponent_width + fmt.mantissa_width]
    mantissa, biased = magnitude[: fmt.mantissa_width], magnitude[fmt.mantissa_width :]
    kind, infinite = fmt.policy.nan, fmt.has_inf
    if kind is NaN.MANTISSAS:
        top = biased.all()
        return (top & mantissa.any() if fmt.has_nan else never), top & ~mantissa.any()
    if kind is NaN.LAST:
        below = ~magnitude[0] & magnitude[1:].all() if infinite else never
        return magnitude.all(), below
    nan = code[-1] & ~magnitude.any() if kind is NaN.NEGATIVE_ZERO else never
    return nan, magnitude.all() if infinite else never
