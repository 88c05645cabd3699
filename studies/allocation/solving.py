"""The least of one sum over all choices that keep others within limits.

An integer program, solved by HiGHS (Huangfu and Hall 2018) through SciPy.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...golden.errors import DesignError
from .problem import Allocation, Problem
from .program import Program

#: How much worse than the best a choice may be, relative, and seconds until it is given up to be
#: proven so good: what is left open is told.
GAP, SECONDS = 1e-4, 20.0

#: By how much a sum may pass its limit, relative: the solver's tolerance, and that of float64.
TOLERANCE = 2e-6


class Unreachable(DesignError):
    """No choice keeps the limits.

    Parameters
    ----------
    limits : as they were.
    least : by name, how low a limit must not be, the others as they are; None where these alone
        cannot be kept.
    together : the factor by which all must be raised, the least.
    """

    def __init__(self, limits: Mapping[str, float], least: Mapping[str, float | None],
                 together: float):  # fmt: skip
        self.limits, self.least, self.together = limits, least, together
        told = " and ".join(f"{name} {value:.6g}" for name, value in limits.items())
        ways = [f"{name} {value:.6g}" for name, value in least.items() if value is not None]
        if len(limits) > 1:
            ways.append(f"{together:.6g} times as much of each")
        super().__init__(
            f"no choice keeps within {told}; the least that can be kept: {', or '.join(ways)}"
        )


def solve(
    problem: Problem,
    minimize: str,
    limits: Mapping[str, float],
    *,
    gap: float = GAP,
    seconds: float = SECONDS,
) -> Allocation:
    """The choice with the least sum called ``minimize`` of those whose other sums are at most
    ``limits``.

    Raises Unreachable where none is, DesignError for sums that do not exist or where the time was
    too short for any, ToolMissing without SciPy.
    """
    for name in (minimize, *limits):
        if name not in problem.names:
            raise DesignError(f"no sum is called {name!r}; there are {', '.join(problem.names)}")
    if minimize in limits:
        raise DesignError(f"{minimize} is what is minimized: limit something else")
    program = Program(problem, (minimize, *limits))
    found = program.least(minimize, limits, gap, seconds)
    if found is None:
        raise _unreachable(program, limits, gap, seconds)
    chosen, bound = found
    totals = {name: problem.total(name, chosen) for name in problem.names}
    for name, limit in limits.items():
        assert totals[name] <= limit + TOLERANCE * max(abs(limit), 1e-300), (name, totals[name])
    prices = program.prices(minimize, limits, chosen)
    return Allocation(problem, minimize, dict(limits), chosen, totals, bound, prices)


def sweep(
    problem: Problem,
    minimize: str,
    limits: Mapping[str, float],
    over: str,
    steps: int = 12,
    *,
    gap: float = 1e-3,
) -> list[Allocation]:
    """The least of a sum at several limits of another, evenly spread over all that matters: from
    the lowest that can be kept to that from which on it limits nothing."""
    others = {name: value for name, value in limits.items() if name != over}
    lowest = solve(problem, over, others, gap=gap).totals[over]
    free = solve(problem, minimize, others, gap=gap).totals[over]
    found = []
    for limit in np.linspace(lowest, max(free, lowest), steps):
        found.append(solve(problem, minimize, {**others, over: float(limit)}, gap=gap))
    return found


def _unreachable(
    program: Program, limits: Mapping[str, float], gap: float, seconds: float
) -> Unreachable:
    """What would have to give."""
    least: dict[str, float | None] = {}
    for name in limits:
        others = {other: value for other, value in limits.items() if other != name}
        found = program.least(name, others, gap, seconds)
        least[name] = None if found is None else program.problem.total(name, found[0])
    chosen = program.closest(limits, gap, seconds)
    together = max(
        program.problem.total(name, chosen) / value if value else np.inf
        for name, value in limits.items()
    )
    return Unreachable(limits, least, together)
