"""A function as straight lines: which line an argument's code leads to, and what that gives.

The arguments of a sign and an exponent are a *binade*. A binade is cut into 2^k equal segments, the
fewest whose lines are near enough; segments of neighbours that are alike are one. A line gives a
significand S in units of the last place of some exponent e, so that a straight line stays one
through a power of two. What it gives is a code again:

    Y    = start + floor(rise · τ / 2^(STEP + steps - GUARD))       in units of 2^-GUARD
    code = (e - 1) · 2^m + round(Y / 2^GUARD)                       if Y < 2^(m + 1 + GUARD)
    code = (e - 1) · 2^m + round(Y / 2^(GUARD + 1)) + 2^m           else

with m mantissa bits, τ the place in the segment in units of 2^-steps of it, and halves rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..formats import Minifloat

Array = npt.NDArray[Any]

#: Bits below the last place of a line's start, and of its rise over a segment.
GUARD, STEP = 2, 2


class Block(NamedTuple):
    """The segments of a binade, or of several that are alike.

    Parameters
    ----------
    cuts : 2^cuts segments.
    exponents, starts, rises : of each; the exponent less one, where the argument's does not count.
    """

    cuts: int
    exponents: Array
    starts: Array
    rises: Array


@dataclass(frozen=True)
class Shape:
    """How codes become segments and segments codes."""

    format: Minifloat
    slope: int

    @property
    def steps(self) -> int:
        """Bits of a place in a segment: odd, as a multiplier by two bits at a time wants it."""
        most = self.format.mantissa_width - 2
        return most - 1 + most % 2

    @property
    def exponent_width(self) -> int:
        """Bits of a line's exponent; with one more, what is too large shows."""
        return self.format.exponent_width + 1

    def places(self, cuts: int, mantissas: Array) -> tuple[Array, Array]:
        """The segment of a mantissa among 2^cuts, and the place in it."""
        width = self.format.mantissa_width
        moved = mantissas << cuts
        inside = moved & (1 << width) - 1
        return moved >> width, inside >> width - self.steps

    def lines(self, exponents: Array, starts: Array, rises: Array, tau: Array) -> Array:
        """Codes, without infinity's limit; -1 where a line leaves what it may give."""
        width = self.format.mantissa_width
        total = starts + (rises * tau >> STEP + self.steps - GUARD)
        large = total >> width + 1 + GUARD
        down = GUARD + (large > 0)
        codes = (exponents << width) + (total + (1 << down - 1) >> down) + (large << width)
        return np.where((total < 0) | (large > 1), -1, codes)

    def of_block(self, block: Block, exponent: int, follows: bool, mantissas: Array) -> Array:
        """Codes of arguments of an exponent."""
        segment, tau = self.places(block.cuts, mantissas)
        exponents = self.followed(block.exponents[segment], exponent, follows)
        codes = self.lines(exponents, block.starts[segment], block.rises[segment], tau)
        return np.where(exponents < 0, -1, codes)

    def followed(self, exponents: Array, argument: int | Array, follows: bool | Array) -> Array:
        """The exponents of lines, those that follow with the argument's."""
        return exponents + np.where(follows, self.slope * np.asarray(argument), 0)
