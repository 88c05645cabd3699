"""Reductions in which every lane of every product meets every code of narrow formats."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Engine
from ..golden.formats import Format, Kind
from ..golden.tensor import Quantized
from .codes import Generator, finite_codes, finite_corners, special_codes
from .making import Codes, Maker
from .stimuli import Tile

Array = npt.NDArray[Any]

#: Wider formats are not gone through, but met in some codes.
NARROW = 6

#: Codes of the other side that each code meets where not all pairs do.
SEVERAL = 8

#: Steps of such a reduction: so short that sums hide nothing when they are rounded.
_STEPS = 32


def every_code(engine: Engine, seed: int, pairs: int) -> list[Tile]:
    """Every finite code of a format of up to 6 bits in each lane of each row and column.

    Where there are at most ``pairs`` pairs of codes, each lane meets all of them, else each code of
    a side with SEVERAL of the other's. Float scales are one.
    """
    make = Maker(engine, np.random.default_rng(seed))
    pools = [_pool(fmt, make.rng) for fmt in map(_first, make.operands)]
    wide = [_first(side).bits > NARROW for side in make.operands]
    if all(wide):
        return []
    if len(pools[0]) * len(pools[1]) <= pairs or any(wide):
        return _all_pairs(make, pools)
    few = [make.rng.permutation(pool)[:SEVERAL] for pool in pools]
    return _all_pairs(make, [pools[0], few[1]]) + _all_pairs(make, [few[0], pools[1]])


def _first(operand: Any) -> Format:
    return next(iter(operand.codes.values()))  # type: ignore[no-any-return]


def _pool(fmt: Format, rng: Generator) -> Array:
    """The finite codes of a narrow format; some of a wide one, its corners among them."""
    if fmt.bits <= NARROW:
        codes = np.asarray(fmt.legal)
        return np.asarray(codes[fmt.fields(codes).kind == Kind.FINITE])
    corners = rng.permutation(finite_corners(fmt))[: SEVERAL // 2]
    return np.unique([*corners, *finite_codes(fmt, (SEVERAL - len(corners),), rng)])


def _all_pairs(make: Maker, pools: list[Array]) -> list[Tile]:
    """Step by step another pair; activations change faster. Lanes and vectors are ahead of others.

    Where weights stay, they do so for all activations.
    """
    steps, each = len(pools[0]) * len(pools[1]), make.length(_STEPS) // make.step
    found: list[Tile] = []
    stays: tuple[int, Quantized] | None = None
    for begin in range(0, steps, each):
        places = np.arange(begin, begin + each)
        index = places // len(pools[1]), places % len(pools[1])
        sides = [
            make.side(side, each * make.step, _stepped(pools[side], index[side], each), {})
            for side in range(2)
        ]
        if make.engine.build.flow == "weight_stationary":
            if stays and stays[0] == index[0][0]:
                sides[0] = stays[1]
            stays = int(index[0][0]), sides[0]
        found.append(make.tile("every code in every lane", sides[0], sides[1]))
    return found


def _stepped(pool: Array, index: Array, steps: int) -> Codes:
    """Codes by a pool's places ``index`` step by step, other lanes and vectors ahead."""

    def codes(name: str, fmt: Format, shape: tuple[int, int]) -> Array:
        lanes = shape[1] // steps
        ahead = np.arange(shape[0])[:, None, None] + np.arange(lanes)
        found = pool[(index[:, None] + ahead) % len(pool)].reshape(shape)
        return np.asarray(found.astype(fmt.dtype))

    return codes


def every_special(engine: Engine, seed: int) -> list[Tile]:
    """One NaN or infinity in each lane of each row, and of each column, nothing else special."""
    make, found = Maker(engine, np.random.default_rng(seed)), list[Tile]()
    for side in range(2):
        special = special_codes(_first(make.operands[side]))
        for lane in range(make.step) if special.size else ():
            sides = [make.side(place, make.length(1), _ones, {}) for place in range(2)]
            name, array = next(iter(sides[side].codes.items()))
            array = np.array(array)
            vectors = np.arange(len(array))
            places = (vectors + lane) % min(make.step, array.shape[1])
            array[vectors, places] = special[(vectors + lane) % len(special)]
            codes = {**sides[side].codes, name: array}
            sides[side] = replace(sides[side], codes=codes)
            found.append(make.tile("a special in every lane", sides[0], sides[1]))
    return found


def _ones(name: str, fmt: Format, shape: tuple[int, int]) -> Array:
    return np.tile(fmt.encode(1.0), shape).astype(fmt.dtype)
