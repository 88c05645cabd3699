"""Elements whose exact sum is rounded where it is easily wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.formats import Format, Integer, Kind, Minifloat
from .codes import Generator
from .making import Codes, Maker

Array = npt.NDArray[Any]

#: Places below the last that is kept, at most; and at least for a sum that is next to a tie.
_LOST, _FAR = 12, 7


def can_aim(make: Maker) -> bool:
    """Whether sums are of plain products alone, so that elements can be chosen for a sum."""
    plain = all(
        len(side.planes) == 1 and side.select is None and side.structure is None
        for side in make.operands
    )
    grouped = any(level.when != "end" for side in make.operands for level in side.levels)
    return plain and not grouped and make.arithmetic.product == "exact"


def steps_to_round(make: Maker, fmt: Format) -> int:
    """The steps after which sums can have two bits more than ``fmt`` keeps; 0 if none can."""
    return steps_to_reach(make, _places(fmt) + 2)


def steps_to_reach(make: Maker, bits: int) -> int:
    """The steps after which sums can have so many bits; 0 if none can."""
    a, w = (extreme(side.planes[0].element, -1)[1] for side in make.operands)
    # Three of four activations are the greatest.
    steps = -(-(1 << bits + 1) // (3 * a * w * make.step)) + 1
    return steps if steps * make.step <= make.arithmetic.k_max else 0


class PlainSums:
    """Sums of plain products over ``k`` elements that are chosen: activations are the greatest, and
    for the rest of a sum the least; weights are chosen one by one.

    Parameters
    ----------
    most : about the greatest sum, in units of the least product.
    grain : what sums differ by, at the least: 2 where all weights are odd.
    """

    def __init__(self, make: Maker, k: int):
        elements = [side.planes[0].element for side in make.operands]
        least, greatest = (extreme(elements[1], end) for end in (0, -1))
        many = -(-3 * k // 4)
        self.rng, self.lsb = make.rng, sum(element.lsb for element in elements)
        self._factors = [least[1]] * (k - many) + [greatest[1]] * many
        self._row = [least[0]] * (k - many) + [greatest[0]] * many
        sizes, self._codes = positive(elements[0])
        # Without a zero, all weights are the least at first.
        self._base = 0 if elements[0].has_zero else int(sizes[0])
        self._zero = elements[0].encode(0.0) if elements[0].has_zero else self._codes[0]
        self._sizes = sizes - self._base
        self.most = k * greatest[1] * int(sizes[-1])
        self.grain = gcd(*self._sizes.tolist())

    def codes(self, chosen: Callable[[], int]) -> tuple[Codes, Codes]:
        """Codes of weights and activations: every row's sum is ``chosen()``, if K is long enough
        for it."""

        def weights(name: str, target: Format, shape: tuple[int, int]) -> Array:
            found = np.full(shape, self._zero)
            for row in found:
                rest = chosen() - self._base * sum(self._factors)
                for place in range(len(row) - 1, -1, -1):
                    size = max(rest, 0) // self._factors[place]
                    index = int(np.searchsorted(self._sizes, size, "right")) - 1
                    if index >= 0 and rest > 0:
                        row[place] = self._codes[index]
                        rest -= int(self._sizes[index]) * self._factors[place]
            return found.astype(target.dtype)

        def activations(name: str, target: Format, shape: tuple[int, int]) -> Array:
            return np.tile(np.asarray(self._row), (shape[0], 1)).astype(target.dtype)

        return weights, activations


def aimed_sums(make: Maker, fmt: Format, k: int, names: Sequence[str] = ()) -> tuple[Codes, Codes]:
    """Codes of weights and activations: every row's sum is a tie in ``fmt``, or next to one; of the
    classes ``names``, if there are any. Where K is too short for the sum, it is another."""
    sums, rng = PlainSums(make, k), make.rng

    def chosen() -> int:
        name = str(rng.choice(names)) if names else ""
        return _sum(fmt, sums.most, sums.lsb, rng, name)

    return sums.codes(chosen)


#: Classes of a float that a sum can be chosen for: how far from a tie, and the last place kept.
NAMES = {
    "tie to even below": (0, 0),
    "tie to even above": (0, 1),
    "just below a tie": (-1, None),
    "just above a tie": (1, None),
    "carry": (0, 1),
}


def _sum(fmt: Format, most: int, lsb: int, rng: Generator, name: str) -> int:
    """An integer in units of ``2**lsb``: a tie in ``fmt``, next to one, or just held; ``name`` is
    one of NAMES, or empty.

    For an integer format also one of its ends, or the first beyond.
    """
    beside, last = int(rng.choice([-1, 0, 1], p=[0.3, 0.4, 0.3])), None
    if name:
        beside, last = NAMES[name]
    if isinstance(fmt, Integer):
        below = max(fmt.lsb - lsb, 0)
        if rng.random() < 0.5:
            return (fmt.high + beside) << below
        return (int(rng.integers(0, fmt.high)) << below) + (1 << below >> 1) + beside
    places = _places(fmt)
    room = max(most.bit_length() - places - 1, 1)
    most_lost = min(room, _LOST)
    least_lost = min(most_lost, _FAR if beside else 1)
    lost = int(rng.integers(least_lost, most_lost, endpoint=True))
    kept = int(rng.integers(1 << places - 1, 1 << places))
    if last is not None:
        kept = (kept & ~1) | last
    if not name and rng.random() < 0.2:
        return kept | 1
    if name == "carry" or (not name and rng.random() < 0.3):
        kept = (1 << places) - 1  # rounding up carries
    return (kept << lost) + (1 << lost - 1) + beside


def _places(fmt: Format) -> int:
    return fmt.mantissa_width + 1 if isinstance(fmt, Minifloat) else fmt.bits - 1


@cache
def positive(fmt: Format) -> tuple[Array, Array]:
    """The positive values in units of ``2**lsb``, ascending, and their codes.

    Those of wide exponents are integers of Python: they have hundreds of bits.
    """
    codes = np.asarray(fmt.legal)
    codes = codes[fmt.fields(codes).kind == Kind.FINITE]
    values = np.asarray(fmt.integers(codes))
    order = np.argsort(values, kind="stable")
    order = order[values[order] > 0]
    return values[order], codes[order]


def extreme(fmt: Format, end: int) -> tuple[int, int]:
    """The code and the integer of the least or greatest positive value."""
    values, codes = positive(fmt)
    return int(codes[end]), int(values[end])
