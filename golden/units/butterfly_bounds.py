"""Proven bounds of the numbers between stages of butterflies."""

from __future__ import annotations

from math import isqrt
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..formats import Integer

Array = npt.NDArray[Any]

#: Magnitudes are counted in units of 2^-20, rounded up.
_FINE = 20


class Bounds(NamedTuple):
    """Of every number at a place.

    Parameters
    ----------
    low, high : the least and the greatest.
    magnitude : the greatest of a point, of a complex one its absolute value, in units of 2^-20.
    """

    low: int
    high: int
    magnitude: int

    @property
    def width(self) -> int:
        """Bits in two's complement."""
        return max(self.high.bit_length(), (~self.low).bit_length() if self.low < 0 else 0) + 1

    @property
    def most(self) -> int:
        """A whole number that no point's magnitude exceeds."""
        return -(-self.magnitude >> _FINE)


def bounds_of(fmt: Integer, stages: Array, shift: int) -> list[Bounds]:
    """Of the points, then behind each stage.

    Two bounds hold, and the closer one is taken: of intervals, number by number; and of magnitudes,
    which matter for complex ones: a twiddle turns a point but makes it no longer.
    """
    parts = stages.shape[-1]
    half = max(-fmt.low, fmt.high)
    found = [Bounds(fmt.low, fmt.high, _root(parts * half * half << 2 * _FINE))]
    for stage in stages:
        last = found[-1]
        # Numbers of the products of one result: of the real part c_re, -c_im; then c_im, c_re.
        terms = stage.reshape(-1, 2 * parts)
        if parts == 2:
            re, im = stage[..., 0].reshape(-1, 2), stage[..., 1].reshape(-1, 2)
            terms = np.concatenate([np.hstack([re, -im]), np.hstack([im, re])])
        ends = terms * last.low, terms * last.high
        low = int(np.minimum(*ends).sum(axis=1).min())
        high = int(np.maximum(*ends).sum(axis=1).max())
        squares = np.unique((stage**2).sum(axis=-1).reshape(-1, 2), axis=0)
        gain = max(sum(_root(int(s) << 2 * _FINE) for s in row) for row in squares)
        rounding = _root(parts << 2 * _FINE - 2) if shift else 0
        magnitude = -(-gain * last.magnitude >> _FINE + shift) + rounding
        most = magnitude >> _FINE
        low, high = (_nearest(end, shift) for end in (low, high))
        found.append(Bounds(max(low, -most), min(high, most), magnitude))
    return found


def _nearest(number: int, shift: int) -> int:
    """number / 2^shift, ties to even."""
    low, rest = number >> shift, number & (1 << shift) - 1
    return low + (2 * rest > 1 << shift or (2 * rest == 1 << shift and low & 1))


def _root(square: int) -> int:
    """The least whole number whose square is not less."""
    root = isqrt(square)
    return root + (root * root < square)
