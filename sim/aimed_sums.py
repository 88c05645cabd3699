"""Elements whose exact sum is rounded where it is easily wrong."""

from __future__ import annotations

from functools import cache
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
    a, w = (extreme(side.planes[0].element, -1)[1] for side in make.operands)
    steps = -(-(1 << _places(fmt) + 1) // (a * w * make.step)) + 1
    return steps if steps * make.step <= make.arithmetic.k_max else 0


def aimed_sums(make: Maker, fmt: Format, k: int) -> tuple[Codes, Codes]:
    """Codes of weights and activations: every row's sum is a tie in ``fmt``, or next to one.

    Activations are the greatest, and for the rest of a sum the least; weights are chosen one by
    one. Where K is too short for the sum, it is another.
    """
    rng = make.rng
    elements = [side.planes[0].element for side in make.operands]
    least, greatest = (extreme(elements[1], end) for end in (0, -1))
    many = -(-3 * k // 4)
    factors = [least[1]] * (k - many) + [greatest[1]] * many
    sizes, codes = positive(elements[0])
    most = k * greatest[1] * int(sizes[-1])

    def weights(name: str, target: Format, shape: tuple[int, int]) -> Array:
        found = np.full(shape, target.encode(0.0) if target.has_zero else codes[0])
        for row in found:
            rest = _sum(fmt, most, sum(element.lsb for element in elements), rng)
            for place in range(k - 1, -1, -1):
                index = int(np.searchsorted(sizes, rest // factors[place], "right")) - 1
                if index >= 0:
                    row[place] = codes[index]
                    rest -= int(sizes[index]) * factors[place]
        return found.astype(target.dtype)

    def activations(name: str, target: Format, shape: tuple[int, int]) -> Array:
        row = [least[0]] * (k - many) + [greatest[0]] * many
        return np.tile(np.asarray(row), (shape[0], 1)).astype(target.dtype)

    return weights, activations


def _sum(fmt: Format, most: int, lsb: int, rng: Generator) -> int:
    """An integer in units of ``2**lsb``: a tie in ``fmt``, next to one, or just held.

    For an integer format also one of its ends, or the first beyond.
    """
    beside = int(rng.choice([-1, 0, 1], p=[0.3, 0.4, 0.3]))
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
    if rng.random() < 0.2:
        return kept | 1
    if rng.random() < 0.3:
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
