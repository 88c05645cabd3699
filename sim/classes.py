"""Classes of roundings that are easily wrong, and which of them a reduction meets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ..golden.formats import Format, Integer, Minifloat
from ..golden.watch import watched

Values = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
Found = TypeVar("Found")

#: A step of the golden model, a class of what it rounds, and which of the units that share a
#: step's work (0 where one does it all).
Class = tuple[str, str, int]

#: Steps that units share; the others come behind them.
SHARED = ("addend", "addition", "sum")

#: Beyond a tie, or short of it, by less than this part of a last place: low bits alone decide.
NEAR = 2.0**-6

#: As near as the product of two significands of 24 bits comes: its last bit alone decides.
NEAREST = 1.5 * 2.0**-24

CLASSES = (
    "exact",  # with bits in the low half of the places: nothing hides a wrong low bit
    "odd",  # exact, and the last place is set
    "tie to even below",
    "tie to even above",
    "just below a tie",
    "just above a tie",
    "least above a tie",  # which would go to the even number below
    "carry",  # rounding up reaches the next power of two
    "subnormal",
    "inexact subnormal",
    "subnormal tie",
    "underflow",  # to zero
    "least normal",  # reached by rounding up
    "greatest",
    "overflow",
    "least overflow",  # by rounding alone
    "zero",
)


def met(step: str, fmt: Format, exact: Values) -> dict[str, Marks]:
    """For each class, which of the values that are rounded to ``fmt`` belong to it."""
    with np.errstate(invalid="ignore", over="ignore"):
        return _met(fmt, np.asarray(exact, np.float64))


def _met(fmt: Format, exact: Values) -> dict[str, Marks]:
    number = np.where(np.isnan(exact), 0.0, exact)
    near = fmt.decode(fmt.encode(number, saturate=not fmt.has_nan))
    live = np.isfinite(exact) & (exact != 0)
    ends = float(fmt.minimum), float(fmt.maximum)
    beyond = live & (~np.isfinite(near) | (exact < 2 * ends[0]) | (exact > 2 * ends[1]))
    if not fmt.has_nan:
        beyond |= live & ((exact < ends[0]) | (exact > ends[1]))
    live &= ~beyond
    least, places = _least(fmt), _last_place(fmt, exact)
    end_place = _last_place(fmt, np.asarray(ends[1]))
    error = np.where(live, (exact - np.where(live, near, 0)) / places, 0)  # of a last place
    held = live & (error == 0) & ~(np.abs(exact) < least)
    kept, half = np.where(held, near / places, 0), 2.0 ** (_width(fmt) // 2)
    odd = np.where(live, near / places, 0) % 2 == 1
    tie, away = np.abs(error) == 0.5, np.abs(error) - 0.5
    size, was = np.abs(np.where(live, near, 0)), np.abs(np.where(live, exact, 0))
    small = live & (was < least)
    return {
        "exact": held & (kept % half != 0),
        "odd": held & (kept % 2 == 1),
        "tie to even below": live & tie & (size < was) & ~small,
        "tie to even above": live & tie & (size > was) & ~small,
        "just below a tie": live & (away < 0) & (away > -NEAR) & (size < was),
        "just above a tie": live & (away < 0) & (away > -NEAR) & (size > was),
        "least above a tie": live & (away < 0) & (away > -NEAREST) & (size > was) & odd,
        "carry": live & (size > was) & (np.frexp(size)[1] > np.frexp(was)[1]) & ~small,
        "subnormal": small & (size > 0) & (size < least) & (error == 0),
        "inexact subnormal": small & (size > 0) & (size < least) & (error != 0),
        "subnormal tie": small & tie,
        "underflow": small & (size == 0),
        "least normal": small & (size == least),
        "greatest": live & ((near == ends[0]) | (near == ends[1])),
        "overflow": beyond,
        "least overflow": beyond & (np.maximum(exact - ends[1], ends[0] - exact) < end_place),
        "zero": exact == 0,
    }


def _least(fmt: Format) -> float:
    """The least normal magnitude; of integers, which have no subnormals, 0."""
    return float(np.ldexp(1.0, 1 - fmt.bias)) if isinstance(fmt, Minifloat) else 0.0


def _last_place(fmt: Format, values: Values) -> Values:
    """What the last place of a format is worth at ``values``."""
    if isinstance(fmt, Integer):
        return np.full(values.shape, np.ldexp(1.0, fmt.lsb))
    assert isinstance(fmt, Minifloat)
    exponent = np.frexp(np.where(np.isfinite(values), values, 1.0))[1] - 1
    exponent = np.maximum(exponent, 1 - fmt.bias) - fmt.mantissa_width
    return np.asarray(np.ldexp(1.0, exponent.astype(np.int32)))


def _width(fmt: Format) -> int:
    """Places of a result."""
    return fmt.mantissa_width + 1 if isinstance(fmt, Minifloat) else fmt.bits


def counted(action: Callable[[], Found], units: int = 1) -> tuple[Found, Counter[Class]]:
    """What ``action`` returns, and how many roundings of the golden model it met of each class.

    ``units`` take the results of a reduction, row by row, in turn.
    """
    counts: Counter[Class] = Counter()

    def watcher(step: str, fmt: Format, values: Values) -> None:
        for name, marks in met(step, fmt, values).items():
            if units == 1 or step not in SHARED or marks.ndim < 2:
                counts[step, name, 0] += int(np.count_nonzero(marks))
                continue
            places = marks.reshape(marks.shape[0] * marks.shape[1], -1).sum(axis=1)
            for unit in range(units):
                counts[step, name, unit] += int(places[unit::units].sum())

    with watched(watcher):
        return action(), +counts
