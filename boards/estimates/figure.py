"""A number that is known only as well as the data that it is from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Figure:
    """About ``value``; the truth lies from ``value`` · (1 + ``low``) to ``value`` · (1 + ``high``).

    ``low`` is negative or 0, ``high`` positive or 0.
    """

    value: float
    low: float
    high: float

    @property
    def least(self) -> float:
        return self.value * (1 + self.low)

    @property
    def most(self) -> float:
        return self.value * (1 + self.high)

    def reaching(self, least: float, most: float) -> Figure:
        """The same number with wider bars, which reach these values too."""
        low, high = least / self.value - 1, most / self.value - 1
        return replace(self, low=min(self.low, low), high=max(self.high, high))

    def __str__(self) -> str:
        """``about 4,700 (−12…+20 %)``: three digits, bars rounded outwards."""
        low, high = -floor(100 * self.low + 1e-9), ceil(100 * self.high - 1e-9)
        return f"about {rounded(self.value):,g} (−{low}…+{high} %)"

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON: shares, and the values that they reach."""
        return {
            "about": round(self.value, 1),
            "from": round(self.least, 1),
            "to": round(self.most, 1),
            "bars": [round(self.low, 4), round(self.high, 4)],
        }


def rounded(value: float) -> float:
    """To three digits."""
    return float(f"{value:.3g}")


@dataclass(frozen=True)
class Factor:
    """How a measured number follows from a counted one.

    Parameters
    ----------
    value : measured over counted, the median of all rows.
    low, high : how far rows are from what the median of all *other groups* says of them: the least
        and the greatest share.
    typical : the median of the absolute shares.
    """

    value: float
    low: float
    high: float
    typical: float

    def of(self, counted: float) -> Figure:
        """The estimate for a count, with its bars."""
        return Figure(self.value * counted, min(self.low, 0.0), max(self.high, 0.0))


def factor(measured: npt.ArrayLike, counted: npt.ArrayLike, groups: Sequence[str]) -> Factor:
    """The median of measured over counted, and bars from rows that it was not taken from.

    Rows of one group are alike, and a design of a user's is of none of them. So each group is left
    out in turn, and its rows are predicted by the median of the others. The bars reach all of these
    errors: were rows exchangeable, n of them would hold the next with probability (n − 1)/(n + 1).

    Raises ValueError for fewer than two groups.
    """
    ratios = np.asarray(measured, float) / np.asarray(counted, float)
    names = np.asarray(groups)
    if len(set(groups)) < 2:
        raise ValueError(f"rows must be of at least 2 groups, got {sorted(set(groups))}")
    errors = np.empty(len(ratios))
    for group in set(groups):
        inside = names == group
        errors[inside] = ratios[inside] / np.median(ratios[~inside]) - 1
    return Factor(
        float(np.median(ratios)),
        float(errors.min()),
        float(errors.max()),
        float(np.median(abs(errors))),
    )
