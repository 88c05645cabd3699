"""Codes whose bits have a weight each: what ``table`` and ``bit_plane`` take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ...golden.formats import Format


@dataclass(frozen=True)
class Planes:
    """``constant`` plus, for every bit that is set, its weight, a power of two with a sign.

    Parameters
    ----------
    weights : of the bits, the lowest first.
    constant : the value of code 0, in units of the format's last place.
    """

    weights: tuple[int, ...]
    constant: int

    @property
    def signs(self) -> bool:
        """Whether a bit stands for plus or minus half its weight, a whole number."""
        halves = all(weight % 2 == 0 for weight in self.weights)
        return halves and 2 * self.constant == -sum(self.weights)

    def value(self, code: int) -> int:
        return self.constant + sum(w for bit, w in enumerate(self.weights) if code >> bit & 1)


@cache
def planes(fmt: Format) -> Planes | None:
    """The weights of a format's bits; None if its values are no such sums, or some are special."""
    if not 0 < fmt.bits <= 16 or fmt.select_width or fmt.has_nan or fmt.has_inf:
        return None
    legal = fmt.legal.tolist()
    values = dict(zip(legal, fmt.integers(legal).tolist(), strict=True))
    weights = []
    for bit in range(fmt.bits):
        # Of codes that differ in this bit alone.
        steps = {values[code ^ 1 << bit] - values[code] for code in legal
                 if not code >> bit & 1 and code ^ 1 << bit in values}  # fmt: skip
        if len(steps) != 1 or abs(step := steps.pop()).bit_count() != 1:
            return None
        weights.append(step)
    code = legal[0]
    constant = values[code] - Planes(tuple(weights), 0).value(code)
    found = Planes(tuple(weights), constant)
    return found if all(found.value(code) == value for code, value in values.items()) else None
