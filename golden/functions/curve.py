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
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import DesignError
from ..formats import Minifloat
from .definitions import FUNCTIONS, Function
from .targets import FRACTION, errors, targets

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


class Use(NamedTuple):
    """What a binade takes: the number of a block, and whether its exponents are to be added to the
    argument's (or, of a falling function, the argument's to be taken off)."""

    block: int
    follows: bool


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


@dataclass(frozen=True)
class Curve:
    """A function's lines.

    Parameters
    ----------
    name : of the function.
    shape : what leads to them and from them.
    blocks : the segments.
    uses : of each sign and exponent, the positive ones first.
    """

    name: str
    shape: Shape
    blocks: tuple[Block, ...]
    uses: tuple[Use, ...]

    @property
    def format(self) -> Minifloat:
        return self.shape.format

    @property
    def function(self) -> Function:
        return FUNCTIONS[self.name]

    @cached_property
    def bases(self) -> tuple[int, ...]:
        """The address of each block's first segment, a multiple of their number."""
        found, address = [0] * len(self.blocks), 0
        for number in sorted(range(len(found)), key=lambda n: -self.blocks[n].cuts):
            found[number] = address
            address += 1 << self.blocks[number].cuts
        return tuple(found)

    @property
    def entries(self) -> int:
        """How many segments there are."""
        return sum(1 << block.cuts for block in self.blocks)

    @cached_property
    def words(self) -> tuple[tuple[int, int, int], ...]:
        """Exponent, start and rise of each segment, by address."""
        found = [(0, 0, 0)] * self.entries
        for block, base in zip(self.blocks, self.bases, strict=True):
            columns = (block.exponents, block.starts, block.rises)
            rows = zip(*(column.tolist() for column in columns), strict=True)
            found[base : base + (1 << block.cuts)] = list(rows)
        return tuple(found)

    @property
    def reaches_infinity(self) -> bool:
        """Whether a finite argument can give more than the greatest value."""
        finite = targets(self.name, self.format).reshape(2, -1)[:, : self.format.inf_code]
        return bool((finite >= self.format.inf_code << FRACTION).any())

    @cached_property
    def table(self) -> Array:
        """The results' codes of all codes."""
        fmt, width = self.format, self.format.mantissa_width
        mantissas = np.arange(1 << width)
        rows = []
        for number, use in enumerate(self.uses):
            exponent = number & (1 << fmt.exponent_width) - 1
            given = mantissas
            if exponent > fmt.max_exponent:  # infinity, and NaN of any mantissa
                given = mantissas | (mantissas > 0).astype(int) << width - 1
            found = self.shape.of_block(self.blocks[use.block], exponent, use.follows, given)
            nan = (exponent > fmt.max_exponent) & (mantissas > 0)
            found = np.where(nan, found, np.minimum(found, fmt.inf_code))
            sign = number >> fmt.exponent_width if self.function.signed else 0
            rows.append(np.where(nan, found, found | sign << fmt.bits - 1))
        return np.concatenate(rows).astype(fmt.dtype)

    @cached_property
    def error(self) -> Fraction:
        """The greatest error of all codes that are no NaN, in units in the last place of the exact
        result; up to 2^-31 less than it is."""
        magnitudes = self.table.astype(np.int64) & (1 << self.format.bits - 1) - 1
        places = targets(self.name, self.format)
        found = errors(self.format, magnitudes.reshape(places.shape), places)
        found = found.reshape(2, -1)[:, : self.format.inf_code + 1]
        return Fraction(int(found.max()), 1 << FRACTION)


@cache
def curve(name: str, fmt: Minifloat, hundredths: int) -> Curve:
    """The lines of a function that are off by at most so many hundredths of a unit in the last
    place.

    Binade by binade, from small arguments to large ones, first positive: a block that there is
    serves if it is near enough; else one is fitted, of as few segments as are.
    """
    shape = Shape(fmt, FUNCTIONS[name].slope)
    limit, count = (hundredths << FRACTION) // 100, 1 << fmt.exponent_width
    blocks: list[Block] = []
    uses: list[Use] = []
    #: Of each block its binade's exponent, and whether its users follow; None while there is one.
    first: list[int] = []
    mode: list[bool | None] = []
    for number, places in enumerate(targets(name, fmt)):
        exponent = number % count
        ways = (True, False) if shape.slope else (False,)
        # Likely ones first: the neighbour's, and that of the same magnitude.
        likely = [use.block for use in (*uses[-1:], *uses[number - count : number - count + 1])]
        for at in dict.fromkeys((*likely, *reversed(range(len(blocks))))):
            for follows in ways:
                if mode[at] not in (None, follows):
                    continue
                block = blocks[at]
                if follows and mode[at] is None:
                    block = _following(shape, block, first[at])
                if _serves(shape, block, exponent, follows, places, limit):
                    break
            else:
                continue
            blocks[at], mode[at] = block, follows
            if follows:
                uses = [Use(at, True) if use.block == at else use for use in uses]
            uses.append(Use(at, follows))
            break
        else:
            uses.append(Use(len(blocks), False))
            special = exponent > fmt.max_exponent
            blocks.append(_special(shape, places) if special else _fitted(shape, places, limit))
            first.append(exponent)
            mode.append(None)
    return Curve(name, shape, tuple(blocks), tuple(uses))


