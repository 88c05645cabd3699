"""Reciprocal square roots of few bits: a line for each interval, integers alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: Bits of the lines below a result's last place, and of the numbers that lines are made from.
BELOW, FINE = 2, 40


@dataclass(frozen=True)
class RootTable:
    """Significands of sqrt(k / w), for w in 1 … 4 and a k in 1 … 4.

    w is a significand of ``given`` bits m, 2^(given-1) <= m < 2^given, and a bit ``odd``, which
    doubles it: w = m · 2^(1-given) · (1 + odd). The ``index`` bits below the leading one, and
    ``odd``, choose a line: first - slope · (bits left), cut to a result of ``bits`` bits.

    Parameters
    ----------
    scale : k = scale / 4^j, for the j that brings it to 1 … 4.
    bits : of the result's significand.
    index : bits of the table's address, beside ``odd``.
    given : bits of the number's significand.
    """

    scale: int
    bits: int
    index: int
    given: int

    @property
    def half(self) -> int:
        """j: the root of ``scale`` is 2^j times that of k."""
        return (self.scale.bit_length() - 1) // 2

    @property
    def rest(self) -> int:
        """Bits of m below the address."""
        return self.given - 1 - self.index

    @property
    def cut(self) -> int:
        """Bits of a slope below the lines' last place."""
        return max(self.rest - 1, 0)

    @cached_property
    def lines(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """First and slope of each line: address ``odd``, then the ``index`` bits.

        The chord of an interval, moved so that what is above it and below is as much.
        """
        firsts, slopes = [], []
        fine = FINE - self.bits - BELOW
        for odd in (0, 1):
            for number in range(1 << self.index):
                start = (1 << self.given - 1) + (number << self.rest)
                span = 1 << self.rest
                ends = [self._exact(start, odd), self._exact(start + span, odd)]
                slope = ((ends[0] - ends[1]) + (1 << fine + self.rest - self.cut - 1)) >> (
                    fine + self.rest - self.cut
                )
                drop = slope << fine + self.rest - self.cut
                middle = self._exact(start + span // 2, odd) + drop // 2
                first = (min(ends[0], ends[1] + drop) + middle) // 2
                # The result is cut: half of its last place more, and half of a line's.
                half = (1 << fine + BELOW) // 2 + (1 << fine) // 2
                firsts.append((first + half) >> fine)
                slopes.append(slope)
        return tuple(firsts), tuple(slopes)

    def _exact(self, m: int, odd: int) -> int:
        """sqrt(k / w) in units of 2^-FINE, rounded down."""
        # k / w = scale · 2^(given - 1) / (4^half · m · 2^odd)
        return isqrt((self.scale << 2 * (FINE - self.half) + self.given - 1) // (m << odd))

    def roots(self, m: npt.ArrayLike, odd: npt.ArrayLike) -> tuple[Array, Array]:
        """Significands m and bits ``odd`` -> significands of the root, and whether it is 1 or
        more: of ``bits`` bits, in units of 2^(1-bits), else half of that."""
        m, odd = np.asarray(m, np.int64), np.asarray(odd, np.int64)
        address = odd << self.index | (m >> self.rest) & (1 << self.index) - 1
        firsts, slopes = (np.asarray(line, np.int64) for line in self.lines)
        drop = slopes[address] * (m & (1 << self.rest) - 1) >> self.cut
        root = (firsts[address] - drop) >> BELOW  # in units of 2^-bits
        great = root >> self.bits > 0
        return np.where(great, root >> 1, root), great

    @cached_property
    def error(self) -> float:
        """How far a root may be from sqrt(k / w), relative to that: over every m and ``odd``."""
        worst = 0.0
        m = np.arange(1 << self.given - 1, 1 << self.given)
        k = self.scale / 4.0**self.half
        for odd in (0, 1):
            made, great = self.roots(m, np.full(m.shape, odd))
            exact = np.sqrt(k / np.ldexp(m.astype(float), 1 - self.given + odd))
            value = np.ldexp(made.astype(float), np.where(great, 1, 0) - self.bits)
            worst = max(worst, float(np.abs(value / exact - 1).max()))
        return worst + 2.0**-48  # and what float64 rounds
