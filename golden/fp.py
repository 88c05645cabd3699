"""Floating-point steps of the golden model, each rounded once to a stated format.

Values travel as float64 that a format of at most 24 significand bits holds exactly. A product of
two is exact in float64. A sum of two, rounded to float64 and then to that format, is correctly
rounded: 53 >= 2 * 24 + 2 (Figueroa, "When is double rounding innocuous?").
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .formats import Format
from .watch import tell

Array = npt.NDArray[Any]


def rounded(fmt: Format, values: Array, step: str = "sum") -> Array:
    """``values`` rounded to nearest even in ``fmt``; overflow gives infinity.

    ``step`` is the name by which watchers are told of it.
    """
    tell(step, fmt, values)
    return np.asarray(fmt.decode(fmt.encode(values, "nearest_even", saturate=False)))


def product(a: Array, b: Array) -> Array:
    """a × b in float64; infinity times zero is NaN, without a warning."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(a * b)


def add(fmt: Format, a: Array, b: Array) -> Array:
    """a + b rounded to ``fmt``, which holds both; opposite infinities give NaN."""
    with np.errstate(invalid="ignore", over="ignore"):
        return rounded(fmt, np.asarray(a + b), "addition")


def odd_sum(a: Array, b: Array) -> Array:
    """a + b as float64, rounded to odd where it is not exact: rounding that to nearest, to a format
    of at most 51 bits, rounds the exact sum (Boldo and Melquiond, "Emulation of a FMA and correctly
    rounded sums: proved algorithms using rounding to odd").

    What is lost is known exactly (Knuth's two-sum): of a sum whose last bit is 0, the next float on
    that side is odd.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        total = np.asarray(a + b)
        rest = total - a
        lost = (a - (total - rest)) + (b - rest)
    even = total.view(np.int64) & 1 == 0
    moved = np.isfinite(total) & even & (lost != 0)
    return np.where(moved, np.nextafter(total, np.where(lost > 0, np.inf, -np.inf)), total)


def partial_sums(fmt: Format, addends: Array, partials: int) -> Array:
    """Sum the last axis: addend i goes into partial sum i mod P, then a binary tree adds the
    partials.

    Every partial starts from +0. The tree adds neighbours: (p0 + p1) + (p2 + p3), …; an odd one
    is passed on.
    """
    sums = [np.zeros(addends.shape[:-1]) for _ in range(partials)]
    for index in range(addends.shape[-1]):
        slot = index % partials
        sums[slot] = add(fmt, sums[slot], addends[..., index])
    while len(sums) > 1:
        pairs = [add(fmt, a, b) for a, b in zip(sums[::2], sums[1::2], strict=False)]
        sums = pairs + sums[len(sums) - len(sums) % 2 :]
    return sums[0]
