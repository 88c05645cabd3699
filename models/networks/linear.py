"""A layer of weights: a product, and a bias behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..matrix import Matrix
from .product import Product

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Linear:
    """A matrix of weights, and its bias (FP32, added after the product) if there is one."""

    matrix: Matrix
    bias: Array | None = None

    def __call__(self, product: Product, x: Array) -> Array:
        """FP32 (vectors, rows) of ``x`` (vectors, K)."""
        y = product(self.matrix, x)
        return y if self.bias is None else np.asarray(y + self.bias, np.float32)