def _following(shape: Shape, block: Block, exponent: int) -> Block:
    """A block whose exponents are to be added to the argument's."""
    return block._replace(exponents=block.exponents - shape.slope * exponent)


def _serves(
    shape: Shape, block: Block, exponent: int, follows: bool, places: Array, limit: int
) -> bool:
    """Whether a block is near enough for a binade; the ends and the middle are looked at first. Of
    the last exponent, infinity is 0 and NaN the upper half, which is met exactly."""
    count, fmt = len(places), shape.format
    special = exponent > fmt.max_exponent
    looked = [np.array([0, count // 2, count - 1]), np.arange(count)]
    for mantissas in looked if not special else [np.array([0])]:
        codes = shape.of_block(block, exponent, follows, mantissas)
        if (codes < 0).any() or (errors(fmt, codes, places[mantissas]) > limit).any():
            return False
    nans = np.arange(count // 2, count)
    codes = shape.of_block(block, exponent, follows, nans)
    return not special or bool((codes == fmt.nan_code).all())


def _special(shape: Shape, places: Array) -> Block:
    """Infinity and NaN: lines that do not rise."""
    width = shape.format.mantissa_width
    cuts = width - shape.steps
    codes = places[:: 1 << shape.steps] >> FRACTION
    exponents = np.maximum(codes >> width, 1) - 1
    starts = codes - (exponents << width) << GUARD
    return Block(cuts, exponents, starts, np.zeros_like(starts))


def _fitted(shape: Shape, places: Array, limit: int) -> Block:
    """The block of the fewest segments that is near enough."""
    width = shape.format.mantissa_width
    for cuts in range(width - shape.steps, width + 1):
        block, error = fit(shape, places, cuts)
        if error <= limit:
            return block
    raise DesignError(
        f"the nearest lines of {shape.format.name} are off by {error / (1 << FRACTION):.2f} of a "
        f"unit in the last place, more than error = {limit * 100 / (1 << FRACTION):.0f} hundredths"
    )


def fit(shape: Shape, places: Array, cuts: int) -> tuple[Block, int]:
    """The lines of 2^cuts segments of a binade, and their greatest error.

    A line rises as its chord does, up or down to a multiple of its unit, and lies in the middle of
    what it leaves over; of these the nearest.
    """
    fmt, unit = shape.format, shape.format.mantissa_width + FRACTION
    exact = places.reshape(1 << cuts, -1)
    count = exact.shape[1]
    # As significands of the least exponent of the segment; of more than two binades, none.
    binades = np.maximum(exact >> unit, 1)
    least = binades.min(axis=1)
    above = binades - least[:, None]
    significands = exact - (binades - 1 << unit) << np.minimum(above, 1)
    tau = np.arange(count) << shape.steps + cuts - fmt.mantissa_width
    chord = (significands[:, -1] - significands[:, 0]) * count // max(count - 1, 1)

    exponents = least - 1
    best = np.full(len(exact), 1 << 62)
    starts, rises = np.zeros_like(least), np.zeros_like(least)
    for rise in (chord >> FRACTION - STEP) + np.arange(1 + (count > 1))[:, None]:
        moved = rise[:, None] * tau >> STEP + shape.steps - GUARD
        left = significands - (moved << FRACTION - GUARD)
        middle = (left.max(axis=1) + left.min(axis=1)) // 2 >> FRACTION - GUARD
        for start in middle + np.arange(-1, 2)[:, None]:
            codes = shape.lines(exponents[:, None], start[:, None], rise[:, None], tau)
            error = errors(fmt, codes, exact).max(axis=1)
            error[((codes < 0) | (above > 1)).any(axis=1)] = 1 << 61
            nearer = error < best
            best = np.where(nearer, error, best)
            starts, rises = np.where(nearer, start, starts), np.where(nearer, rise, rises)
    return Block(cuts, exponents, starts, rises), int(best.max())
