"""The sums that an array forms: which products meet in one accumulator, and how wide they are."""

from __future__ import annotations

from dataclasses import dataclass

from ...golden.bounds import Range
from ...golden.description import Arithmetic, Stage
from ...golden.flags import Reachable
from ...golden.formats import Format
from ...golden.products import RULES


@dataclass(frozen=True)
class Pair:
    """A product: planes ``weight`` and ``activation``, entering the sum with ``sign``.

    ``rule`` names how they multiply.
    """

    weight: int
    activation: int
    sign: int
    formats: tuple[Format, Format]
    rule: str = "exact"

    @property
    def planes(self) -> tuple[int, int]:
        return self.weight, self.activation

    @property
    def product(self) -> Range:
        """Bounds of the product of two elements, without the sign."""
        return RULES[self.rule].range(*self.formats)

    @property
    def flags(self) -> Reachable:
        return Reachable.of(*self.formats)

    @property
    def signed(self) -> Range:
        """Bounds of the product with its sign."""
        return -self.product if self.sign < 0 else self.product


@dataclass(frozen=True)
class Sum:
    """Sum over a group of all products of ``pairs``.

    A constant weight makes it the same for all rows, a constant activation for all columns: it is
    then computed once.

    Parameters
    ----------
    pairs : the products.
    lanes : elements a step.
    count : elements of the longest group.
    initial : bounds of what it starts from, or None.
    stage : the rule by which the products are added.
    """

    pairs: tuple[Pair, ...]
    lanes: int
    count: int
    initial: Range | None = None
    stage: Stage = Stage()

    @property
    def per_row(self) -> bool:
        return any(pair.formats[0].bits for pair in self.pairs)

    @property
    def per_col(self) -> bool:
        return any(pair.formats[1].bits for pair in self.pairs)

    def planes(self, side: int) -> tuple[int, ...]:
        """The planes of an operand that the sum reads, without constants."""
        chosen = {
            (pair.activation if side else pair.weight)
            for pair in self.pairs
            if pair.formats[side].bits
        }
        return tuple(sorted(chosen))

    @property
    def aligned(self) -> bool:
        """Whether the sum is a float, whose products are aligned and truncated."""
        return self.stage.rule == "aligned"

    @property
    def flags(self) -> Reachable:
        """The flags beside the value; a float says itself what is special."""
        found = Reachable(False, False)
        for pair in self.pairs if not self.aligned else ():
            found = found | pair.flags
        return found

    @property
    def plain(self) -> bool:
        """Whether a single dot product is the step's sum."""
        return len(self.pairs) == 1 and self.pairs[0].sign > 0

    @property
    def element(self) -> Range:
        """Bounds of what one element adds: the products of all pairs."""
        total = self.pairs[0].signed
        for pair in self.pairs[1:]:
            total = total + pair.signed
        return total

    @property
    def step(self) -> Range:
        """Bounds of what one step adds."""
        return self.element.times(self.lanes)

    @property
    def total(self) -> Range:
        """Bounds of the accumulator; of its codes if it is a float."""
        if self.aligned and self.stage.format is not None:
            return Range(0, 0, (1 << self.stage.format.bits) - 1)
        total = self.element.times(self.count)
        if self.initial is not None:
            total = total + self.initial
        if self.stage.rule == "int" and self.stage.format is not None:
            return Range(total.lsb, self.stage.format.low, self.stage.format.high)
        return total

    def instances(self, rows: int, cols: int) -> int:
        """How many such sums an array has."""
        return (rows if self.per_row else 1) * (cols if self.per_col else 1)

    def index(self, row: int, col: int, cols: int) -> int:
        """Which of them belongs to a row and column."""
        if self.per_row and self.per_col:
            return row * cols + col
        return row if self.per_row else col if self.per_col else 0


def split(
    arithmetic: Arithmetic,
    pairs: tuple[tuple[int, int, int], ...],
    lanes: int,
    count: int,
    stage: Stage,
) -> list[Sum]:
    """The sums into which a part's pairs fall: by what they are the same for."""
    found: dict[tuple[bool, bool], list[Pair]] = {}
    for i, j, sign in pairs:
        formats = arithmetic.weight.planes[i].element, arithmetic.activation.planes[j].element
        key = formats[0].bits > 0, formats[1].bits > 0
        found.setdefault(key, []).append(Pair(i, j, sign, formats, arithmetic.product))
    return [Sum(tuple(members), lanes, count, None, stage) for members in found.values()]
