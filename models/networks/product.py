"""Who multiplies weights with activations in a network: FP32, or one of our designs.

A product is called with a matrix of the model and vectors, and gives a vector each. Everything else
in a network is computed in FP32 by the network itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
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
        return np.asarray(x @ self.values(matrix).T, np.float32)

    def values(self, matrix: Matrix) -> Array:
        """The weights in FP32 (rows × K), read once."""
        if matrix.name not in self.kept:
            self.kept[matrix.name] = matrix.values().astype(np.float32).T
        return self.kept[matrix.name].T

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

    def design_of(self, matrix: Matrix) -> str | None:
        """The name of its design; None for the one that serves what the file holds."""
        return None if self.name == FILE else self.name

    def _serve(self, matrix: Matrix) -> Served:
        name = self.design_of(matrix)
        if name is None:
            try:
                engine_for(matrix)
            except DesignError as error:
                raise DesignError(
                    f"{matrix.name}: {error}; name one with --design, or --design {FLOAT}"
                ) from None
        served = fitted(serve(matrix, name))
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


@dataclass
class AllocatedProduct(DesignProduct):
    """Products of a design for each matrix, as :mod:`macsmith.studies.allocation` finds them.

    Parameters
    ----------
    designs : by name of the matrix.
    """

    name: str = "allocated"
    designs: Mapping[str, str] = field(default_factory=dict)

    def design_of(self, matrix: Matrix) -> str:
        if matrix.name not in self.designs:
            raise DesignError(f"{self.name} has no design for {matrix.name}")
        return self.designs[matrix.name]


def product(design: str = FILE) -> Product:
    """The product called ``design``: "file", "float", a design's name, or a file with a design
    for each matrix, as ``macsmith allocate --out`` writes it."""
    if design == FLOAT:
        return FloatProduct()
    if design.endswith(".json"):
        return AllocatedProduct(design, designs=read_designs(Path(design)))
    return DesignProduct(design)


def read_designs(path: Path) -> dict[str, str]:
    """The design of each matrix in a file of ``macsmith allocate --out``. DesignError if it is
    none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DesignError(f"{path} cannot be read as an allocation: {error}") from None
    designs = found.get("designs") if isinstance(found, dict) else None
    if not isinstance(designs, dict) or not all(isinstance(d, str) for d in designs.values()):
        raise DesignError(f"{path} must have {{\"designs\": {{matrix: design, …}}}}, as macsmith "
                          "allocate --out writes it")  # fmt: skip
    return designs


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
