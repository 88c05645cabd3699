"""Numbers with exponents in a multiplier: the wide factor stands at one of several places.

A float as a fixed-point number is soon wider than the narrow port. But its significand is narrow,
and stands at a place that its exponent says. What the narrow port cannot reach of that, the wide
factor moves: it stands at one of a few places, so that no product is shifted behind the block. Of
two places the block chooses by itself, for it has two wide ports; at more the factor's bits are
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
    """One product a block, of numbers in units of their formats' last places.

    Parameters
    ----------
    places : how far up the wide factor may stand, from 0 on.
    """

    places: tuple[int, ...] = (0,)

    @classmethod
    def of(
        cls, formats: tuple[Format, Format], swapped: bool, geometry: Geometry
    ) -> Placing | None:
        """None if the block cannot multiply numbers of these formats, the wide one first."""
        wide, narrow = (Range(0, fmt.low, fmt.high) for fmt in formats)
        for places in placements(formats[1], geometry.narrow):
            moves = len(places) == 1 or geometry.chooses
            if moves and fits(wide, places[-1:], geometry.wide):
                return cls((wide, narrow), (0,), (0,), swapped, geometry, places)
        return None

    @property
    def chosen(self) -> bool:
        """Whether the block chooses between two places."""
        return len(self.places) == 2

    @property
    def marks(self) -> int:
        """Bits that say the place: of two whether it is the upper one, of more a bit for each."""
        return len(self.places) if len(self.places) > 2 else len(self.places) - 1


def placements(fmt: Format, bits: int) -> Iterator[tuple[int, ...]]:
    """The places by which a signed port of so many bits reaches a format's numbers, best first.

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
