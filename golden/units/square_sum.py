"""The sum of the squares of a token's floats, and a constant: the same in any order.

Exponents fall into windows of 16, so squares into windows of 2^32. Within a window all squares are
integers of one unit and are summed exactly. Of a token, the uppermost window that holds a square
counts and the one below it; squares below that are less than 2^-32 of the greatest each.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DesignError
from ..formats import Minifloat

Array = npt.NDArray[Any]

#: Exponents of a window, as a power of two, and the bits that their squares span.
SPAN_BITS, REACH = 4, 32


@dataclass(frozen=True)
class SquareSum:
    """Sums of ``count`` squares of ``values``, and of ``constant``.

    A sum is V · 2^(32·w - origin): V = 2^32 · A + B, where A sums what lies in window w + 1, the
    uppermost one, and B what lies in window w.

    Parameters
    ----------
    values : format of the numbers; subnormals count as what they are.
    count : of a token.
    constant : what is added, rounded to a multiple of the unit of the window below its own.
    """

    values: Minifloat
    count: int
    constant: Fraction

    @property
    def windows(self) -> int:
        """How many windows the numbers' exponents have."""
        return 1 << (self.values.exponent_width - SPAN_BITS)

    @property
    def origin(self) -> int:
        """The unit of window 0 is 2^-origin."""
        return 2 * (self.values.bias + self.values.mantissa_width)

    @property
    def square(self) -> int:
        """The greatest square, in its window's unit."""
        most = (2 << self.values.mantissa_width) - 1
        return most * most << 2 * ((1 << SPAN_BITS) - 1)

    @cached_property
    def base(self) -> int:
        """The least uppermost window: that of the constant; 1 at the least."""
        whole = self.constant * Fraction(2) ** self.origin
        least, base = 1 << 2 * self.values.mantissa_width, 1
        while base < self.windows - 1 and whole >= least << REACH * (base + 1):
            base += 1
        return base

    @cached_property
    def initial(self) -> tuple[int, int]:
        """The constant in the windows ``base - 1`` and ``base``."""
        whole = round(self.constant * Fraction(2) ** (self.origin - REACH * (self.base - 1)))
        return whole & (1 << REACH) - 1, whole >> REACH

    @property
    def least(self) -> int:
        """The least V."""
        low, high = self.initial
        # A greater window than the constant's holds a square, of a normal number.
        return min((high << REACH) + low, 1 << (REACH + 2 * self.values.mantissa_width))

    @property
    def part(self) -> int:
        """The greatest sum of a window."""
        return self.count * self.square + max(self.initial)

    @property
    def most(self) -> int:
        """No V is greater."""
        return (self.part << REACH) + self.part

    @cached_property
    def error(self) -> Fraction:
        """How far V may be from the true sum, relative to that: what is below the lower window, and
        the constant's rounding."""
        unit = Fraction(2) ** (REACH * (self.base - 1) - self.origin)
        low, high = self.initial
        rounded = abs(((high << REACH) + low) * unit - self.constant) / self.constant
        if self.base >= self.windows - 1:
            return rounded  # no number lies below
        return rounded + Fraction(self.count, 1 << REACH)

    def check(self) -> None:
        """Raise DesignError where the constant vanishes or is greater than any window."""
        low, high = self.initial
        if not low + high or high > self.square:
            raise DesignError(
                f"eps times the values of a token, {float(self.constant):g}, is not in the range "
                f"of squares of {self.values.name}: choose another eps"
            )

    def of(self, codes: npt.ArrayLike) -> tuple[list[int], Array]:
        """Codes (tokens, count) of finite numbers -> V of each token, and its window w."""
        fields = self.values.fields(np.asarray(codes))
        biased = fields.exponent.astype(np.int64) + self.values.bias + self.values.mantissa_width
        window, place = biased >> SPAN_BITS, biased & (1 << SPAN_BITS) - 1
        square = fields.significand.astype(np.int64) ** 2 << 2 * place
        top = np.maximum(window.max(axis=1), self.base)
        upper = self._sums(square, window == top[:, None])
        lower = self._sums(square, window == top[:, None] - 1)
        low, high = self.initial
        for token, distance in enumerate((top - self.base).tolist()):
            if distance == 0:
                upper[token], lower[token] = upper[token] + high, lower[token] + low
            elif distance == 1:
                lower[token] += high
        return [(a << REACH) + b for a, b in zip(upper, lower, strict=True)], top - 1

    @staticmethod
    def _sums(squares: Array, chosen: Array) -> list[int]:
        """Exact sums of those that are chosen, for each token."""
        squares = np.where(chosen, squares, 0)
        low = (squares & (1 << REACH) - 1).sum(axis=1)
        high = (squares >> REACH).sum(axis=1)
        return [(a << REACH) + b for a, b in zip(high.tolist(), low.tolist(), strict=True)]
