"""Codes in dense words, the first in the lowest bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def unpacked(words: Array, bits: int, count: int) -> Array:
    """The first ``count`` codes of each row of little-endian ``words``: uint8 (rows, count).

    Codes of ``bits`` bits follow each other without gaps, and may run across words.
    """
    raw = np.ascontiguousarray(words).view(np.uint8).reshape(len(words), -1)
    if bits == 8:
        return raw[:, :count]
    if bits == 4:
        found = np.empty((len(raw), 2 * raw.shape[1]), np.uint8)
        found[:, 0::2], found[:, 1::2] = raw & 15, raw >> 4
        return found[:, :count]
    flat = np.unpackbits(raw, axis=1, count=count * bits, bitorder="little")
    places = flat.reshape(len(raw), count, bits)
    return np.packbits(places, axis=2, bitorder="little")[:, :, 0]


def words_needed(count: int, bits: int) -> int:
    """32-bit words that hold ``count`` codes."""
    return -(-count * bits // 32)
