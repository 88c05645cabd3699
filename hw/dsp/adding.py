"""How products of a single row lie in the parts of DSP blocks: two of each part a block."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import ceil

from ...golden.bounds import Range
from ..arith.digits import Digit
from ..arith.tree import tree_levels
from .kinds import Kind


@dataclass(frozen=True)
class Adding:
    """The sums of a tile of rows and columns in the parts of cascades of adders.

    Rows of negative products are short of one each: how many there are is counted beside the
    blocks, or added as one more row where blocks hold sums over K.

    Parameters
    ----------
    kind : the blocks.
    tile : rows and columns, a part of a block each; there may be parts to spare.
    parts : of a block.
    lanes : products of a step.
    chain : rows that a cascade adds at most.
    digit : bounds of a row.
    count : products of a sum over K, where blocks hold these sums; 0 where every step is read.
    """

    kind: Kind
    tile: tuple[int, int]
    parts: int
    lanes: int
    chain: int
    digit: Digit
    count: int

    #: Weights never stay.
    stays = False

    @property
    def held(self) -> bool:
        """Whether blocks accumulate."""
        return self.count > 0

    @property
    def size(self) -> int:
        """Bits of a part."""
        return self.kind.geometry.sum // self.parts

    @property
    def counted(self) -> bool:
        """Whether what rows are short of is one more row."""
        return self.held and self.digit.carries

    @property
    def chains(self) -> tuple[tuple[int, ...], ...]:
        """The lanes of each cascade, two a block; what rows are short of comes after the last."""
        terms = self.lanes + self.counted
        return tuple(
            tuple(range(start, min(start + self.chain, terms)))
            for start in range(0, terms, self.chain)
        )

    @property
    def longest(self) -> int:
        """Blocks of the longest cascade."""
        return ceil(len(self.chains[0]) / 2)

    @property
    def blocks(self) -> int:
        """Blocks of a tile."""
        return sum(ceil(len(chain) / 2) for chain in self.chains)

    def cycle(self, lane: int) -> int:
        """The cycle in which a lane's row enters its block; all cascades end together."""
        [chain] = [chain for chain in self.chains if lane in chain]
        return self.longest - ceil(len(chain) / 2) + chain.index(lane) // 2

    @property
    def delays(self) -> tuple[int, ...]:
        """Cycles that each lane's elements wait."""
        return tuple(self.cycle(lane) for lane in range(self.lanes))

    @property
    def latency(self) -> int:
        """Cycles from the first lanes' elements to the sum of a cascade."""
        return self.longest + 1

    @property
    def levels(self) -> int:
        """Levels of the adders behind the cascades."""
        return tree_levels(len(self.chains) + (self.digit.carries and not self.counted))

    def bounds(self, chain: tuple[int, ...], lsb: int) -> Range:
        """What a cascade adds up, in units of ``2**lsb``."""
        held, bits = self.digit.row.times(self.count), self.digit.bits.times(len(chain))
        found = held if self.held else bits
        return Range(lsb, found.low, found.high)

    def tiles(self, shape: tuple[int, int]) -> int:
        """Tiles that cover so many rows and columns."""
        rows, cols = self.tile
        return ceil(shape[0] / rows) * ceil(shape[1] / cols)


def addings(
    kind: Kind, digit: Digit, lanes: int, count: int, shape: tuple[int, int]
) -> list[Adding]:
    """All ways to add rows of these bounds; blocks may hold sums over K of ``count`` if not 0."""
    found = []
    for parts in (4, 2):
        size = kind.geometry.sum // parts
        rows, cols = (range(1, min(many, parts) + 1) for many in shape)
        tiles = [tile for tile in product(rows, cols) if tile[0] * tile[1] <= parts]
        always = kind.geometry.holds == "always"
        alone = kind.geometry.holds == "alone" and lanes + digit.carries <= 2
        if count and (always or alone) and digit.row.times(count).width <= size:
            most = lanes + digit.carries
            found += [Adding(kind, tile, parts, lanes, most, digit, count) for tile in tiles]
        most = lanes
        while most and digit.bits.times(most).width > size:
            most -= 1
        if most > 1 and most < lanes:
            most -= most % 2
        if most:
            found += [Adding(kind, tile, parts, lanes, most, digit, 0) for tile in tiles]
    return found
