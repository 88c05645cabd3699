"""Arrays of codes and integers to and from what a compiled engine takes and gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..hw.ports import Stream

Array = npt.NDArray[Any]

#: Integers of at most so many bits are int64, wider ones Python's.
NARROW = 62


def words(bits: int) -> int:
    """32-bit words that hold ``bits``."""
    return -(-bits // 32)


def steps(codes: Array, lanes: int) -> Array:
    """Codes (vectors, K) -> (steps, vectors * lanes): what each step takes, lane 0 first."""
    vectors, k = codes.shape
    parts = codes.reshape(vectors, k // lanes, lanes).transpose(1, 0, 2)
    return np.asarray(parts.reshape(k // lanes, -1))


def blocks(codes: Array, vectors: int, lanes: int) -> Array:
    """Codes (N, K) -> (blocks, steps, vectors * lanes); the last block repeats its last vector."""
    n, k = codes.shape
    count = -(-n // vectors)
    filled = codes[np.minimum(np.arange(count * vectors), n - 1)]
    parts = filled.reshape(count, vectors, k // lanes, lanes).transpose(0, 2, 1, 3)
    return np.asarray(parts.reshape(count, k // lanes, vectors * lanes))


def spread(matrix: Array, rows: int, cols: int) -> Array:
    """(N, M) -> (blocks, rows * cols), row blocks outermost; the edges repeat."""
    n, m = (-(-size // part) for size, part in zip(matrix.shape, (rows, cols), strict=True))
    row = np.minimum(np.arange(n * rows), matrix.shape[0] - 1)
    col = np.minimum(np.arange(m * cols), matrix.shape[1] - 1)
    parts = matrix[row][:, col].reshape(n, rows, m, cols).transpose(0, 2, 1, 3)
    return np.asarray(parts.reshape(n * m, rows * cols))


def join(results: Array, rows: int, cols: int, across: int) -> Array:
    """(blocks, rows * cols) -> the matrix, ``across`` blocks beside each other; undoes spread."""
    parts = results.reshape(-1, across, rows, cols).transpose(0, 2, 1, 3)
    return np.asarray(parts.reshape(-1, across * cols))


def to_words(values: Array, bits: int) -> Array:
    """Integers (…) as two's complement of ``bits`` bits: uint32 (…, words), low word first."""
    exact = values.astype(np.int64 if bits <= NARROW else object) & ((1 << bits) - 1)
    parts = [(exact >> (32 * index)) & 0xFFFFFFFF for index in range(words(bits))]
    return np.stack(parts, axis=-1).astype(np.uint32)


def from_words(stream: Stream, found: Array) -> Array:
    """The values in uint32 (…, words) of a stream's lanes: int64, or Python integers if wide."""
    kind = np.int64 if stream.bits <= NARROW else object
    value = np.zeros(found.shape[:-1], kind)
    for index in range(words(stream.bits)):
        value |= found[..., index].astype(kind) << (32 * index)
    value &= (1 << stream.bits) - 1
    if stream.signed:
        value -= (value >> (stream.bits - 1)) << stream.bits
    return value


def flags_of(stream: Stream, found: Array) -> dict[str, Array]:
    """The lanes' flags, bool (…), by name; those that the stream does not carry are left out."""
    places = enumerate(stream.flags, stream.bits)
    return {name: (found[..., at // 32] >> (at % 32) & 1).astype(bool) for at, name in places}
