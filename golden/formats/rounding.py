"""Rounding rules, each once, for floats and for exact integers alike.

A rule answers one question: given the truncated magnitude (is it odd?), how the discarded part
compares with one half, whether anything was discarded, and the sign: does the magnitude grow by
one?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import DesignError, UnknownName

Array = npt.NDArray[Any]


class Rest(NamedTuple):
    """What is left of magnitudes beyond a truncated one.

    Parameters
    ----------
    odd : whether the truncated magnitude is.
    half : the sign of (discarded - 1/2).
    inexact, negative : whether anything is discarded, and whether the value is below zero.
    reaches : ``reaches(k, n)`` says where the discarded part is at least k / 2**n.
    """

    odd: Array
    half: Array
    inexact: Array
    negative: Array
    reaches: Callable[[Array, int], Array]


Rule = Callable[[Rest], Array]

#: What needs no random numbers.
ROUNDINGS: dict[str, Rule] = {
    "nearest_even": lambda rest: (rest.half > 0) | ((rest.half == 0) & rest.odd),
    "nearest_away": lambda rest: rest.half >= 0,
    "toward_zero": lambda rest: np.zeros_like(rest.odd),
    "up": lambda rest: rest.inexact & ~rest.negative,
    "down": lambda rest: rest.inexact & rest.negative,
    "odd": lambda rest: rest.inexact & ~rest.odd,
}


@dataclass(frozen=True, eq=False)
class Stochastic:
    """Rounds a magnitude away from zero as often as the part beyond it is large.

    The discarded part is truncated to ``bits`` bits and added to a random number of as many: the
    magnitude grows by one with the carry out. This is gfloat's StochasticFastest.

    Parameters
    ----------
    bits : of the random numbers, 1 to 30.
    random : numbers of ``bits`` bits that broadcast to the values, or one number for all.
    """

    bits: int
    random: Array

    def __post_init__(self) -> None:
        if type(self.bits) is not int or not 1 <= self.bits <= 30:
            raise DesignError(f"stochastic rounding takes 1 to 30 random bits, got {self.bits}")
        random = np.asarray(self.random)
        if random.dtype.kind not in "iu" or (random < 0).any() or (random >> self.bits).any():
            raise DesignError(f"random numbers must be integers of {self.bits} bits")
        object.__setattr__(self, "random", random.astype(np.int64))

    def __call__(self, rest: Rest) -> Array:
        # floor(x 2**n) + r >= 2**n, which is x >= (2**n - r) / 2**n
        return rest.reaches((1 << self.bits) - self.random, self.bits)


Rounding = str | Stochastic


def part(rounding: Rounding, shape: tuple[int, ...], piece: slice) -> Rounding:
    """What rounds ``piece`` of the flattened values of ``shape``."""
    if isinstance(rounding, str):
        return rounding
    try:
        random = np.broadcast_to(rounding.random, shape).reshape(-1)[piece]
    except ValueError:
        raise DesignError(
            f"random numbers of shape {rounding.random.shape} do not fit values of shape {shape}"
        ) from None
    return replace(rounding, random=random)


def stays_finite(rounding: Rounding, negative: Array) -> Array:
    """Where a finite value beyond the greatest one becomes it: the rules that lead toward zero.

    ``odd`` never leaves the finite values. Source: IEEE 754-2019, 7.4.
    """
    if rounding in ("up", "down"):
        return negative if rounding == "up" else ~negative
    return np.full(negative.shape, rounding in ("toward_zero", "odd"))


def rule(rounding: Rounding) -> Rule:
    """The rounding rule called ``rounding``; an unknown name raises UnknownName."""
    if isinstance(rounding, Stochastic):
        return rounding
    if rounding == "stochastic":
        raise DesignError("stochastic rounding needs random numbers: give Stochastic(bits, random)")
    if not isinstance(rounding, str):
        raise DesignError(f"a rounding is a rule's name or a Stochastic, got {rounding!r}")
    if rounding not in ROUNDINGS:
        raise UnknownName("rounding", rounding, ROUNDINGS)
    return ROUNDINGS[rounding]


def round_magnitude(
    magnitude: Array, offset: Array, negative: Array, rounding: Rounding = "nearest_even"
) -> Array:
    """Round a non-negative float64 ``magnitude`` to an integer and add the integer ``offset``.

    Whether the truncated value is odd is judged after the offset, which is how a tie goes to the
    even *code* when a format has no mantissa bits.
    """
    floor = np.floor(magnitude)
    beyond = magnitude - floor
    code = floor.astype(np.int64) + offset
    odd = (code & 1).astype(bool)
    reaches = lambda k, n: beyond >= k / (1 << n)  # noqa: E731
    up = rule(rounding)(Rest(odd, np.sign(beyond - 0.5), beyond > 0, negative, reaches))
    return np.asarray(code + up)
