"""N:M sparsity: of every so many neighbours along K, a few may differ from zero."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DesignError

Array = npt.NDArray[Any]

#: Longest window.
MOST = 64


@dataclass(frozen=True)
class Sparse:
    """``kept`` elements of every ``window`` consecutive ones of a row; the others are zero."""

    kept: int
    window: int

    def __post_init__(self) -> None:
        if not 1 <= self.kept < self.window <= MOST:
            raise DesignError(
                f"a sparse structure keeps 1 to {MOST - 1} elements of a longer window of up to "
                f"{MOST}, such as 2:4; got {self}"
            )

    def __str__(self) -> str:
        return f"{self.kept}:{self.window}"

    @property
    def index_bits(self) -> int:
        """Bits of the position of an element in its window."""
        return (self.window - 1).bit_length()

    def compressed(self, columns: int, what: str) -> int:
        """How many of so many elements are kept; DesignError unless they are whole windows."""
        if columns % self.window:
            whole = -(-columns // self.window) * self.window
            raise DesignError(
                f"{what} must be a multiple of {self.window} ({self}), got {columns}",
                *([{"k_max": whole}] if what == "k-max" else []),
            )
        return columns // self.window * self.kept

    def count(self, columns: int) -> int:
        """How many of so many elements are kept: of a last window that is not whole as many as of
        any, or all that it has."""
        return columns // self.window * self.kept + min(columns % self.window, self.kept)

    def spread(self, kept: int) -> int:
        """Among how many elements so many are kept, in whole windows, or in a last one that has
        fewer elements than it may keep."""
        return kept // self.kept * self.window + kept % self.kept

    def positions(self, indices: Array) -> Array:
        """Where along K elements stand, by their positions in windows: both (rows, kept)."""
        window = np.arange(indices.shape[1]) // self.kept * self.window
        return np.asarray(window + indices.astype(np.int64))


def parse_structure(text: Any) -> Sparse:
    """``2:4``."""
    match = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", str(text))
    if match is None:
        raise DesignError(f"a structure is kept:window, such as 2:4; got {text!r}")
    return Sparse(int(match[1]), int(match[2]))
