"""Matrix products by BLAS, in pieces so small that it does not start threads of its own.

On a busy machine such threads wait for each other longer than a product takes.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: Products of numbers in one call: OpenBLAS takes one thread up to here.
CALL = 1 << 18
#: Of K in one call, where there are many rows and columns.
DEPTH = 256
#: Columns that count as few: then K is not cut.
FEW = 8


def product(left: Array, right: Array) -> Array:
    """(…, N, K), (…, M, K) -> (…, N, M): sums of products over K, in the order of BLAS.

    So they are what they should be only where the type holds every sum of some of the products.
    """
    (n, k), m = left.shape[-2:], right.shape[-2]
    turned = right.swapaxes(-1, -2)
    if n * m * k <= CALL:
        return np.asarray(np.matmul(left, turned))
    depth = k if m <= FEW else min(k, DEPTH)
    columns = min(m, max(1, isqrt(CALL // depth)))
    rows = max(1, CALL // (depth * columns))
    result = np.empty((*left.shape[:-1], m), left.dtype)
    for top in range(0, n, rows):
        for side in range(0, m, columns):
            place = (..., slice(top, top + rows), slice(side, side + columns))
            for begin in range(0, k, depth):
                part = slice(begin, begin + depth)
                w, a = left[..., place[1], part], turned[..., part, place[2]]
                if begin:
                    result[place] += np.matmul(w, a)
                else:
                    np.matmul(w, a, out=result[place])
    return result
