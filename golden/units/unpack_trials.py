"""What unpackers are tried with: any bytes are a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..streams import Beats

if TYPE_CHECKING:
    from .unpack import Unpack


def lengths(unit: Unpack) -> dict[str, int]:
    """Bytes of each stream in a period."""
    return {name: unit.period // words.beats * words.size for name, words in unit.words.items()}


def drawn(unit: Unpack, rng: np.random.Generator) -> dict[str, Beats]:
    """A period of random bytes; some are all zeros or all ones."""
    found = {}
    for name, length in lengths(unit).items():
        data = rng.integers(0, 256, length, np.uint8)
        same = rng.random(length) < 0.1
        found[name] = unit.beats(np.where(same, (data & 1) * np.uint8(255), data))
    return found


def filled(unit: Unpack, byte: int) -> dict[str, Beats]:
    """A period of the same bytes."""
    return {
        name: unit.beats(np.full(length, byte, np.uint8)) for name, length in lengths(unit).items()
    }
