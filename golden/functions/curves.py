"""The lines of a function: which each argument takes, all results, and their greatest error."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..formats import Minifloat
from .definitions import FUNCTIONS, Function
from .segments import Block, Shape
from .targets import FRACTION, errors, targets

Array = npt.NDArray[Any]


class Use(NamedTuple):
    """What a binade takes: the number of a block, and whether its exponents are to be added to the
    argument's (or, of a falling function, the argument's to be taken off)."""

    block: int
    follows: bool


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
