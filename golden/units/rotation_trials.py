"""Points that are worth sending through a rotation, whatever it does."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..formats import Format, Integer
from ..streams import Beats

Array = npt.NDArray[Any]


def drawn(fmt: Format, shape: tuple[int, int], index: int, rng: np.random.Generator) -> Array:
    """Codes (vectors, points) of trial ``index``: of any value, small ones, few that are not zero,
    equal ones but for a few."""
    points = shape[1]
    legal = np.asarray(fmt.legal) if fmt.bits <= 16 else None
    if legal is None:
        any_code = rng.integers(0, 1 << fmt.bits, shape, np.uint64).astype(fmt.dtype)
    else:
        any_code = rng.choice(legal, shape).astype(fmt.dtype)
    kind = index % 4
    if kind == 0:
        return any_code
    if kind == 1:
        spread = max(fmt.high / 4, 1) * 2.0**fmt.lsb if isinstance(fmt, Integer) else 3.0
        return fmt.encode(rng.normal(0, spread, shape), saturate=True)
    zero = np.full(shape, fmt.encode(0.0), fmt.dtype)
    if kind == 2:
        return np.where(rng.random(shape) < 2 / points, any_code, zero)
    # Equal points cancel in every step, but for a few.
    same = np.broadcast_to(any_code[:, :1], shape)
    return np.where(rng.random(shape) < 1 / points, any_code, same)


def in_beats(blocks: Array, lanes: int) -> Array:
    """Vectors side by side (blocks, vectors, points) -> beats (all, vectors × lanes)."""
    count, vectors, points = blocks.shape
    parts = blocks.reshape(count, vectors, points // lanes, lanes).transpose(0, 2, 1, 3)
    return parts.reshape(-1, vectors * lanes)


def in_blocks(beats: Array, vectors: int, points: int) -> Array:
    """Beats of whole blocks (all, vectors × lanes) -> (blocks, vectors, points)."""
    lanes = beats.shape[1] // vectors
    parts = beats.reshape(-1, points // lanes, vectors, lanes).transpose(0, 2, 1, 3)
    return parts.reshape(-1, vectors, points)


def trial(codes: Array, lanes: int, rng: np.random.Generator | None) -> dict[str, Beats]:
    """The beats of a block of codes (vectors, points); it ends a reduction, or not."""
    beats = in_beats(codes[None], lanes)
    last = np.zeros(len(beats), bool)
    last[-1] = rng is None or rng.random() < 0.5
    return {"points": Beats((beats,), (None,), last)}
