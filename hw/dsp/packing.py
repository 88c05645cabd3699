"""How several products share one multiplier: which elements stand where, and what the sum holds.

Elements of one side stand side by side in the wide port, those of the other in the narrow one; all
products of the two then appear in the multiplier's output, each in a field of its own. Fields add
up side by side as long as no sum leaves its field. To that end every field starts from a bias that
keeps it from becoming negative: fields then never borrow from the one above, and are read as they
stand. A block that only multiplies adds no bias: there a negative field borrows one from the field
above, which its highest bit gives back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product

from ...golden.bounds import Range

#: Elements of a port at most.
MOST = 6


@dataclass(frozen=True)
class Geometry:
    """The multiplier of a block, and what stands about it.

    Parameters
    ----------
    wide, narrow : bits of its factors, two's complement.
    sum : bits of what leaves.
    subtracts : whether it makes the wide factor of the difference of two numbers.
    adds : whether it adds constants.
    cascades : whether it adds what the block below leaves.
    holds : whether it adds to its own sum: ``always``, ``alone`` where it adds nothing of a block
        below, or ``never``.
    swaps : whether factors can stay in it while the next are loaded.
    chooses : whether it takes its wide factor from one of two ports, as a bit says every cycle.
    """

    wide: int
    narrow: int
    sum: int
    subtracts: bool = True
    adds: bool = True
    cascades: bool = True
    holds: str = "always"
    swaps: bool = True
    chooses: bool = True


#: What a multiplier lacks that is no more than that.
PLAIN = ("subtracts", "adds", "cascades", "swaps", "chooses")


@dataclass(frozen=True)
class Field:
    """Where the sum of one product is.

    Parameters
    ----------
    wide, narrow : which elements of the ports it multiplies.
    offset : its lowest bit.
    room : bits until the next field, or the sum's end.
    """

    wide: int
    narrow: int
    offset: int
    room: int


@dataclass(frozen=True)
class Packing:
    """Products of every element of the wide port with every one of the narrow port.

    Parameters
    ----------
    elements : bounds of the elements of the wide port, and of the narrow one.
    wide, narrow : the offset of each element, in bits.
    swapped : whether activations are in the wide port.
    geometry : of the block.
    """

    elements: tuple[Range, Range]
    wide: tuple[int, ...]
    narrow: tuple[int, ...]
    swapped: bool
    geometry: Geometry

    @property
    def marks(self) -> int:
        """Bits that say where the wide factor stands, where it moves."""
        return 0

    @property
    def chosen(self) -> bool:
        """Whether a block chooses between two shifts of it."""
        return False

    @property
    def products(self) -> int:
        """Products a block."""
        return len(self.wide) * len(self.narrow)

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and columns that share a block."""
        sides = len(self.wide), len(self.narrow)
        return sides[::-1] if self.swapped else sides

    @property
    def product(self) -> Range:
        return self.elements[0] * self.elements[1]

    @property
    def fields(self) -> tuple[Field, ...]:
        """From the lowest to the highest."""
        found = sorted((x + y, i, j) for i, x in enumerate(self.wide)
                       for j, y in enumerate(self.narrow))  # fmt: skip
        ends = [offset for offset, _, _ in found[1:]] + [self.geometry.sum]
        return tuple(
            Field(i, j, offset, end - offset)
            for (offset, i, j), end in zip(found, ends, strict=True)
        )

    @property
    def terms(self) -> int:
        """Products of which a field holds the sum, at most; 0 if it does not hold one.

        As many as leave the bias half of what the field holds, or one less: see :meth:`excess`.
        """
        one, room = self.total(1), min(field.room for field in self.fields)
        if room < 1:
            return 0
        if not one.low:
            return ((1 << room) - 1) // max(one.high, 1)
        half = 1 << room - 1
        if not self.geometry.adds:
            borrowed = self.products > 1
            return min((half - borrowed) // -one.low, (half - 1) // max(one.high, 1))
        found = half // max(one.high, -one.low)
        return found - (one.high * found == half == -one.low * found)

    def total(self, terms: int) -> Range:
        """Bounds of the sum of at most so many products."""
        total = self.product.times(terms)
        return Range(total.lsb, min(total.low, 0), max(total.high, 0))

    def short(self, terms: int, field: Field) -> Range:
        """Bounds of the field's sum, short of what the field below has borrowed."""
        total = self.total(terms)
        return Range(total.lsb, total.low - self.lends(field), total.high)

    def lends(self, field: Field) -> bool:
        """Whether the field below borrows from it where that is negative."""
        return not self.geometry.adds and field.offset > 0 and self.total(1).low < 0

    def bits(self, terms: int, field: Field) -> int:
        """Bits that a field's sum of ``terms`` products and its bias take."""
        return min(self.short(terms, field).width, field.room)

    def bias(self, terms: int, field: Field) -> int:
        """What a field starts from: half of what its bits hold, or close to it.

        A number less half of what its bits hold is that number with the highest bit inverted.
        """
        if not self.geometry.adds:
            return 0
        total, bits = self.total(terms), self.bits(terms, field)
        least, most = -total.low, (1 << bits) - 1 - total.high
        if least > most:
            raise ValueError(f"{terms} products leave a field of {bits} bits")
        return min(1 << bits - 1, most) if total.low else 0

    def excess(self, terms: int, field: Field) -> int:
        """What a field with its highest bit inverted is short by: 0, or 1 where it is full."""
        if not self.geometry.adds:
            return 0
        half = 1 << self.bits(terms, field) - 1
        return half - self.bias(terms, field) if self.total(terms).low else 0

    def start(self, terms: int) -> int:
        """The biases of all fields."""
        return sum(self.bias(terms, field) << field.offset for field in self.fields)

    def word(self, side: int, elements: list[int]) -> int:
        """The number in a port (0: wide) for these elements."""
        offsets = (self.wide, self.narrow)[side]
        return sum(element << offset for element, offset in zip(elements, offsets, strict=True))

    def read(self, total: int, terms: int) -> dict[tuple[int, int], int]:
        """The sums of all fields, by the elements that they multiply."""
        found = {}
        for field in self.fields:
            bits = self.bits(terms, field)
            value = (total >> field.offset & (1 << bits) - 1) - self.bias(terms, field)
            if not self.geometry.adds and self.total(1).low < 0:
                value -= (value >> bits - 1) << bits
                value += self.lends(field) and total >> field.offset - 1 & 1
            found[field.wide, field.narrow] = value
        return found


def packings(
    weight: Range, activation: Range, geometry: Geometry, tile: tuple[int, int]
) -> Iterator[Packing]:
    """Packings whose fields hold one product at least, of up to ``tile`` rows and columns.

    Of those that differ only in their offsets, the one whose fields have most room.
    """
    for swapped in (False, True):
        elements = (activation, weight) if swapped else (weight, activation)
        most = tile[::-1] if swapped else tile
        for wide, narrow in product(range(1, min(most[0], MOST) + 1),
                                    range(1, min(most[1], MOST) + 1)):  # fmt: skip
            found = _roomiest(elements, (wide, narrow), swapped, geometry)
            if found is not None:
                yield found


def _roomiest(
    elements: tuple[Range, Range], count: tuple[int, int], swapped: bool, geometry: Geometry
) -> Packing | None:
    """Fields at equal distances, as far from each other as the ports allow."""
    best: Packing | None = None
    for room in range(geometry.sum, 0, -1):
        for outer in range(2):
            steps = [room, room * count[0]] if outer else [room * count[1], room]
            wide, narrow = (
                tuple(step * n for n in range(many))
                for step, many in zip(steps, count, strict=True)
            )
            found = Packing(elements, wide, narrow, swapped, geometry)
            within = fits(elements[0], wide, geometry.wide)
            within = within and fits(elements[1], narrow, geometry.narrow)
            if within and found.terms and (best is None or found.terms > best.terms):
                best = found
        if best is not None:
            return best
    return None


def fits(element: Range, offsets: tuple[int, ...], bits: int) -> bool:
    """Whether elements do not overlap at these offsets, and are a number of so many bits."""
    if any(above - offset < element.width for offset, above in pairwise(offsets)):
        return False
    low, high = (sum(end << offset for offset in offsets) for end in (element.low, element.high))
    return -(1 << bits - 1) <= low and high < 1 << bits - 1
