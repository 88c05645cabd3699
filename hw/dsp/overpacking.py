"""Products whose fields overlap: what a block holds of them, and how they are read.

The rule is that of :class:`macsmith.golden.products.Overpacked`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from amaranth.hdl import Cat, Const, Value

from ...golden.bounds import Range
from ...golden.products import Overpacked
from ...golden.products.overpacked import SPACING
from .packing import Field, Geometry, Packing, fits

#: Bits of a result.
BITS = 8


@dataclass(frozen=True)
class Overpacking(Packing):
    """Two weights and three activations, their products ``SPACING`` bits apart.

    ``results`` are the bounds of what is read, ``corrected`` tells whether borrows are returned.
    """

    results: Range = Range(0, 0, 0)
    corrected: bool = False

    @classmethod
    def of(
        cls, rule: Overpacked, elements: tuple[Range, Range], results: Range, geometry: Geometry
    ) -> Overpacking | None:
        """None if the block cannot multiply the factors."""
        rows, cols = rule.shares
        wide = tuple(SPACING * cols * row for row in range(rows))
        narrow = tuple(SPACING * col for col in range(cols))
        if not fits(elements[0], wide, geometry.wide):
            return None
        if not fits(elements[1], narrow, geometry.narrow):
            return None
        return cls(elements, wide, narrow, False, geometry, results, rule.corrected)

    @property
    def product(self) -> Range:
        return self.results

    def bias(self, terms: int, field: Field) -> int:
        return 0

    def excess(self, terms: int, field: Field) -> int:
        return 0

    @cached_property
    def tops(self) -> int:
        """Bits in which a result overlaps with the one above."""
        return BITS - SPACING


def read(packing: Overpacking, total: Value, low: Sequence[list[Value]]) -> list[Value]:
    """The six results, those of the first weight first; without what ``corrected`` adds.

    ``low`` are the lowest bits of the weights and of the activations that ``total`` is of.
    """
    found = []
    above = [_low(w, a) for w, a in product(*low)][1:]
    for number in range(packing.products):
        bits = total[SPACING * number : SPACING * number + BITS]
        if number < len(above):
            bits = Cat(bits[:SPACING], (bits[SPACING:] - above[number])[: packing.tops])
        found.append(bits.as_signed() if packing.results.low else bits)
    return found


def _low(weight: Value, activation: Value) -> Value:
    """The lowest two bits of a product."""
    crossed = (weight[0] & activation[1]) ^ (weight[1] & activation[0])
    return Cat(weight[0] & activation[0], crossed)


def borrows(packing: Overpacking, results: list[Value]) -> list[Value | None]:
    """The borrow to return to each result; None for all unless borrows are returned."""
    signed = packing.results.low < 0
    if not packing.corrected or not signed:
        return [None] * len(results)
    return [None, *(result[-1] for result in results[:-1])]


def low_bits(packing: Overpacking, side: int, word: Value) -> list[Value]:
    """The lowest bits of the elements in a port's word, see :func:`.words.word`."""
    offsets = (packing.wide, packing.narrow)[side]
    if side == 0 and packing.geometry.subtracts:
        size = packing.elements[side].width
        return [word[size * n : size * n + packing.tops] for n in range(len(offsets))]
    # In a number, a negative element borrows from the one above it.
    found = []
    for offset in offsets:
        bits = word[offset : offset + packing.tops]
        borrowed = offset and packing.elements[side].low < 0
        found.append((bits + (word[offset - 1] if borrowed else Const(0, 1)))[: packing.tops])
    return found
