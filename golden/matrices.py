"""Matrices that an engine multiplies, and how they are cut into blocks of rows and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .matmul import Result
from .streams import Field
from .tensor import Quantized

Array = npt.NDArray[Any]


class Tiled(Protocol):
    """What decides the order of tiles."""

    @property
    def rows(self) -> int: ...

    @property
    def cols(self) -> int: ...

    @property
    def results(self) -> int:
        """Results that leave in a beat, where they leave one after the other."""

    @property
    def stationary(self) -> bool:
        """Whether weights stay while activations pass."""

    @property
    def group_steps(self) -> int | None:
        """Steps after which the sums close; None where they span the reduction."""

    def step_of(self, mode: int) -> int:
        """Elements of K that a step of a mode takes."""


@dataclass(frozen=True, kw_only=True)
class Matrices:
    """What an engine multiplies.

    Parameters
    ----------
    weight, activation : N × K and M × K.
    bias : codes (N,) of the output's bias format, or None.
    initial : (N, M) integers that the sums start from, or None.
    answer : what must come out, (N, M) or (outputs, N, M); None where nobody knows yet.
    mode : of the engine's.
    """

    weight: Quantized
    activation: Quantized
    bias: Array | None = None
    initial: Array | None = None
    answer: Result | None = None
    mode: int = 0

    @property
    def k(self) -> int:
        return self.weight.shape[1]

    def side(self, field: Field) -> Quantized:
        return self.activation if field.side else self.weight


@dataclass(frozen=True)
class Blocks:
    """Which rows and columns the reductions take: indexes (row blocks, rows), (col blocks, cols)"""

    rows: Array
    cols: Array

    @classmethod
    def of(cls, shape: tuple[int, int], plan: Tiled) -> Blocks:
        """All of an N × M result; the last blocks repeat its last row and column."""
        return cls(_blocks(shape[0], plan.rows), _blocks(shape[1], plan.cols))


def _blocks(count: int, size: int) -> Array:
    return np.minimum(np.arange(-(-count // size) * size), count - 1).reshape(-1, size)
