"""Rows of a table, such as the embedding of words: only those that are asked for are read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden import storage
from ...golden.tensor import single
from ..conventions.plain import ELEMENTS
from ..matrix import Matrix

Array = npt.NDArray[Any]


class Table:
    """A matrix of which rows are looked up.

    Rows that lie one after the other in one array are read by themselves. Where a scheme mixes
    them, the first look-up reads all.
    """

    def __init__(self, matrix: Matrix):
        self.matrix = matrix
        self._whole: Array | None = None

    def __call__(self, rows: Array) -> Array:
        """FP32 (rows, K), the values as the file's own tool computes them."""
        stored, shape = self.matrix.arrays[0], self.matrix.shape
        if len(self.matrix.arrays) > 1 or stored.shape != shape or self.matrix.tool is not None:
            if self._whole is None:
                self._whole = self.matrix.values().astype(np.float32)
            return self._whole[rows]
        if stored.type in ELEMENTS:
            found = single(self.matrix.operand, stored.array()[rows])
        else:
            data = np.ascontiguousarray(stored.bytes().reshape(shape[0], -1)[rows])
            found = storage.unpack(stored.type, data, (len(rows), shape[1]))
        return found.dequantize().astype(np.float32)
