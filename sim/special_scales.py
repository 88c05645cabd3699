"""Reductions in which an infinite, NaN, zero or subnormal scale meets tiny, huge and zero sums."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Engine
from ..golden.formats import Format, Minifloat
from .codes import Generator, finite_codes, finite_corners, special_codes
from .making import Codes, Maker, Sided
from .stimuli import Tile

Array = npt.NDArray[Any]

#: The other scales' magnitudes: what has no such scales goes through once.
_OTHERS = (-100.0, 0.0, 100.0)

#: Sums that vectors of the other side make, in turn.
_SUMS = ("tiny", "huge", "zero", "any")


def special_scales(engine: Engine, seed: int, *, short: bool = False) -> list[Tile]:
    """Every level of float scales in turn: each special scale with sums and scales of all sizes.

    Without special scales among them, groups' are spread over the groups of a few reductions.
    With ``short``, other scales are tiny only: there, an infinity that counts as a number shows.
    """
    make, found = Maker(engine, np.random.default_rng(seed)), list[Tile]()
    for item in make.floats:
        codes = _codes(item[1].format)
        vectors = make.vectors[item[0]] if item[1].span.rows else 1
        others = _OTHERS[:1] if short else _OTHERS
        for other in others if len(make.floats) > 1 else (0.0,):
            for begin in range(0, len(codes), vectors):
                chosen = np.resize(codes[begin : begin + vectors], vectors)
                found.append(_tile(make, item, chosen, other, begin // vectors))
    return found


@cache
def _codes(fmt: Format) -> Array:
    """NaN, infinities, zeros, the least and greatest subnormals, the ends."""
    special, corners = special_codes(fmt), finite_corners(fmt)
    # NaN and infinity each once with every sign.
    kinds = fmt.fields(special)
    keys = list(zip(kinds.kind.tolist(), kinds.sign.tolist(), strict=True))
    firsts = [keys.index(key) for key in dict.fromkeys(keys)]
    values = fmt.decode(corners)
    ends = [*corners[values == 0], corners[values.argmax()], corners[values.argmin()]]
    if isinstance(fmt, Minifloat):
        least = np.asarray([2.0**fmt.lsb, 2.0 ** (1 - fmt.bias) - 2.0**fmt.lsb])
        ends += [*fmt.encode(least), *(fmt.encode(-least) if fmt.signed else ())]
    return np.unique(np.asarray([*special[firsts], *ends]).astype(fmt.dtype))


def _tile(make: Maker, item: Sided, codes: Array, other: float, turn: int) -> Tile:
    """Vectors of one side have the scales ``codes``, in one of their groups."""
    (side, level), rng = item, make.rng
    k = make.length(1) * min(2, make.most)
    shape = make.shape(side, level, k)
    held = np.tile(level.format.encode(1.0), shape).astype(level.format.dtype)
    held[:, int(rng.integers(shape[1]))] = codes
    scales: dict[Sided, Array] = {item: held}
    for one in make.floats:
        if one != item:
            scales[one] = make.held(*one, k, np.exp2(_within(one[1].format, other)))
    # A turn of its own where few vectors cannot show all sums at once.
    sides = [make.side(place, k, _elements(place != side, turn, rng), scales) for place in range(2)]
    values = ", ".join(f"{value:g}" for value in level.format.decode(codes))
    return make.tile(f"special scales {values}, others 2**{other:g}", sides[0], sides[1])


def _within(fmt: Format, exponent: float) -> float:
    """The exponent next to the given one that a format has."""
    if isinstance(fmt, Minifloat):
        low, high = float(1 - fmt.bias), float(np.floor(np.log2(float(fmt.maximum))))
        return float(np.clip(exponent, low, high))
    return 0.0


def _elements(varied: bool, turn: int, rng: Generator) -> Codes:
    """Elements that are all tiny, or whose vectors make tiny, huge and zero sums in turn."""

    def codes(name: str, fmt: Format, shape: tuple[int, int]) -> Array:
        corners = finite_corners(fmt)
        values = np.abs(fmt.decode(corners))
        least = corners[np.where(values > 0, values, np.inf).argmin()]
        found = finite_codes(fmt, shape, rng)
        if not varied:
            return found if turn % 2 else np.full(shape, least, fmt.dtype)
        for vector in range(shape[0]):
            kind = _SUMS[(vector + turn) % len(_SUMS)]
            if kind in ("tiny", "zero") and fmt.has_zero:
                found[vector] = fmt.encode(0.0)
            if kind == "tiny":
                found[vector, int(rng.integers(shape[1]))] = least
            elif kind == "huge":
                found[vector] = corners[values.argmax()]
        return found

    return codes
