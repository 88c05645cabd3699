"""Builds tiles whose codes and scales a generator of stimuli has chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.answers import by_row
from ..golden.description import Engine, Level, Operand
from ..golden.formats import Format
from ..golden.tensor import Quantized
from .codes import Generator, any_places, finite_codes
from .scaling import clear_groups
from .stimuli import Tile, answered, unit

Array = npt.NDArray[Any]
Sided = tuple[int, Level]

#: Codes of one array for a side: its name, its format and the shape (vectors, kept).
Codes = Callable[[str, Format, tuple[int, int]], Array]


class Maker:
    """Tiles of an engine of one mode.

    Parameters
    ----------
    engine : of one mode.
    rng : of all that nobody chooses.
    """

    def __init__(self, engine: Engine, rng: Generator):
        self.shared, self.engine, self.rng = engine.arithmetic, by_row(engine), rng
        self.arithmetic, build = self.engine.arithmetic, engine.build
        self.operands = self.arithmetic.weight, self.arithmetic.activation
        self.vectors = build.rows, build.cols
        self.unit, self.step = unit(engine), engine.step()
        self.most = max(self.arithmetic.k_max // self.unit, 1)

    def length(self, steps: int) -> int:
        """A length of K of so many steps, or of the next whole unit; at most k_max."""
        return min(-(-steps * self.step // self.unit), self.most) * self.unit

    @property
    def floats(self) -> list[Sided]:
        """The levels of scales that are floats, in the order in which they multiply."""
        sides = (self.shared.weight, self.shared.activation)
        return [
            (side, level)
            for side, operand in enumerate(sides)
            for level in operand.levels
            if not level.integer
        ]

    def shape(self, side: int, level: Level, k: int) -> tuple[int, int]:
        """How many scales a tile has of a level, each vector of a block counted."""
        rows, columns = level.span.shape(*self._whole(side, level, k))
        return (self.vectors[side] if level.span.rows else rows), columns

    def _whole(self, side: int, level: Level, k: int) -> tuple[int, int]:
        block = level.span.rows or 1
        return -(-self.vectors[side] // block) * block, k

    def held(self, side: int, level: Level, k: int, values: Array) -> Array:
        """Codes of a level's scales, those of a block alike, from values that broadcast."""
        codes = level.format.encode(np.broadcast_to(values, self.shape(side, level, k)))
        return self.alike(level, codes)

    def alike(self, level: Level, codes: Array) -> Array:
        """The same for all vectors of a block."""
        block = level.span.rows or 1
        return codes[np.arange(len(codes)) // block * block] if block > 1 else codes

    def side(
        self, side: int, k: int, codes: Codes, scales: Mapping[Sided, Array], *, clear: bool = False
    ) -> Quantized:
        """An operand; integer scales, selections and places are random, missing scales one."""
        operand: Operand = self.operands[side]
        structure, vectors, rng = operand.structure, self.vectors[side], self.rng
        kept = k if structure is None else structure.compressed(k, "K")
        made = {name: codes(name, fmt, (vectors, kept)) for name, fmt in operand.codes.items()}
        held = {}
        for level in (self.shared.activation if side else self.shared.weight).levels:
            if (given := scales.get((side, level))) is not None:
                held[level.name] = self.alike(level, given)
            elif level.integer:
                shape = self.shape(side, level, k)
                held[level.name] = self.alike(level, finite_codes(level.format, shape, rng))
            else:
                held[level.name] = self.held(side, level, k, np.ones(1))
        if clear:
            clear_groups(operand, made, held, rng)
        select = operand.select
        chosen = None
        if select:
            chosen = rng.integers(0, 1 << select.width, select.span.shape(vectors, k))
        places = None if structure is None else any_places(structure, (vectors, kept), rng)
        return Quantized(operand, made, held, chosen, places)

    def tile(self, kind: str, weight: Quantized, activation: Quantized) -> Tile:
        return answered(self.engine, kind, weight, activation, self.rng)
