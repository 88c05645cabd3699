"""What an engine really does for a whole product: cycles, products a cycle, and what limits it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from ...golden.description import Engine
from ...golden.errors import DesignError
from ...golden.padding import unit
from ...golden.streams import Stream
from ...golden.tiling import beats_of
from ..plan.array_plan import ArrayPlan
from ..plan.plan import Plan


@dataclass(frozen=True)
class MatrixProduct:
    """The product of an N × K weight and an M × K activation on an engine.

    Parameters
    ----------
    shape : N, K, M.
    macs : products of two elements; of a sparse weight, of those that there are.
    cycles : that it takes without stalls, but for some until its last results have left.
    parts : what each part of the engine would need alone for a reduction, in cycles: the longest
        sets the pace.
    interval : cycles from one reduction to the next.
    reductions : how many the product is cut into.
    peak : products a cycle of an array that is never idle.
    remarks : which rows, columns and lanes are idle, and why.
    """

    shape: tuple[int, int, int]
    macs: int
    cycles: int
    parts: dict[str, int]
    interval: int
    reductions: int
    peak: float
    remarks: tuple[str, ...]

    @property
    def effective(self) -> float:
        """Products a cycle."""
        return self.macs / self.cycles

    @property
    def share(self) -> float:
        """Of the peak."""
        return self.effective / self.peak

    @property
    def limit(self) -> str:
        """The part that sets the pace."""
        return max(self.parts, key=lambda part: self.parts[part])


def parse_shape(text: str) -> tuple[int, int, int]:
    """``NxKxM``. Raises DesignError."""
    match = re.fullmatch(r"([0-9]{1,12})x([0-9]{1,12})x([0-9]{1,12})", text)
    sides = tuple(map(int, match.groups())) if match else ()
    if len(sides) != 3 or not all(sides):
        raise DesignError(f"a shape is NxKxM, such as 4096x4096x1, got {text!r}")
    return sides


def product(
    engine: Engine,
    plan: ArrayPlan,
    shape: tuple[int, int, int],
    ports: Mapping[Stream, Fraction] | None = None,
) -> MatrixProduct:
    """What ``engine`` does for an N × K weight and an M × K activation, in its first mode.

    ``ports`` are cycles that a beat of a stream takes outside, where it is not one.
    Rows, columns and K that the array does not divide are filled up. Raises DesignError for a K
    beyond k-max.
    """
    n, k, m = shape
    arithmetic = engine.modes[0]
    if k > arithmetic.k_max:
        raise DesignError(f"K is at most k-max = {arithmetic.k_max}, got {k} (--k-max {k})")
    step = plan.step_of(0)
    whole = unit(engine.alone(0))
    steps = -(-k // whole) * whole // step
    down, across = -(-n // plan.rows), -(-m // plan.cols)
    reductions, cycles = down * across, plan.cycles_in(0)
    parts = {"the array's steps": steps * cycles}
    if isinstance(plan, Plan) and plan.path is not None:
        shared = plan.path.shared
        groups = steps // shared.steps if shared.steps else 1
        turns = f"{shared.terms} addends" if shared.terms > 1 else "one addend"
        units = f"{shared.units} scale unit{'s' * (shared.units > 1)}"
        if shared.steps:
            parts[f"{units} ({turns} per sum and group)"] = shared.busy(groups)
        else:
            parts[f"{units} ({turns} per sum)"] = shared.busy(1)
        if banks := plan.path.turnaround(max(parts.values())):
            parts[f"{shared.banks} banks of partial sums"] = banks
        parts[f"results, {shared.leaving}"] = plan.path.read_out
    for stream, each in (ports or {}).items():
        if each > 1 and stream.per != "set":
            parts[f"the port of {stream.name}"] = ceil(beats_of(stream, plan, steps) * each)
    interval = max(parts.values())
    total = reductions * interval
    if plan.stationary:
        total = down * max(across, plan.shortest_set)
    idle = [
        f"{what}: {have} of {full}"
        for what, have, full in (
            ("rows in use", n, down * plan.rows),
            ("columns in use", m, across * plan.cols),
            ("elements of K in use", k, steps * step),
        )
        if have != full
    ]
    # Of a sparse weight, products are those of the elements that there are.
    there = k * engine.lanes(0) // step
    return MatrixProduct(
        shape, n * there * m, total + plan.latency, parts, interval, reductions, plan.rates[0],
        tuple(idle),
    )  # fmt: skip
