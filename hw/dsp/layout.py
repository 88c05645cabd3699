"""How the sums of a tile lie on blocks: which packing, and how long the cascades are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import ceil
from typing import NamedTuple

from ...golden.bounds import Range
from ...golden.description.build import BLOCK_WORTH
from ..arith.rows import LONGEST
from ..arith.tree import tree_levels
from .kinds import Kind
from .packing import Packing, packings

#: Tiles that may read an operand straight from its port: each has a sign on half a block's pins.
STRAIGHT = 8

#: How much more sites are worth where an adder's carry runs further than it should.
LONG = 1.5


class Side(NamedTuple):
    """Elements: bounds of their numbers, bits of their codes; LUTs and flip-flops that making a
    number takes beside those of its code."""

    bounds: Range
    bits: int
    cost: float = 0
    registers: float = 0


@dataclass(frozen=True)
class Layout:
    """The sums of a tile of rows and columns on blocks, a block for each lane.

    Parameters
    ----------
    kind : the blocks.
    packing : what a block multiplies.
    lanes : blocks.
    chain : blocks of a cascade, at most.
    count : products of a sum over K, where blocks hold these sums; 0 where every step is read.
    stays : whether weights stay in the blocks until others are swapped in.
    """

    kind: Kind
    packing: Packing
    lanes: int
    chain: int
    count: int
    stays: bool = False

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and columns whose sums these are."""
        return self.packing.tile

    @property
    def held(self) -> bool:
        """Whether blocks accumulate."""
        return self.count > 0

    @property
    def chains(self) -> tuple[tuple[int, ...], ...]:
        """The lanes of each cascade, the lowest block first."""
        return tuple(
            tuple(range(start, min(start + self.chain, self.lanes)))
            for start in range(0, self.lanes, self.chain)
        )

    def cycle(self, lane: int) -> int:
        """The cycle in which a lane's factors enter its block; all cascades end together."""
        [chain] = [chain for chain in self.chains if lane in chain]
        return self.longest - len(chain) + chain.index(lane)

    @property
    def delays(self) -> tuple[int, ...]:
        """Cycles that each lane's factors wait outside: a block's registers are one of them.

        Weights that stay do not wait.
        """
        return tuple(max(self.cycle(lane) - 1, 0) for lane in range(self.lanes))

    @property
    def port(self) -> int | None:
        """The port of weights that stay."""
        return int(self.packing.swapped) if self.stays else None

    @property
    def longest(self) -> int:
        """Blocks of the longest cascade."""
        return min(self.chain, self.lanes)

    @property
    def latency(self) -> int:
        """Cycles from the first lanes' factors to the sum of a cascade."""
        return self.longest + 2

    @property
    def levels(self) -> int:
        """Levels of the adders behind the cascades."""
        return tree_levels(len(self.chains))

    def terms(self, chain: tuple[int, ...]) -> int:
        """Products of which a cascade's fields hold the sum, at most."""
        return len(chain) * (-(-self.count // self.lanes) if self.held else 1)

    def bounds(self, chain: tuple[int, ...]) -> Range:
        """What a cascade adds up."""
        return self.packing.total(self.terms(chain))

    @property
    def excess(self) -> int:
        """What is left to add to the sum of all cascades, if each adder's carry adds one."""
        full = [chain for chain in self.chains for field in self.packing.fields[:1]
                if self.packing.excess(self.terms(chain), field)]  # fmt: skip
        return max(len(full) - len(self.chains) + 1, 0)

    def across(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Tiles that cover so many rows, and so many columns."""
        rows, cols = self.packing.tile
        return ceil(shape[0] / rows), ceil(shape[1] / cols)

    def tiles(self, shape: tuple[int, int]) -> int:
        """Tiles that cover so many rows and columns."""
        rows, cols = self.across(shape)
        return rows * cols

    def straight(self, shape: tuple[int, int]) -> bool:
        """Whether blocks may read operands of so many rows and columns from the ports: their own
        registers then take the place of those at the edge of the array."""
        return not self.stays and max(self.across(shape)) <= STRAIGHT

    def sites(
        self, sides: tuple[Side, Side], shape: tuple[int, int], total: int, opened: bool = False
    ) -> float:
        """About how many LUT sites a tile takes in an array of ``shape`` rows and columns.

        ``total`` is the width of a sum over K; ``opened`` is whether nothing else wants registers
        at the edge of the array.
        """
        made = registers = 0.0
        edge = 0 if opened and self.straight(shape) else self.lanes
        waits = edge + sum(self.delays)
        turns = 0 if self.stays else waits, waits
        others = zip(sides, self.packing.tile, shape[::-1], self.packing.tile[::-1], strict=True)
        for turn, (side, many, across, wide) in zip(turns, others, strict=True):
            sharing = max(across / wide, 1)  # tiles that read what is made of these elements
            made += self.lanes * side.cost * many / sharing
            registers += (turn * side.bits + edge * side.registers) * many / sharing
        width = max(self.bounds(chain).width for chain in self.chains)
        adders = (len(self.chains) - 1) * (width + 2)
        sums = total * self.excess if self.held or self.stays else total
        adding = self.packing.products * (adders + sums)
        return max(made + adding, (registers + adding) / 2)


@cache
def laid(
    sides: tuple[Side, Side],
    kind: Kind,
    shape: tuple[int, int],
    lanes: int,
    count: int,
    stays: bool = False,
    opened: bool = False,
    worth: int = BLOCK_WORTH,
) -> Layout | None:
    """The layout of least worth in all; None if the block cannot multiply the elements.

    Parameters
    ----------
    sides : the weights' elements, and the activations'.
    shape : rows and columns that there are.
    count : products of a sum over K; 0 if every step's sum is wanted.
    stays : whether weights stay in the blocks; every step's sum is then wanted.
    opened : as of :meth:`Layout.sites`.
    worth : LUT sites that a block is worth.
    """
    weight, activation = (side.bounds for side in sides)
    total = (weight * activation).times(max(count, lanes)).width

    def all_in_all(layout: Layout) -> tuple[float, int]:
        sites = layout.sites(sides, shape, total, opened) + worth * lanes
        return sites * layout.tiles(shape), layout.chain

    found = _layouts(kind, packings(weight, activation, kind.geometry, shape), lanes, count, stays)
    return min(found, key=all_in_all, default=None)


@cache
def cascaded(
    sides: tuple[Side, Side],
    kind: Kind,
    found: tuple[Packing, ...],
    shape: tuple[int, int],
    lanes: int,
    total: int,
) -> Layout | None:
    """Of single products, every step's sum read: the cascades of least worth; None if none fit.

    ``total`` is the width of a sum over K.
    """

    def worth(layout: Layout) -> float:
        wide = layout.levels and layout.bounds(layout.chains[0]).width > LONGEST
        return layout.sites(sides, shape, total) * (LONG if wide else 1)

    chains = range(1, lanes + 1 if kind.geometry.cascades else 2)
    layouts = (Layout(kind, item, lanes, chain, 0) for item in found for chain in chains
               if chain <= item.terms)  # fmt: skip
    return min(layouts, key=worth, default=None)


def _layouts(
    kind: Kind, found: Iterable[Packing], lanes: int, count: int, stays: bool
) -> Iterator[Layout]:
    """All ways to lay out sums whose fields hold them."""
    for packing, chain in product(found, range(1, lanes + 1)):
        block = kind.geometry
        if (chain > 1 and not block.cascades) or (stays and not block.swaps):
            continue
        holds = block.holds == "always" or (block.holds == "alone" and chain == 1)
        for held in (count, 0) if count and holds and not stays else (0,):
            layout = Layout(kind, packing, lanes, chain, held, stays)
            if all(layout.terms(chain) <= packing.terms for chain in layout.chains):
                yield layout
