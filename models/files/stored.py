"""An array as a file stores it: where its bytes lie, and what type the file says they have."""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError, check_ordinary

Array = npt.NDArray[Any]

#: More elements than this no array of a model has; products of lengths stay far below 2**63.
MOST_ELEMENTS = 1 << 40

#: Types that NumPy has, by the names that we use for them.
NUMPY = {
    "bool": "|b1",
    "uint8": "|u1",
    "int8": "|i1",
    **{f"{kind}{8 * size}": f"<{kind[0]}{size}" for kind in ("uint", "int") for size in (2, 4, 8)},
    **{f"float{8 * size}": f"<f{size}" for size in (2, 4, 8)},
}

#: Types that hold codes of a format, one a word: our name -> (golden's format, bytes).
CODES = {
    "bfloat16": ("bf16", 2),
    "float8_e4m3fn": ("e4m3", 1),
    "float8_e5m2": ("e5m2", 1),
    "float8_e8m0fnu": ("e8m0", 1),
}


@dataclass(frozen=True)
class Stored:
    """One array of a file. Nothing is read before it is asked for.

    Parameters
    ----------
    name : as the file calls it.
    shape : lengths of its axes, the slowest first.
    type : what the elements are, by NumPy's and ml_dtypes' names, or a GGUF block type ("q4_1").
    path : the file.
    offset, size : where its bytes lie, and how many.
    held : its bytes, where they do not lie in the file as they are; None else.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    path: Path
    offset: int
    size: int
    held: bytes | None = field(default=None, repr=False)

    @property
    def count(self) -> int:
        """Elements."""
        return prod(self.shape)

    def bytes(self) -> Array:
        """Its bytes, mapped from the file if they lie there; DesignError for a file that has become
        shorter since it was opened."""
        if self.held is not None:
            return np.frombuffer(self.held, np.uint8)
        found = mapped(self.path)[self.offset : self.offset + self.size]
        if len(found) != self.size:
            raise DesignError(
                f"{self.path.name}: {self.name} is no longer all there: the file was changed while "
                "it was read"
            )
        return found

    def array(self) -> Array:
        """The elements; those of :data:`CODES` as unsigned integers. DesignError for blocks."""
        if self.type in NUMPY:
            return self.bytes().view(NUMPY[self.type]).reshape(self.shape)
        if self.type in CODES:
            return self.bytes().view(f"<u{CODES[self.type][1]}").reshape(self.shape)
        raise DesignError(f"{self.path.name}: {self.name} is stored in blocks of {self.type}")


def mapped(path: Path) -> Array:
    """The bytes of ``path``, mapped and read-only."""
    check_ordinary(path)
    with path.open("rb") as file:
        if not path.stat().st_size:
            return np.zeros(0, np.uint8)
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)


def elements(where: str, shape: tuple[int, ...]) -> int:
    """How many elements an array of ``shape`` has; DesignError, which begins with ``where``, for
    more than any model's."""
    count = 1
    for length in shape:
        count *= length
        if count > MOST_ELEMENTS:
            raise DesignError(
                f"{where}: shape {shape} has more than 2^40 elements; the file is damaged"
            )
    return count
