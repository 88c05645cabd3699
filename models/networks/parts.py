"""What stands between the products of a network: norms, rotations, softmax, gates. All in FP32."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def rms_norm(x: Array, weight: Array, eps: float) -> Array:
    """x / sqrt(mean(x²) + eps) · weight, over the last axis."""
    mean = np.mean(x * x, axis=-1, keepdims=True, dtype=np.float32)
    return np.asarray(x / np.sqrt(mean + np.float32(eps)) * weight, np.float32)


def layer_norm(x: Array, weight: Array, bias: Array, eps: float) -> Array:
    """(x − mean) / sqrt(variance + eps) · weight + bias, over the last axis."""
    centred = x - np.mean(x, axis=-1, keepdims=True, dtype=np.float32)
    variance = np.mean(centred * centred, axis=-1, keepdims=True, dtype=np.float32)
    return np.asarray(centred / np.sqrt(variance + np.float32(eps)) * weight + bias, np.float32)


def softmax(x: Array) -> Array:
    """exp(x) / Σ exp(x) over the last axis."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def silu(x: Array) -> Array:
    """x · sigmoid(x)."""
    with np.errstate(over="ignore"):  # exp of a great number: the quotient is zero, as it should be
        return np.asarray(x / (1 + np.exp(-x)), np.float32)


_erf = np.frompyfunc(math.erf, 1, 1)


def gelu(x: Array) -> Array:
    """x · Φ(x), with the error function; not the approximation by tanh."""
    erf = np.asarray(_erf(x / math.sqrt(2)), np.float64)
    return np.asarray(x * 0.5 * (1 + erf), np.float32)


def angles(positions: Array, size: int, base: float, factors: Array | None = None) -> Array:
    """What pair i of a head turns by at each position: position · base^(−2i / size), divided by
    the model's own factors where it has some; float64 (positions, size / 2)."""
    frequencies = base ** (-np.arange(0, size, 2, dtype=np.float64) / size)
    if factors is not None:
        frequencies = frequencies / factors
    return np.outer(positions, frequencies)


def rotate(x: Array, turns: Array, neighbours: bool) -> Array:
    """Rotary position embedding of ``x`` (positions, heads, size) by ``turns`` (positions, size/2).

    ``neighbours``: a pair is elements 2i and 2i + 1 (GGUF); else i and i + size/2 (Hugging Face).
    """
    cosine = np.cos(turns).astype(np.float32)[:, None]
    sine = np.sin(turns).astype(np.float32)[:, None]
    half = x.shape[-1] // 2
    found = np.empty_like(x)
    one = np.s_[..., 0::2] if neighbours else np.s_[..., :half]
    other = np.s_[..., 1::2] if neighbours else np.s_[..., half:]
    found[one] = x[one] * cosine - x[other] * sine
    found[other] = x[other] * cosine + x[one] * sine
    return found


def attend(
    query: Array,
    key: Array,
    value: Array,
    before: int | None,
    weigh: Callable[[Array], Array] = softmax,
) -> Array:
    """softmax(Q Kᵀ / sqrt(size)) V, each head by itself.

    Parameters
    ----------
    query : (positions, heads, size).
    key, value : (kv heads, all positions, size); query heads h share kv head h // group.
    before : positions that precede the first query; a query sees them, those before it, and
        itself. None: it sees all.
    weigh : makes weights of scores (heads, positions, all positions), -infinity where none is seen.
    """
    count, heads, size = query.shape
    shared, length, _ = key.shape
    grouped = query.transpose(1, 0, 2).reshape(shared, heads // shared * count, size)
    scores = grouped @ key.transpose(0, 2, 1) / np.float32(math.sqrt(size))
    scores = scores.reshape(heads, count, length)
    if before is not None:
        later = np.arange(length) > before + np.arange(count)[:, None]
        scores = np.where(later, np.float32(-np.inf), scores)
    weights = weigh(scores).reshape(shared, heads // shared * count, length)
    mixed = (weights @ value).reshape(heads, count, size)
    return np.ascontiguousarray(mixed.transpose(1, 0, 2)).reshape(count, heads * size)
