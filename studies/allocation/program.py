"""The integer program of a problem, as HiGHS takes it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError, ToolMissing
from .problem import Problem

Array = npt.NDArray[Any]

#: Significant digits to which items of a class have the same factors.
DIGITS = 12


class Program:
    """Variables: x of each item and choice that are possible, y of each group, 1 for one that is
    used, and n of each class and choice: how many items of the class have it.

    Items of a class have the same factors in every sum but one. Then only the n need be whole: with
    these fixed, what is left is an assignment, of which some best x are whole anyhow, and
    :func:`assigned` finds them. Networks have many matrices of few shapes, so that some ten whole
    numbers are sought, not a thousand, and none of many equal ways is tried twice.

    Parameters
    ----------
    problem : what there is to choose.
    sums : names of those that matter, the one to be minimized and those with limits.
    """

    def __init__(self, problem: Problem, sums: tuple[str, ...]):
        try:
            from scipy import optimize, sparse
        except ImportError:
            raise ToolMissing(
                "allocations are solved by SciPy, which is not installed: "
                "pip install 'macsmith[studies]', or make .venv/tests"
            ) from None
        self.optimize, self.sparse, self.problem = optimize, sparse, problem
        self.free, self.classes = _classes(problem, sums)
        self.item, self.choice = np.nonzero(problem.possible)
        self.count, self.groups = len(self.item), 1 + max(problem.of_group)
        pairs = np.stack([self.classes[self.item], self.choice])
        self.pair, self.of_pair = np.unique(pairs, axis=1, return_inverse=True)
        self.width = self.count + self.groups + self.pair.shape[1]
        self.rules = self._rules()

    def _rules(self) -> list[tuple[Any, float, float]]:
        """Rows over all variables, with the least and most of each."""
        place, ones = np.arange(self.count), np.ones(self.count)
        group = np.asarray(self.problem.of_group)[self.choice]
        many = self.pair.shape[1]

        def rows(parts: list[tuple[Array, Array, Array]], count: int) -> Any:
            values, row, column = (np.concatenate(each) for each in zip(*parts, strict=True))
            return self.sparse.csr_array((values, (row, column)), shape=(count, self.width))

        one = rows([(ones, self.item, place)], len(self.problem.items))
        used = rows([(ones, place, place), (-ones, place, self.count + group)], self.count)
        at = self.count + self.groups + np.arange(many)
        counted = rows([(ones, self.of_pair, place), (-np.ones(many), np.arange(many), at)], many)
        return [(one, 1, 1), (used, -np.inf, 0), (counted, 0, 0)]

    def row(self, name: str) -> Array:
        """The factors of a sum."""
        p = self.problem
        values = p.sums.get(name)
        of_items = np.zeros(self.count) if values is None else values[self.item, self.choice]
        once = p.once.get(name, np.zeros(self.groups))
        return np.concatenate([of_items, once, np.zeros(self.pair.shape[1])])

    def least(
        self, name: str, limits: Mapping[str, float], gap: float, seconds: float
    ) -> tuple[Array, float] | None:
        """The best choice and the proven bound of its sum; None where no choice keeps ``limits``.

        DesignError where the time was too short for any choice.
        """
        row = self.row(name)
        unit = self._unit(row, limits)
        found = self._run(row / unit, self._within(limits), gap, seconds)
        if found is None:
            return None
        chosen, bound = found
        return chosen, bound * unit

    def closest(self, limits: Mapping[str, float], gap: float, seconds: float) -> Array:
        """The choice that must raise all limits by the least common factor."""
        # One more variable, t: each sum is at most t times its limit.
        rows = np.array([np.append(self.row(name), -limit) for name, limit in limits.items()])
        rows /= np.abs(rows).max(axis=1, keepdims=True)
        cost = np.append(np.zeros(self.width), 1)
        found = self._run(cost, [(row[None], 0.0) for row in rows], gap, seconds)
        assert found is not None
        return found[0]

    def _within(self, limits: Mapping[str, float]) -> list[tuple[Array, float]]:
        """Rows with their limits, of about 1 so that tolerances are relative."""
        found = []
        for name, limit in limits.items():
            row = self.row(name)
            unit = abs(limit) or float(np.abs(row).max()) or 1.0
            found.append((row[None] / unit, limit / unit))
        return found

    def _unit(self, row: Array, limits: Mapping[str, float]) -> float:
        """About what the least sum is, as the relaxation has it: the solver stops at 1e-6 of 1."""
        relaxed = self._relaxed(row, limits)
        return abs(relaxed.fun) if relaxed.fun else float(np.abs(row).max()) or 1.0

    def _relaxed(self, row: Array, limits: Mapping[str, float], built: Array | None = None) -> Any:
        """Items may be split among choices; of groups those that are ``built``, if given."""
        (one, _, _), (used, _, _), _ = self.rules
        within = self._within(limits)
        size = self.count + self.groups
        low, high = np.zeros(size), np.ones(size)
        if built is not None:
            low[self.count :] = high[self.count :] = built
        rows = [used[:, :size], *(matrix[:, :size] for matrix, _ in within)]
        return self.optimize.linprog(
            row[:size],
            A_ub=self.sparse.vstack(rows, format="csr"),
            b_ub=np.concatenate([np.zeros(self.count), [most for _, most in within]]),
            A_eq=one[:, :size],
            b_eq=np.ones(len(self.problem.items)),
            bounds=np.stack([low, high], axis=1),
        )

    def prices(self, name: str, limits: Mapping[str, float], chosen: Array) -> dict[str, float]:
        """What a unit more of each limit is worth, with what is built as it is; of those that
        bind."""
        built = np.zeros(self.groups)
        built[[self.problem.of_group[choice] for choice in chosen]] = 1
        row = self.row(name)
        unit = self._unit(row, limits)
        relaxed = self._relaxed(row / unit, limits, built)
        if relaxed.status != 0 or not limits:
            return {}
        worth = -relaxed.ineqlin.marginals[self.count :] * unit
        units = [abs(limit) or 1.0 for limit in limits.values()]
        told = zip(limits, worth, units, strict=True)
        return {name: float(value / each) for name, value, each in told if value > 0}

    def _run(
        self, cost: Array, limits: list[tuple[Array, float]], gap: float, seconds: float
    ) -> tuple[Array, float] | None:
        more = len(cost) - self.width
        constraint = self.optimize.LinearConstraint

        def widened(matrix: Any) -> Any:
            empty = self.sparse.csr_array((matrix.shape[0], more))
            return self.sparse.hstack([matrix, empty], format="csr")

        rules = [constraint(widened(matrix), low, high) for matrix, low, high in self.rules]
        rules += [constraint(row, -np.inf, limit) for row, limit in limits]
        sizes = np.bincount(self.classes)[self.pair[0]]
        whole = np.repeat([0, 1, 0], [self.count, self.width - self.count, more])
        high = np.concatenate([np.ones(self.count + self.groups), sizes, np.full(more, np.inf)])
        with _silent():
            found = self.optimize.milp(
                cost,
                integrality=whole,
                bounds=self.optimize.Bounds(0, high),
                constraints=rules,
                options={"mip_rel_gap": gap, "time_limit": seconds},
            )
        if found.status == 2:
            return None
        if found.x is None:
            raise DesignError(f"no choice was found in {seconds:g} s: {found.message}")
        many = np.rint(found.x[self.count + self.groups : self.width]).astype(int)
        bound = found.mip_dual_bound
        return self._assigned(many), float(found.fun if bound is None else bound)

    def _assigned(self, many: Array) -> Array:
        """The choice of each item: of each class so many of each, with the least of the sum in
        which its items differ."""
        chosen = np.zeros(len(self.problem.items), int)
        values = self.problem.sums[self.free]
        for number in range(self.classes.max() + 1):
            members = np.flatnonzero(self.classes == number)
            here = self.pair[0] == number
            slots = np.repeat(self.pair[1][here], many[here])
            rows, columns = self.optimize.linear_sum_assignment(values[np.ix_(members, slots)])
            chosen[members[rows]] = slots[columns]
        return chosen


def _classes(problem: Problem, sums: tuple[str, ...]) -> tuple[str, Array]:
    """The sum in which items of a class may differ, and the class of each item: the fewest."""
    known = [name for name in sums if name in problem.sums]
    best: tuple[str, Array] | None = None
    for free in known:
        parts = [problem.possible.astype(float)]
        for name in known:
            if name == free:
                continue
            values = np.where(problem.possible, problem.sums[name], 0.0)
            unit = float(np.abs(values).max()) or 1.0
            parts.append(np.round(values / unit, DIGITS))
        _, of = np.unique(np.concatenate(parts, axis=1), axis=0, return_inverse=True)
        if best is None or of.max() < best[1].max():
            best = free, of
    if best is None:
        raise DesignError("no sum that is limited or minimized is one over items")
    return best


@contextmanager
def _silent() -> Iterator[None]:
    """Nothing is written to standard output: HiGHS prints lines of its own there (1.12)."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
