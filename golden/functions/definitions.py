"""The functions by name: what they are of a magnitude and a sign, and of infinity."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from . import exact
from .exact import PLACES


class Function(NamedTuple):
    """A function of one value.

    Parameters
    ----------
    magnitude : (x, negative) -> \\|f(x)\\| or \\|f(-x)\\|, of x above 0, in units of 2^-PLACES.
    signed : whether the result has the argument's sign, also of zeros; else it has none.
    at_zero, at_plus, at_minus : \\|f\\| of zeros and of the infinities, in words: ``0``, ``1/2``,
        ``1``, ``inf``.
    slope : how the exponent of f(x) follows that of a small or a large x: with it, against it, or
        not at all: 1, -1, 0.
    about : the definition.
    """

    magnitude: Callable[[int, bool], int]
    signed: bool
    at_zero: str
    at_plus: str
    at_minus: str
    slope: int
    about: str


def _exp(x: int, negative: bool) -> int:
    return exact.exp_minus(x) if negative else exact.exp(x)


def _silu(x: int, negative: bool) -> int:
    return x * exact.logistic(x, negative) >> PLACES


def _gelu(x: int, negative: bool) -> int:
    return x * exact.normal(x, negative) >> PLACES


@cache
def _tanh_factor() -> int:
    """2 sqrt(2/π)."""
    return 2 * exact.root(exact.inverse(exact.pi() // 2))


def _gelu_tanh(x: int, negative: bool) -> int:
    """(1 + tanh z) / 2 is the logistic function of 2z."""
    if x >> PLACES + 5:
        return 0 if negative else x
    cube = (x * x >> PLACES) * x >> PLACES
    inner = (x + cube * 44715 // 1000000) * _tanh_factor() >> PLACES
    return x * exact.logistic(inner, negative) >> PLACES


def _gelu_quick(x: int, negative: bool) -> int:
    return x * exact.logistic(x * 1702 // 1000, negative) >> PLACES


FUNCTIONS = {
    "silu": Function(_silu, True, "0", "inf", "0", 1, "x / (1 + e^-x)"),
    "gelu": Function(_gelu, True, "0", "inf", "0", 1, "x Φ(x), Φ the normal distribution's"),
    "gelu_tanh": Function(
        _gelu_tanh, True, "0", "inf", "0", 1,
        "x / 2 (1 + tanh(sqrt(2/π) (x + 0.044715 x³)))",
    ),
    "gelu_quick": Function(_gelu_quick, True, "0", "inf", "0", 1, "x / (1 + e^-1.702x)"),
    "sigmoid": Function(exact.logistic, False, "1/2", "1", "0", 0, "1 / (1 + e^-x)"),
    "tanh": Function(lambda x, negative: exact.tanh(x), True, "0", "1", "1", 1, "tanh x"),
    "exp": Function(_exp, False, "1", "inf", "0", 0, "e^x"),
    "reciprocal": Function(
        lambda x, negative: exact.inverse(x), True, "inf", "0", "0", -1, "1 / x"
    ),
}  # fmt: skip
