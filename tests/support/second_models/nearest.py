"""Encoding by looking between which two neighbouring values a number lies.

The finite magnitudes of a float format ascend with their codes, so a place on this ladder is a code
without its sign. Comparisons with Python floats are exact; every rung and midpoint is one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction

from .elements import Element

OVERFLOW = None

#: Policies whose NaN has the code of -0.
ONE_ZERO = ("fnuz", "sf", "se")


class Ladder:
    """``rungs``: the magnitudes by code, and one more: what would follow the greatest."""

    def __init__(self, magnitudes: Sequence[Fraction], beyond: Fraction):
        every = [*magnitudes, beyond]
        middles = [(low + high) / 2 for low, high in zip(every, every[1:], strict=False)]
        self.rungs, self.middles = _floats(every), _floats(middles)

    def place(self, x: float, rounding: str, negative: bool = False) -> int | None:
        """The code without sign for x >= 0, infinity included, or OVERFLOW.

        ``negative``: x is the magnitude of a number below zero. A finite number that is rounded
        toward zero, or to odd, does not overflow (IEEE 754-2019, 7.4).
        """
        if rounding in ("up", "down"):
            rounding = "toward_zero" if (rounding == "up") == negative else "away"
        greatest = len(self.middles) - 1
        if rounding in ("toward_zero", "odd") and self.rungs[greatest] <= x < float("inf"):
            return greatest
        if rounding in ("toward_zero", "odd", "away"):
            below, above = bisect_right(self.rungs, x) - 1, bisect_left(self.rungs, x)
            toward = (
                below if rounding == "toward_zero" or below % 2 and rounding == "odd" else above
            )
            place = max(toward if below != above else below, 0)
        elif rounding == "nearest_away":
            place = bisect_right(self.middles, x)
        else:
            place = bisect_left(self.middles, x)
            if place < len(self.middles) and x == self.middles[place]:
                place += place & 1  # half-way between place and place + 1: the even code
        return OVERFLOW if place >= len(self.middles) else place


def _floats(values: Sequence[Fraction]) -> list[float]:
    found = [float(value) for value in values]
    assert all(f == value for f, value in zip(found, values, strict=True))
    return found


def ladder(item: Element) -> Ladder:
    """The ladder of a minifloat, or of E8M0."""
    if item.float is None:
        return Ladder([item.decode(code).fraction for code in range(255)], Fraction(2) ** 128)
    made = item.float
    return Ladder(
        [made.magnitude(c) for c in range(made.greatest + 1)], made.magnitude(made.greatest + 1)
    )


def code(item: Element, place: int | None, negative: bool, saturate: bool) -> int:
    """The code of a nonzero number that is rounded to ``place``, or of a zero at place 0.

    Overflow is judged after rounding, in every rounding mode. Unsaturated it gives infinity (ieee),
    else NaN with the number's sign; finite formats always saturate. Unsigned formats take what is
    below zero after rounding for an overflow below; E8M0, without zero, all that is negative.
    """
    made = item.float
    policy, greatest = (made.policy, made.greatest) if made else ("fn", 254)
    signed = made is not None and made.signed
    if negative and not signed and (place != 0 or made is None):
        return 0 if saturate else nan_code(item)
    sign = (negative and signed) << (item.bits - 1)
    if place is not OVERFLOW:
        return 0 if policy in ONE_ZERO and place == 0 else sign + place
    if saturate or policy == "finite":
        return sign + greatest
    return nan_code(item) if policy in ("fnuz", "sf") else sign + greatest + 1


def nan_code(item: Element) -> int:
    """The canonical NaN: positive, and quiet where there is a choice."""
    made = item.float
    if made is None:
        return 255
    if made.policy in ONE_ZERO:
        return 1 << (made.bits - 1)
    if made.policy in ("uf", "ue"):
        return (1 << made.bits) - 1
    if made.policy == "ieee":
        return made.greatest + 1 + max(1 << made.mantissa >> 1, 1)
    return made.greatest + 1
