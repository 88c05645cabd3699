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

#: A step of the golden model, and a class of what it rounds.
Class = tuple[str, str]

#: Beyond a tie, or short of it, by less than this part of a last place: low bits alone decide.
NEAR = 2.0**-6

CLASSES = (
    "exact",  # and the last place of the result is odd: nothing hides a wrong low bit
    "tie to even below",
    "tie to even above",
    "just below a tie",
    "just above a tie",
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
    error = np.where(live, (exact - np.where(live, near, 0)) / places, 0)  # of a last place
    odd = np.where(live, near / places, 0) % 2 == 1
    tie, away = np.abs(error) == 0.5, np.abs(error) - 0.5
    size, was = np.abs(np.where(live, near, 0)), np.abs(np.where(live, exact, 0))
    small = live & (was < least)
    return {
        "exact": live & (error == 0) & odd & ~small,
        "tie to even below": live & tie & (size < was) & ~small,
        "tie to even above": live & tie & (size > was) & ~small,
        "just below a tie": live & (away < 0) & (away > -NEAR) & (size < was),
        "just above a tie": live & (away < 0) & (away > -NEAR) & (size > was),
        "carry": live & (size > was) & (np.frexp(size)[1] > np.frexp(was)[1]) & ~small,
        "subnormal": small & (size > 0) & (size < least) & (error == 0),
        "inexact subnormal": small & (size > 0) & (size < least) & (error != 0),
        "subnormal tie": small & tie,
        "underflow": small & (size == 0),
        "least normal": small & (size == least),
        "greatest": live & ((near == ends[0]) | (near == ends[1])),
        "overflow": beyond,
        "least overflow": beyond & (np.maximum(exact - ends[1], ends[0] - exact) < places),
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


def counted(action: Callable[[], Found]) -> tuple[Found, Counter[Class]]:
    """What ``action`` returns, and how many roundings of the golden model it met of each class."""
    counts: Counter[Class] = Counter()

    def watcher(step: str, fmt: Format, values: Values) -> None:
        for name, marks in met(step, fmt, values).items():
            if many := int(np.count_nonzero(marks)):
                counts[step, name] += many

    with watched(watcher):
        return action(), counts
