"""Who multiplies weights with activations in a network: FP32, or one of our designs.

A product is called with a matrix of the model and vectors, and gives a vector each. Everything else
in a network is computed in FP32 by the network itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError
from ...golden.matmul import Result, matmul
from ...golden.quantize import quantize
from ...golden.tensor import Quantized
from ..matrix import Matrix
from ..running import fitted
from ..serving import Served, engine_for, serve

Array = npt.NDArray[Any]

#: What names the design of each matrix, and FP32, where a design is named.
FILE, FLOAT = "file", "float"


class Product(Protocol):
    """Multiplies matrices of a model."""

    @property
    def name(self) -> str:
        """Of the design, for tables."""

    def __call__(self, matrix: Matrix, x: Array) -> Array:
        """``x`` (vectors × K, FP32) times the transposed matrix: FP32 (vectors × rows)."""

    def bits(self, matrix: Matrix) -> float:
        """Bits a weight, scales and all."""


@dataclass
class FloatProduct:
    """Products in FP32, of the weights' values as the file's own tool computes them."""

    name: str = FLOAT
    kept: dict[str, Array] = field(default_factory=dict)

    def __call__(self, matrix: Matrix, x: Array) -> Array:
        if matrix.name not in self.kept:
            self.kept[matrix.name] = matrix.values().astype(np.float32).T
        return np.asarray(x @ self.kept[matrix.name], np.float32)

    def bits(self, matrix: Matrix) -> float:
        return 32


@dataclass
class DesignProduct:
    """Products of the golden model of a design: activations are quantized as it says.

    Weights are read once, and kept as codes and scales. A design whose activations have one scale
    for the whole tensor takes it from all vectors of a call.

    Parameters
    ----------
    name : a design for all matrices, or "file": each matrix has its own, as
        :func:`macsmith.models.serving.engine_for` finds it.
    """

    name: str = FILE
    kept: dict[str, Served] = field(default_factory=dict)

    def served(self, matrix: Matrix) -> Served:
        """The weights as the design takes them. DesignError, in one line, where it cannot."""
        if matrix.name not in self.kept:
            self.kept[matrix.name] = self._serve(matrix)
        return self.kept[matrix.name]

    def _serve(self, matrix: Matrix) -> Served:
        if self.name == FILE:
            try:
                engine_for(matrix)
            except DesignError as error:
                raise DesignError(
                    f"{matrix.name}: {error}; name one with --design, or --design {FLOAT}"
                ) from None
        served = fitted(serve(matrix, None if self.name == FILE else self.name))
        outputs, form = served.engine.arithmetic.outputs, served.engine.arithmetic.output
        if outputs != 1 or form.bias is not None or served.engine.arithmetic.initial is not None:
            raise DesignError(
                f"{served.engine.name}: networks take designs with one result and without bias and "
                "initial sums"
            )
        return served

    def __call__(self, matrix: Matrix, x: Array) -> Array:
        return values(self.multiply(matrix, x)[1])

    def multiply(self, matrix: Matrix, x: Array) -> tuple[Quantized, Result]:
        """The activations as the design takes them, and the golden result (rows × vectors)."""
        served = self.served(matrix)
        codes = quantize(matrix.inputs(x), served.engine.arithmetic.activation)
        return codes, matmul(served.engine, served.weight, codes)

    def bits(self, matrix: Matrix) -> float:
        return bits_a_weight(self.served(matrix).weight)


def product(design: str = FILE) -> Product:
    """The product that is called ``design``: "file", "float", or a design's name."""
    return FloatProduct() if design == FLOAT else DesignProduct(design)


def values(answer: Result) -> Array:
    """Results as FP32 (vectors × rows); rounded where a raw sum has more bits."""
    return answer.decode().T.astype(np.float32)


def bits_a_weight(given: Quantized) -> float:
    """Bits of codes, scales, tables' choices and places that are kept, over the weights."""
    operand = given.operand
    total = sum(codes.size * operand.codes[name].bits for name, codes in given.codes.items())
    total += sum(given.scales[level.name].size * level.format.bits for level in operand.levels)
    if given.select is not None and operand.select is not None:
        total += given.select.size * operand.select.width
    if given.indices is not None and operand.structure is not None:
        total += given.indices.size * (operand.structure.window - 1).bit_length()
    rows, columns = given.shape
    return float(total) / (rows * columns)
