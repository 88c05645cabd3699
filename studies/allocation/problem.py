"""One of several choices for each of many items, and what adds up over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Problem:
    """What there is to choose.

    Parameters
    ----------
    items, choices : names.
    sums : what adds up over items, by name: (items, choices) each.
    allowed : (items, choices), what can be chosen at all; None for everything.
    groups : of each choice, what is built for it, a number from 0 on; empty for one each.
    once : what is added to a sum of this name for each group that is used at all: (groups,) each.
    """

    items: tuple[str, ...]
    choices: tuple[str, ...]
    sums: Mapping[str, Array]
    allowed: Array | None = None
    groups: tuple[int, ...] = ()
    once: Mapping[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.items or not self.choices:
            raise DesignError("an allocation needs an item and a choice at least")
        shape = len(self.items), len(self.choices)
        for name, values in self.sums.items():
            if values.shape != shape:
                raise DesignError(f"{name} must have shape {shape}, got {values.shape}")
            if not np.isfinite(values[self.possible]).all():
                raise DesignError(f"{name} must be finite")
        for item, possible in zip(self.items, self.possible, strict=True):
            if not possible.any():
                raise DesignError(f"no design of {', '.join(self.choices)} takes {item}")

    @property
    def possible(self) -> Array:
        """What can be chosen."""
        if self.allowed is not None:
            return self.allowed
        return np.ones((len(self.items), len(self.choices)), bool)

    @property
    def of_group(self) -> tuple[int, ...]:
        """The group of each choice."""
        return self.groups or tuple(range(len(self.choices)))

    def total(self, name: str, chosen: Array) -> float:
        """A sum of a choice for each item."""
        values = self.sums.get(name)
        found = 0.0 if values is None else float(values[np.arange(len(chosen)), chosen].sum())
        if name in self.once:
            used = {self.of_group[choice] for choice in chosen}
            found += float(sum(self.once[name][group] for group in used))
        return found

    def uniform(self, choice: int) -> Array | None:
        """This choice for every item; None where one cannot have it."""
        if not self.possible[:, choice].all():
            return None
        return np.full(len(self.items), choice)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the sums."""
        return tuple(dict.fromkeys([*self.sums, *self.once]))


@dataclass(frozen=True)
class Allocation:
    """A choice for each item.

    Parameters
    ----------
    problem : what it is of.
    minimized : the sum that is least.
    limits : of the others.
    chosen : (items,), the number of a choice.
    totals : every sum.
    bound : what the minimized sum cannot be below, proven.
    prices : by limit that binds: how much less the minimized sum would be for each unit that the
        limit is raised, in the relaxation whose items may be split among choices.
    """

    problem: Problem
    minimized: str
    limits: Mapping[str, float]
    chosen: Array
    totals: Mapping[str, float]
    bound: float
    prices: Mapping[str, float]

    @property
    def gap(self) -> float:
        """How far above the proven bound it is at most, relative."""
        least = self.totals[self.minimized]
        return max(0.0, least - self.bound) / max(abs(least), 1e-300)

    @property
    def names(self) -> dict[str, str]:
        """The choice of each item."""
        p = self.problem
        return {item: p.choices[choice] for item, choice in zip(p.items, self.chosen, strict=True)}
