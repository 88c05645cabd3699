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
def by_magnitude(fmt: Format) -> Array:
    """The finite codes of a format of up to 16 bits, those nearest to zero first."""
    codes = np.asarray(fmt.legal)
    codes = codes[fmt.fields(codes).kind == Kind.FINITE]
    return np.asarray(codes[np.argsort(np.abs(fmt.decode(codes)), kind="stable")])


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


def beside_zeros(fmt: Format, shape: Shape, rng: Generator, side: int) -> Array:
    """Of three elements along K one is zero on this side, and the next on the other one.

    What meets that one is any, or an extreme; the third is less than one, in some rows next to
    zero. So products are all zero or small, although great numbers take part.
    """
    corners = finite_corners(fmt)
    sizes = np.abs(fmt.decode(corners))
    order = corners[np.argsort(sizes, kind="stable")]
    zeros = corners[sizes == 0] if fmt.has_zero else order[:1]
    place = np.arange(shape[1]) % 3
    least, extreme = rng.random((shape[0], 1)) < 0.5, rng.random(shape) < 0.5
    found = finite_codes(fmt, shape, rng)
    least = least | (np.abs(fmt.decode(found)) >= 1)
    found = np.where((place == 2) & least, rng.choice(order[:5], shape), found)
    found = np.where((place == 1 - side) & extreme, rng.choice(order[-2:], shape), found)
    found = np.where(place == side, rng.choice(zeros, shape), found)
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
}

#: Kinds in the order in which they take turns where NaN and infinity are told beside the sum, and
#: where one of them makes a whole result NaN or infinity.
OPEN = ("random", "finite", "corners", "rare corners", "cancelling", "one special")
CLOSED = ("finite", "finite corners", "cancelling", "random", "finite", "one special")
#: One more for sums that align, in which zeros have an exponent: see :func:`beside_zeros`.
ZEROS = "zeros"
