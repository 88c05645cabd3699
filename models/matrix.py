"""A matrix of a model: its scheme, and how to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Operand
from ..golden.tensor import Quantized
from .files import Stored

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Matrix:
    """Weights that a model multiplies with: ``rows`` output channels × K inputs.

    Parameters
    ----------
    name : of the layer's weight, as the file calls it without what the scheme adds.
    shape : (rows, K).
    scheme : how the weights are stored, in a few words.
    operand : what codes and scales mean.
    arrays : what of the file belongs to it.
    reader : reads codes and scales.
    notes : conventions of this file that others do differently, and what of it tells them.
    order : reads the order of the inputs, where the file has them sorted: input i of the matrix is
        input ``order[i]`` of the layer.
    tool : reads the weights as the scheme's own tool computes them, where that rounds.
    """

    name: str
    shape: tuple[int, int]
    scheme: str
    operand: Operand
    arrays: tuple[Stored, ...]
    reader: Callable[[], Quantized]
    notes: tuple[str, ...] = ()
    order: Callable[[], Array] | None = None
    tool: Callable[[], Array] | None = None

    @property
    def count(self) -> int:
        """Weights."""
        return self.shape[0] * self.shape[1]

    @property
    def size(self) -> int:
        """Bytes in the file, scales and all."""
        return sum(stored.size for stored in self.arrays)

    @property
    def bits(self) -> float:
        """Bits a weight in the file."""
        return 8 * self.size / max(self.count, 1)

    def quantized(self) -> Quantized:
        """Codes and scales, as :func:`macsmith.matmul` and hardware take them."""
        return self.reader()

    def values(self) -> Array:
        """The weights: float64 (rows, K), the inputs in the layer's own order.

        What codes and scales stand for, as the tool that wrote them computes it before it rounds
        to the type that it multiplies in (FP16, BF16)."""
        if self.tool is not None:
            return np.asarray(self.tool(), np.float64)
        values = self.quantized().dequantize()
        if self.order is not None:
            values[:, self.order()] = values.copy()
        return values

    def inputs(self, x: Array) -> Array:
        """Activations (M × K) of the layer, in the order of the matrix."""
        return x if self.order is None else x[:, self.order()]


@dataclass(frozen=True)
class Refused:
    """An array that looks like a matrix and is not read, and why."""

    name: str
    why: str
    size: int = 0
