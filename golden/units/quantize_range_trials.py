"""What quantizers with a zero point are tried with beside all else: ranges that say where a scale
is rounded, and values that are half-way between codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from .quantize import Quantize

Array = npt.NDArray[Any]


def steps(unit: Quantize, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Multiples of half a scale that is a power of two, between ends as far apart as all codes."""
    most = (1 << unit.element.bits) - 1
    blocks = _blocks(unit, shape)
    low = rng.integers(-most, 1, (blocks, 1))
    x = low + rng.integers(0, 2 * most + 1, (blocks, unit.block)) / 2
    x[:, :1], x[:, -1:] = low, low + most
    x = rng.permuted(x, axis=1)
    # Some are a last place beside the tie.
    near = rng.integers(-1, 2, x.shape) * (rng.random(x.shape) < 0.3)
    x = x * (1 + near * 2.0**-(unit.source.mantissa_width))
    return _shaped(x, shape, rng)


def ends(unit: Quantize, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Blocks whose one end is all steps, the other next to half a last place of the scale or far
    below; some lie on one side of zero."""
    most = (1 << unit.element.bits) - 1
    blocks = _blocks(unit, shape)
    place = rng.choice([1, 0, -1, 3, 8, 20], (blocks, 1)) + unit.scale.significand_width
    moved = 1 + rng.integers(-1, 2, (blocks, 1)) * 2.0**-unit.source.mantissa_width
    x = rng.uniform(-most, most, (blocks, unit.block)) * 2.0 ** -rng.integers(0, 8, (blocks, 1))
    other = -most * np.exp2(-place) * moved
    x = np.clip(x, other, most)
    x[:, :1], x[:, -1:] = most, other
    one_side = rng.random((blocks, 1)) < 0.2
    x = np.where(one_side, np.abs(x), x)
    x = rng.permuted(x, axis=1) * np.where(rng.random((blocks, 1)) < 0.5, -1, 1)
    return _shaped(x, shape, rng)


def _blocks(unit: Quantize, shape: tuple[int, int]) -> int:
    return -(-shape[0] * shape[1] // unit.block)


def _shaped(x: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Blocks one after the other as beats, each times a power of two."""
    x = x * np.exp2(rng.integers(-12, 12, (len(x), 1)))
    return np.asarray(x.reshape(-1)[: shape[0] * shape[1]].reshape(shape))
