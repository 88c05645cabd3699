"""The shape of a stored matrix."""

from __future__ import annotations

from numbers import Integral
from operator import index

from ..errors import DesignError

Shape = tuple[int, int]

#: Elements of a matrix: their places fit in int64, and in no memory.
MOST_ELEMENTS = 1 << 48


def check_matrix(name: str, shape: object) -> Shape:
    """``shape`` of a matrix as two whole numbers; DesignError, which begins with ``name``, else."""
    sizes = [*shape] if isinstance(shape, tuple | list) else []
    whole = all(isinstance(size, Integral) and not isinstance(size, bool) for size in sizes)
    if len(sizes) == 2 and whole:
        rows, columns = map(index, sizes)
        if min(rows, columns) >= 1:
            if rows * columns > MOST_ELEMENTS:
                raise DesignError(
                    f"{name}: a matrix has {MOST_ELEMENTS} elements at most, got {rows} × {columns}"
                )
            return rows, columns
    raise DesignError(f"{name}: a matrix is rows × K, both at least 1, got {shape}")
