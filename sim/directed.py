"""Reductions that are made for what is easily wrong and seldom met by chance.

Each generator is named after the classes that it hits and takes an engine of one mode.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from ..golden.description import Engine
from . import every_code, rounding, special_scales
from .classes import Class
from .stimuli import Tile

#: Results of each class that the verification and the emitted test benches meet, if they can.
OFTEN, SELDOM = 6, 2

#: Pairs of codes that every lane meets in the verification and in the emitted test benches.
PAIRS, FEW_PAIRS = 1 << 12, 1 << 8


def directed(engine: Engine, seed: int = 0, *, short: bool = False) -> list[Tile]:
    """Reductions for every class that the engine can meet; fewer of them if ``short``.

    Repeatable by seed. Modes have theirs one after another.
    """
    found = []
    for mode in range(len(engine.modes)):
        alone = engine.alone(mode)
        pairs = FEW_PAIRS if short else PAIRS
        sent = [
            *rounding.roundings(alone, seed, SELDOM if short else OFTEN)[0],
            *special_scales.special_scales(alone, seed, short=short),
            *every_code.every_code(alone, seed, pairs),
            *every_code.every_special(alone, seed),
        ]
        found += [replace(tile, mode=mode) for tile in sent] if len(engine.modes) > 1 else sent
    return found


def classes(engine: Engine, seed: int = 0, *, short: bool = False) -> Counter[Class]:
    """How many roundings of each class the reductions of an engine of one mode meet."""
    return rounding.roundings(engine, seed, SELDOM if short else OFTEN)[1]


def shuffled(tiles: list[Tile], seed: int) -> list[Tile]:
    """In any order, repeatable by seed."""
    return [tiles[index] for index in np.random.default_rng(seed).permutation(len(tiles))]
