"""Numbers with exponents in a multiplier: the wide factor has one of several shifts.

A float as a fixed-point number is soon wider than the narrow port. But its significand is narrow,
and is shifted by its exponent. What the narrow port cannot reach of that, the wide
factor takes over: it has one of a few shifts, so that no product is shifted behind the block. Of
two shifts the block chooses by itself, for it has two wide ports; of more, the factor's bits are
gated outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...golden.bounds import Range
from ...golden.formats import Format, Minifloat
from .packing import Geometry, Packing, fits


@dataclass(frozen=True)
class Placing(Packing):
    """One product a block, of numbers in units of their formats' last bits.

    Parameters
    ----------
    shifts : by which the wide factor may be shifted, from 0 on.
    """

    shifts: tuple[int, ...] = (0,)

    @classmethod
    def of(
        cls, formats: tuple[Format, Format], swapped: bool, geometry: Geometry
    ) -> Placing | None:
        """None if the block cannot multiply numbers of these formats, the wide one first."""
        wide, narrow = (Range(0, fmt.low, fmt.high) for fmt in formats)
        for shifts in placements(formats[1], geometry.narrow):
            moves = len(shifts) == 1 or geometry.chooses
            if moves and fits(wide, shifts[-1:], geometry.wide):
                return cls((wide, narrow), (0,), (0,), swapped, geometry, shifts)
        return None

    @property
    def chosen(self) -> bool:
        """Whether the block chooses between two shifts."""
        return len(self.shifts) == 2

    @property
    def marks(self) -> int:
        """Bits that say the shift: of two whether it is the greater one, of more a bit for each."""
        return len(self.shifts) if len(self.shifts) > 2 else len(self.shifts) - 1


def placements(fmt: Format, bits: int) -> Iterator[tuple[int, ...]]:
    """The shifts by which a signed port of so many bits reaches a format's numbers, best first.

    One if all fit; none for other formats than minifloats. Of two, first those for which the
    exponent says itself which it is: all of its bits below the highest are then reached.
    """
    if fits(Range(0, fmt.low, fmt.high), (0,), bits):
        yield (0,)
        return
    # A significand moved by so much at most stays in the port.
    reach, span = bits - 1 - fmt.significand_width, fmt.exponent_span
    if not isinstance(fmt, Minifloat) or reach < 0:
        return
    found = [n for n in range(1, reach + 2) if span - n <= reach]
    for shift in sorted(found, key=lambda n: (n & (n - 1) > 0 or span >= 2 * n, n)):
        yield 0, shift
    last = span - reach
    yield *range(0, last, reach + 1), last
