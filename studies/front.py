"""Which of several choices nothing beats."""

from __future__ import annotations

from collections.abc import Sequence


def front(points: Sequence[tuple[float, float] | None]) -> list[bool]:
    """Which (cost, gain) no other is as cheap as and better, or cheaper and as good as; None, for
    what is not known, never."""

    def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
        return one[0] <= other[0] and one[1] >= other[1] and one != other

    known = [point for point in points if point is not None]
    return [
        point is not None and not any(beats(other, point) for other in known) for point in points
    ]
