"""Reductions that are made for what is easily wrong and seldom met by chance.

Each generator is named after the classes that it hits and takes an engine of one mode.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..golden.description import Engine
from ..hw.plan.array_plan import ArrayPlan
from ..hw.plan.plan import Plan
from . import every_code, rounding, special_scales
from .stimuli import Tile, batches, unit

#: Results of each class that are met, if they are found.
WANTED = 3

#: Pairs of codes that every lane meets in the verification and in the emitted test benches.
PAIRS, FEW_PAIRS = 1 << 12, 1 << 8

#: Cycles that the shortest reductions take, about; and how many they are, at least and at most.
_CYCLES, _COUNTS = 256, (8, 120)


def units_of(plan: ArrayPlan) -> int:
    """How many scale units share the results of a reduction."""
    return max(plan.units, 1) if isinstance(plan, Plan) else 1


def shortest(engine: Engine, plan: ArrayPlan, seed: int = 0) -> list[Tile]:
    """Reductions as short as they can be, back to back: wherever an array is stopped, ends of
    reductions stand next to each other. As many as take some hundred cycles."""
    found = []
    for mode in range(len(engine.modes)):
        alone = engine.alone(mode)
        k = unit(alone)
        cycles = max(k // alone.step(), plan.rows * plan.cols if plan.serial else 1)
        count = int(np.clip(_CYCLES // cycles, *_COUNTS)) // len(engine.modes) + 1
        found += [replace(tile, mode=mode) for tile in batches(alone, count, seed, k)]
    return found


def directed(engine: Engine, seed: int = 0, *, short: bool = False, units: int = 1) -> list[Tile]:
    """Reductions for every class that the engine can meet; fewer of them if ``short``.

    Each of the ``units`` that share results meets them. Repeatable by seed. Modes have theirs one
    after another.
    """
    found = []
    for mode in range(len(engine.modes)):
        alone = engine.alone(mode)
        pairs = FEW_PAIRS if short else PAIRS
        sent = [
            *rounding.roundings(alone, seed, WANTED, units)[0],
            *special_scales.special_scales(alone, seed, short=short),
            *every_code.every_code(alone, seed, pairs),
            *every_code.every_special(alone, seed),
        ]
        found += [replace(tile, mode=mode) for tile in sent] if len(engine.modes) > 1 else sent
    return found
