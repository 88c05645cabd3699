"""The integers of a softmax: powers by lines, and reciprocals of sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..formats import Integer, Minifloat
from ..functions.exact import ONE, PLACES, exp, inverse

Array = npt.NDArray[Any]

#: Segments of powers and of reciprocals, as powers of two.
POWER_CUTS, RECIPROCAL_CUTS = 6, 7
#: Bits of a term of the sum below those of a power.
MORE = 9


class Lines(NamedTuple):
    """y = start + floor(rise · τ / 2^steps) in a segment; τ is the place in it in units of 2^-steps
    of its length. Start and rise are the chord's, both rounded down; where that gives less than a
    half or more than fits, the first or the last start is moved."""

    steps: int
    starts: tuple[int, ...]
    rises: tuple[int, ...]

    def at(self, argument: Array) -> Array:
        """Of arguments of as many bits as segments and steps have."""
        segment, tau = argument >> self.steps, argument & (1 << self.steps) - 1
        starts, rises = np.array(self.starts), np.array(self.rises)
        return np.asarray(starts[segment] + (rises[segment] * tau >> self.steps))


def _lines(function: Callable[[int], int], cuts: int, steps: int, places: int) -> Lines:
    """The lines of a falling function of 0 to 1 in 2^cuts segments, in units of 2^-places."""
    ends = [function((n << PLACES) >> cuts) for n in range((1 << cuts) + 1)]
    starts = [end >> PLACES - places for end in ends[:-1]]
    rises = tuple(b - a >> PLACES - places for a, b in zip(ends, ends[1:], strict=False))
    starts[0] = min(starts[0], (1 << places) - 1)
    last = starts[-1] + (rises[-1] * ((1 << steps) - 1) >> steps)
    starts[-1] += max((1 << places - 1) - last, 0)
    return Lines(steps, tuple(starts), rises)


@cache
def _log2() -> int:
    """ln 2: Newton's steps from a float."""
    found = int(0.6931471805599453 * (1 << 53)) << PLACES - 53
    for _ in range(4):
        found += 2 * ONE * ONE // exp(found) - ONE
    return found


@dataclass(frozen=True)
class Parts:
    """The integers for results of a format, of what is up to ``clip`` below the greatest value.

    Distances d count units of 2^-``fraction``; e^-d = significand · 2^(-bits - n).
    """

    format: Minifloat
    clip: int

    @property
    def fraction(self) -> int:
        """Bits of a distance below its point, and of a power's exponent."""
        return self.format.mantissa_width + 6

    @property
    def bits(self) -> int:
        """Bits of a significand of powers and of reciprocals; the top one is set."""
        return self.format.mantissa_width + 7

    @property
    def distance(self) -> Integer:
        """The format of distances: the greatest is too far."""
        width = self.fraction + self.clip.bit_length() - 1
        return Integer(f"uint{width}", width, signed=False, exponent=-self.fraction)

    @property
    def places(self) -> int:
        """Bits of 1 / ln 2 below its point."""
        return self.distance.width

    @property
    def factor(self) -> int:
        """1 / ln 2, to the nearest."""
        half = 1 << PLACES - self.places - 1
        return inverse(_log2()) + half >> PLACES - self.places

    @property
    def term(self) -> int:
        """The exponent of a term's unit is minus this."""
        return self.bits + MORE

    @property
    def powers(self) -> Lines:
        """2^-y."""
        return _powers(self.fraction - POWER_CUTS, self.bits)

    @property
    def reciprocals(self) -> Lines:
        """1 / (1 + y)."""
        return _reciprocals(self.bits - RECIPROCAL_CUTS, self.bits)

    def power(self, distances: Array) -> tuple[Array, Array]:
        """Significands and n of distances; significand 0 of what is too far."""
        scaled = distances.astype(np.int64) * self.factor >> self.places
        n, rest = scaled >> self.fraction, scaled & (1 << self.fraction) - 1
        return np.where(distances == self.distance.high, 0, self.powers.at(rest)), n

    def terms(self, significands: Array, n: Array) -> Array:
        """What is added up, in units of 2^-``term``, rounded down."""
        return np.asarray((significands << MORE) >> np.minimum(n, 62))

    def reciprocal(self, total: int) -> tuple[int, int]:
        """Significand and exponent of 1 / total, which counts units of 2^-``term``: the value is
        significand · 2^(exponent - bits)."""
        length = total.bit_length()
        below = (total << self.bits >> length - 1) & (1 << self.bits) - 1
        return int(self.reciprocals.at(np.array(below))), self.term - length + 1

    @property
    def error(self) -> Fraction:
        """The most by which the power of a distance that is not too far is off, of its value: by
        the distance's roundings, by the product with 1 / ln 2 rounded down, and by the line."""
        unit = Fraction(1, 1 << self.fraction)
        rounded = unit / 2 + Fraction(self.clip, 1 << 24)
        product = unit + self.clip * Fraction(1, 1 << self.places + 1)
        line = _worst(self.powers, self.fraction, self.bits, _half_powers)
        # |e^-x - 1| is at most x (1 + x) of small x of either sign.
        size = rounded + product * Fraction(7, 10)
        return size * (1 + size) * (1 + line) + line

    @property
    def reciprocal_error(self) -> Fraction:
        """The same of reciprocals, whose argument is cut as well."""
        line = _worst(self.reciprocals, self.bits, self.bits, _inverses)
        return line + Fraction(2, 1 << self.bits)


@cache
def _powers(steps: int, places: int) -> Lines:
    half = _log2()
    return _lines(lambda y: inverse(exp(y * half >> PLACES)), POWER_CUTS, steps, places)


@cache
def _reciprocals(steps: int, places: int) -> Lines:
    return _lines(lambda y: inverse(ONE + y), RECIPROCAL_CUTS, steps, places)


def _half_powers(y: Array) -> Array:
    return np.asarray(np.exp2(-y))


def _inverses(y: Array) -> Array:
    return np.asarray(1 / (1 + y))


def _worst(lines: Lines, width: int, places: int, function: Callable[[Array], Array]) -> Fraction:
    """The greatest relative error of lines over all arguments, and a millionth of it more for the
    float64 that it is computed in."""
    argument = np.arange(1 << width)
    exact = function(argument / (1 << width))
    found = np.abs(lines.at(argument) / (1 << places) / exact - 1).max()
    return Fraction(float(found) * (1 + 1e-6))
