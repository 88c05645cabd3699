"""Operands that are worth trying: random ones, and the corners of a format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Engine
from ..golden.formats import Format, Kind
from ..golden.matmul import Result, matmul

Array = npt.NDArray[Any]
Generator = np.random.Generator


@dataclass(frozen=True)
class Tile:
    """One reduction: what goes in, and the golden model's answer.

    Parameters
    ----------
    kind : how the data was made, for reports.
    weight, activation : codes, shapes (rows, K) and (cols, K).
    initial : (rows, cols) integers, or None.
    answer : what must come out.
    """

    kind: str
    weight: Array
    activation: Array
    initial: Array | None
    answer: Result


def tiles(engine: Engine, count: int, seed: int, longest: int = 64) -> list[Tile]:
    """``count`` tiles of random length up to ``longest``; kinds take turns. Repeatable by seed."""
    rng = np.random.default_rng(seed)
    lanes = engine.lanes()
    steps = max(min(longest, engine.arithmetic.k_max) // lanes, 1)
    result = []
    for index in range(count):
        # Reductions of one step follow each other now and then: they show bubbles.
        k = lanes * (1 if index % 7 == 3 else int(rng.integers(1, steps + 1)))
        kind, pair = _operands(engine, KINDS[index % len(KINDS)], k, rng)
        result.append(make_tile(engine, kind, *pair, rng))
    return result


def bound_tiles(engine: Engine, seed: int = 0) -> list[Tile]:
    """Tiles of K = k_max that drive every accumulator to its upper and to its lower bound."""
    arithmetic, build = engine.arithmetic, engine.build
    formats = arithmetic.weight.planes[0].element, arithmetic.activation.planes[0].element
    rng = np.random.default_rng(seed)
    corners = [
        [(int(code), int(fmt.integers(np.array([code]))[0])) for code in corner_codes(fmt)]
        for fmt in formats
    ]
    products = {(w, a): x * y for w, x in corners[0] for a, y in corners[1]}
    result = []
    for kind, choose in (("upper bound", max), ("lower bound", min)):
        w, a = choose(products, key=lambda pair: products[pair])
        weight = np.full((build.rows, arithmetic.k_max), w, formats[0].dtype)
        activation = np.full((build.cols, arithmetic.k_max), a, formats[1].dtype)
        result.append(make_tile(engine, kind, weight, activation, rng))
    return result


def make_tile(engine: Engine, kind: str, weight: Array, activation: Array, rng: Generator) -> Tile:
    """A tile with its golden answer; what the sums start from is random."""
    initial, fmt = None, engine.arithmetic.initial
    if fmt is not None:
        shape = (weight.shape[0], activation.shape[0])
        initial = rng.integers(fmt.low, fmt.high, shape, endpoint=True)
        if "bound" in kind:
            initial[...] = fmt.high if kind.startswith("upper") else fmt.low
    answer = matmul(engine, weight, activation, initial=initial)
    return Tile(kind, weight, activation, initial, answer)


def corner_codes(fmt: Format) -> Array:
    """The extremes, the values next to zero, zeros of both signs, and the specials."""
    if fmt.bits == 0:
        return np.zeros(1, np.int64)
    codes = fmt.legal if fmt.bits <= 16 else np.arange(1 << 16) << (fmt.bits - 16)
    values, kinds = fmt.decode(codes), fmt.fields(codes).kind
    finite = kinds == Kind.FINITE
    chosen = [*codes[~finite][:4]]
    codes, values = codes[finite], values[finite]
    order = np.argsort(values, kind="stable")
    near = np.argsort(np.abs(values), kind="stable")
    chosen += [*codes[order[:2]], *codes[order[-2:]], *codes[near[:5]]]
    return np.unique(np.asarray(chosen))


def _random(fmt: Format, shape: tuple[int, int], rng: Generator) -> Array:
    if fmt.bits > 16:
        return rng.integers(0, 1 << fmt.bits, shape).astype(fmt.dtype)
    return rng.choice(fmt.legal, shape).astype(fmt.dtype)


def _finite(fmt: Format, shape: tuple[int, int], rng: Generator) -> Array:
    codes = _random(fmt, shape, rng)
    bad = fmt.fields(codes).kind != Kind.FINITE
    return np.where(bad, 0, codes).astype(fmt.dtype)


def _corners(fmt: Format, shape: tuple[int, int], rng: Generator) -> Array:
    return rng.choice(corner_codes(fmt), shape).astype(fmt.dtype)


def _rare(fmt: Format, shape: tuple[int, int], rng: Generator) -> Array:
    """Finite codes among which a corner stands now and then."""
    corner = rng.random(shape) < 0.1
    return np.where(corner, _corners(fmt, shape, rng), _finite(fmt, shape, rng)).astype(fmt.dtype)


def _cancelling(fmt: Format, shape: tuple[int, int], rng: Generator) -> Array:
    """Neighbours along K of equal magnitude and, where there is a sign, opposite ones."""
    codes = _finite(fmt, shape, rng)
    values = fmt.decode(codes)
    partner = fmt.encode(-values[:, : shape[1] // 2 * 2 : 2])
    codes[:, 1::2] = partner[:, : codes[:, 1::2].shape[1]]
    return codes


def _one_special(fmt: Format, shape: tuple[int, int], rng: Generator) -> Array:
    """Finite codes, and one NaN or infinity in some rows: specials that nothing drowns."""
    codes = _finite(fmt, shape, rng)
    corners = corner_codes(fmt)
    special = corners[fmt.fields(corners).kind != Kind.FINITE]
    for row in np.flatnonzero(rng.random(shape[0]) < 0.5) if special.size else ():
        codes[row, rng.integers(shape[1])] = rng.choice(special)
    return codes


_MAKERS = {
    "random": _random,
    "finite": _finite,
    "corners": _corners,
    "rare corners": _rare,
    "cancelling": _cancelling,
    "one special": _one_special,
}
KINDS = tuple(_MAKERS)


def _operands(engine: Engine, kind: str, k: int, rng: Generator) -> tuple[str, tuple[Array, Array]]:
    make = _MAKERS[kind]
    arithmetic, build = engine.arithmetic, engine.build
    weight, activation = (
        side.planes[0].element for side in (arithmetic.weight, arithmetic.activation)
    )
    partner = _finite if kind == "cancelling" else make
    w, a = make(weight, (build.rows, k), rng), partner(activation, (build.cols, k), rng)
    if kind == "cancelling":
        a[:, 1::2] = a[:, : k // 2 * 2 : 2]
    return kind, (w, a)


def batches(engine: Engine, total: int, seed: int, k: int) -> Iterator[Tile]:
    """Endless-looking random tiles of one length for bulk runs, ``total`` of them."""
    rng = np.random.default_rng(seed)
    for index in range(total):
        kind, pair = _operands(engine, KINDS[index % len(KINDS)], k, rng)
        yield make_tile(engine, kind, *pair, rng)
