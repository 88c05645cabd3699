"""How lines are chosen: for each binade of arguments as few segments as are near enough."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DesignError
from ..formats import Minifloat
from .curves import Curve, Use
from .definitions import FUNCTIONS
from .segments import GUARD, STEP, Block, Shape
from .targets import FRACTION, errors, targets

Array = npt.NDArray[Any]


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
