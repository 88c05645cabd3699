"""Functions of one value in integers of many bits: what tables are made of.

A number is an integer that counts units of 2^-PLACES. Every function here is off by less than
2^-50 of its value, for what BF16 and FP16 hold.
"""

from __future__ import annotations

from functools import cache, lru_cache
from math import isqrt

#: Bits below the binary point.
PLACES = 256
ONE = 1 << PLACES

#: Bits of an argument of exp, from the weight of the first to that of the last, that products of
#: constants take; a series takes what is left.
_HIGHEST, _LOWEST = 7, -24


def _series(x: int) -> int:
    """e^x of a small x, by its series."""
    total, term, n = 0, ONE, 0
    while abs(term) > 1:
        total += term
        n += 1
        term = (term * x >> PLACES) // n
    return total


@cache
def _powers(sign: int) -> tuple[int, ...]:
    """e^(2^n), or e^-(2^n), for n from the lowest to the highest."""
    found = [_series(sign * (ONE >> -_LOWEST))]
    for _ in range(_LOWEST, _HIGHEST):
        found.append(found[-1] * found[-1] >> PLACES)
    return tuple(found)


def _exp(x: int, sign: int) -> int:
    low = PLACES + _LOWEST
    found, bits = ONE, x >> low
    for power in _powers(sign):
        if bits & 1:
            found = found * power >> PLACES
        bits >>= 1
    rest = x & (1 << low) - 1
    return found * _series(sign * rest) >> PLACES if rest else found


def exp_minus(x: int) -> int:
    """e^-x for x from 0; beyond e^-256 it is 0."""
    return 0 if x >> PLACES + _HIGHEST + 1 else _exp(x, -1)


def exp(x: int) -> int:
    """e^x for x from 0; beyond e^255 it is no more than that."""
    return _exp(min(x, 255 * ONE), 1)


def inverse(x: int) -> int:
    """1 / x for x above 0."""
    return (1 << 2 * PLACES) // x


def logistic(x: int, negative: bool) -> int:
    """1 / (1 + e^-x), or 1 / (1 + e^x) where ``negative``."""
    power = exp_minus(x)
    return (power if negative else ONE) * ONE // (ONE + power)


def tanh(x: int) -> int:
    """(1 - e^-2x) / (1 + e^-2x) for x from 0."""
    power = exp_minus(2 * x)
    return (ONE - power) * ONE // (ONE + power)


@cache
def pi() -> int:
    """π, by Machin's formula 16 arctan(1/5) - 4 arctan(1/239)."""
    return 4 * (4 * _arctan(5) - _arctan(239))


def _arctan(n: int) -> int:
    """arctan(1/n)."""
    total, power, k = 0, ONE // n, 0
    while power:
        total += (-power if k & 1 else power) // (2 * k + 1)
        power, k = power // (n * n), k + 1
    return total


def root(x: int) -> int:
    """The square root."""
    return isqrt(x << PLACES)


@cache
def _density() -> int:
    """1 / sqrt(2π)."""
    return inverse(root(2 * pi()))


def normal(x: int, negative: bool) -> int:
    """The normal distribution's Φ(x), or Φ(-x) where ``negative``, for x from 0.

    Φ(x) = 1/2 + φ(x) · (x + x³/3 + x⁵/(3·5) + x⁷/(3·5·7) + …); NIST's Handbook of Mathematical
    Functions, 26.2.11, in which no terms cancel.
    """
    half = _half(x)
    return ONE // 2 + (-half if negative else half)


@lru_cache(1 << 16)
def _half(x: int) -> int:
    """Φ(x) - 1/2."""
    if x >> PLACES + 4:
        return ONE // 2
    square = x * x >> PLACES
    total, term, odd = 0, x, 1
    while term:
        total += term
        odd += 2
        term = (term * square >> PLACES) // odd
    return _density() * total // exp(square // 2)
