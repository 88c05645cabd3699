"""Codes of elements that are worth trying: random ones, and the corners of a format."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Sparse
from ..golden.formats import Format, Kind

Array = npt.NDArray[Any]
Generator = np.random.Generator
Shape = tuple[int, ...]


@cache
def corner_codes(fmt: Format) -> Array:
    """The extremes, the values next to zero, zeros of both signs, and the specials."""
    codes = _all(fmt)
    values, kinds = fmt.decode(codes), fmt.fields(codes).kind
    finite = kinds == Kind.FINITE
    chosen = [*codes[~finite][:4]]
    codes, values = codes[finite], values[finite]
    order = np.argsort(values, kind="stable")
    near = np.argsort(np.abs(values), kind="stable")
    chosen += [*codes[order[:2]], *codes[order[-2:]], *codes[near[:5]]]
    return np.unique(np.asarray(chosen))


@cache
def finite_corners(fmt: Format) -> Array:
    """The corners without NaN and infinity."""
    codes = corner_codes(fmt)
    return np.asarray(codes[fmt.fields(codes).kind == Kind.FINITE])


@cache
def special_codes(fmt: Format) -> Array:
    """The corners that are NaN or infinity."""
    codes = corner_codes(fmt)
    return np.asarray(codes[fmt.fields(codes).kind != Kind.FINITE])


def _all(fmt: Format) -> Array:
    """All legal codes; of wide formats those that differ in the first bits, and their neighbours"""
    if fmt.bits <= 16:
        return np.asarray(fmt.legal)
    shift = fmt.bits - 16
    first = np.arange(1 << 16, dtype=np.uint64) << np.uint64(shift)
    ends = [first, first | np.uint64(1), first | np.uint64((1 << shift) - 1)]
    return np.unique(np.concatenate(ends)).astype(fmt.dtype)


def any_places(structure: Sparse, shape: Shape, rng: Generator) -> Array:
    """Where the elements that a structure keeps stand: any, and its first and last now and then."""
    count = shape[1] // structure.kept
    order = rng.permuted(np.tile(np.arange(structure.window), (shape[0], count, 1)), axis=-1)
    places = np.sort(order[..., : structure.kept], axis=-1)
    ends = rng.integers(0, 8, (shape[0], count, 1))
    first = np.arange(structure.kept)
    places = np.where(ends == 0, first, places)
    places = np.where(ends == 1, first + structure.window - structure.kept, places)
    return places.reshape(shape).astype(np.uint8)


def last_places(structure: Sparse, shape: Shape) -> Array:
    """The last places of every window."""
    places = np.arange(structure.window - structure.kept, structure.window, dtype=np.uint8)
    return np.tile(places, (shape[0], shape[1] // structure.kept))


def random_codes(fmt: Format, shape: Shape, rng: Generator) -> Array:
    """Any legal codes."""
    if fmt.bits > 16:
        return rng.integers(0, 1 << fmt.bits, shape, dtype=np.uint64).astype(fmt.dtype)
    return rng.choice(fmt.legal, shape).astype(fmt.dtype)


def finite_codes(fmt: Format, shape: Shape, rng: Generator) -> Array:
    codes = random_codes(fmt, shape, rng)
    bad = fmt.fields(codes).kind != Kind.FINITE
    return np.where(bad, finite_corners(fmt)[0], codes).astype(fmt.dtype)


def corners(fmt: Format, shape: Shape, rng: Generator) -> Array:
    return rng.choice(corner_codes(fmt), shape).astype(fmt.dtype)


def _finite_corners(fmt: Format, shape: Shape, rng: Generator) -> Array:
    return rng.choice(finite_corners(fmt), shape).astype(fmt.dtype)


def _rare(fmt: Format, shape: Shape, rng: Generator) -> Array:
    """Finite codes among which a corner stands now and then."""
    corner = rng.random(shape) < 0.1
    return np.where(corner, corners(fmt, shape, rng), finite_codes(fmt, shape, rng)).astype(
        fmt.dtype
    )


def _cancelling(fmt: Format, shape: Shape, rng: Generator) -> Array:
    """Neighbours along K of equal magnitude and opposite sign, where there is one; nearly all."""
    codes = finite_codes(fmt, shape, rng)
    pairs = codes[:, : shape[1] // 2 * 2].reshape(shape[0], -1, 2)
    opposite = fmt.encode(-fmt.decode(pairs[:, :, 0]))
    left = rng.random(opposite.shape) < rng.choice([0, 0.1])
    pairs[:, :, 1] = np.where(left, pairs[:, :, 1], opposite)
    codes[:, : shape[1] // 2 * 2] = pairs.reshape(shape[0], -1)
    return codes


def one_special(fmt: Format, shape: Shape, rng: Generator) -> Array:
    """Finite codes, and one NaN or infinity in some rows: specials that nothing drowns."""
    codes, special = finite_codes(fmt, shape, rng), special_codes(fmt)
    for row in np.flatnonzero(rng.random(shape[0]) < 0.5) if special.size else ():
        codes[row, rng.integers(shape[1])] = rng.choice(special)
    return codes


def _zeros(fmt: Format, shape: Shape, rng: Generator) -> Array:
    """Zeros, and beside them any finite codes, the ones next to zero and the extremes."""
    codes = finite_corners(fmt)
    sizes = np.abs(fmt.decode(codes))
    order = codes[np.argsort(sizes, kind="stable")]
    none = codes[sizes == 0] if (sizes == 0).any() else order[:1]
    finite = finite_codes(fmt, shape, rng)
    small, great = rng.choice(order[:5], shape), rng.choice(order[-2:], shape)
    draw = rng.random(shape)
    found = np.where(draw < 0.5, rng.choice(none, shape), finite)
    found = np.where(draw > 0.75, np.where(draw < 0.875, small, great), found)
    return found.astype(fmt.dtype)


#: How the codes of a tile are made, by kind.
MAKERS = {
    "random": random_codes,
    "finite": finite_codes,
    "corners": corners,
    "rare corners": _rare,
    "cancelling": _cancelling,
    "one special": one_special,
    "finite corners": _finite_corners,
    "zeros": _zeros,
}

#: Kinds in the order in which they take turns where NaN and infinity are told beside the sum, and
#: where one of them makes a whole result NaN or infinity.
OPEN = ("random", "finite", "corners", "rare corners", "cancelling", "one special")
CLOSED = ("finite", "finite corners", "cancelling", "random", "finite", "one special")
#: More kinds for sums that align, in which zeros have an exponent.
ALIGNED = ("zeros",)
