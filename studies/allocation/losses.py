"""What a matrix loses under a design: noise of its operands, times how much the network minds.

The noise of a product is taken as the sum of that of its operands, each alone relative to its
signal: errors of weights and of activations are independent, and those of the accumulation far
smaller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.description import Operand
from ...golden.errors import DesignError
from ...models.folding import fold
from ...models.matrix import Matrix
from ...models.naming import alike
from ..accuracy import quantized
from .choices import Choice

Array = npt.NDArray[Any]

#: Rows of a matrix and vectors of activations that are tried, evenly spread.
ROWS, VECTORS = 128, 32

#: Of the eigenvalues, the share that is taken for the tail.
TAIL = 0.1


@dataclass(frozen=True)
class Item:
    """A matrix, or a block of its columns.

    Parameters
    ----------
    name : the matrix's, and columns in brackets if these are not all.
    matrix : what it is of.
    first, last : columns, the last not included.
    """

    name: str
    matrix: Matrix
    first: int
    last: int

    @property
    def k(self) -> int:
        return self.last - self.first

    @property
    def count(self) -> int:
        """Weights."""
        return self.matrix.shape[0] * self.k


def items(matrices: Sequence[Matrix], block: int | None = None) -> list[Item]:
    """Each matrix, or each block of ``block`` of its columns; the last may be shorter."""
    found = []
    for matrix in matrices:
        k = matrix.shape[1]
        if block is None or block >= k:
            found.append(Item(matrix.name, matrix, 0, k))
            continue
        for first in range(0, k, block):
            last = min(first + block, k)
            found.append(Item(f"{matrix.name}[{first}:{last}]", matrix, first, last))
    return found


def noise(values: Array, operand: Operand) -> float:
    """Squared error of quantized values (rows × K), relative to their squares."""
    codes, scales = quantized(values, operand)
    error = codes.dequantize() * scales - values
    return float((error**2).sum() / max(float((values**2).sum()), 1e-300))


def noises(
    given: Sequence[Item],
    chosen: Sequence[Choice],
    inputs: Mapping[str, Array] | None = None,
    seed: int = 1,
) -> tuple[Array, Array, tuple[str, ...]]:
    """The noise of each item's product under each choice, relative to its signal: (items, choices).

    Parameters
    ----------
    inputs : activations (vectors × K) of a matrix, by name; normal numbers where there are none.

    Returns it with what is possible at all, and a line for each choice that is not always.
    """
    shape = len(given), len(chosen)
    found, possible = np.zeros(shape), np.ones(shape, bool)
    drawn = np.random.default_rng(seed).normal(size=(VECTORS, max(item.k for item in given)))
    known: dict[tuple[int, int], float] = {}
    why: dict[str, str] = {}
    matrix, values, exact = None, np.zeros((0, 0)), list[Operand]()
    for row, item in enumerate(given):
        if matrix is not item.matrix:
            matrix = item.matrix
            values, exact = spread(matrix.values(), ROWS), as_stored(matrix)
        weight = values[:, item.first : item.last]
        own = None if inputs is None else inputs.get(item.matrix.name)
        for column, choice in enumerate(chosen):
            operands = choice.arithmetic.weight, choice.arithmetic.activation
            try:
                if not holds(exact, operands[0]):
                    found[row, column] = noise(weight, operands[0])
                if own is not None:
                    part = own[:, item.first : item.last]
                    found[row, column] += noise(part, operands[1])
                    continue
                if (column, item.k) not in known:
                    known[column, item.k] = noise(drawn[:, : item.k], operands[1])
                found[row, column] += known[column, item.k]
            except DesignError as error:
                possible[row, column] = False
                why.setdefault(choice.name, f"{choice.name} does not take {item.name}: {error}")
    return found, possible, tuple(why.values())


def holds(exact: Sequence[Operand], operand: Operand) -> bool:
    """Whether ``operand`` is one of those that hold a matrix as it is."""
    return any(alike(operand, other) for other in exact)


def as_stored(matrix: Matrix) -> list[Operand]:
    """Operands that hold a matrix of a file as it is, without any rounding."""
    if not matrix.operand.levels:
        return []
    folded = fold(matrix.quantized())
    return [matrix.operand, *([folded.operand] if folded is not None else [])]


def shares(given: Sequence[Item], inputs: Mapping[str, Array] | None = None) -> Array:
    """How much of the signal of its matrix's product an item brings, (items,): 1 where it is all of
    the columns. Each column brings its weights' squares times its inputs' squares."""
    found = np.ones(len(given))
    known: dict[str, Array] = {}
    for place, item in enumerate(given):
        if item.k == item.matrix.shape[1]:
            continue
        name = item.matrix.name
        if name not in known:
            power = (spread(item.matrix.values(), ROWS) ** 2).sum(axis=0)
            if inputs is not None and name in inputs:
                power = power * (inputs[name] ** 2).sum(axis=0)
            known = {name: power / max(float(power.sum()), 1e-300)}
        found[place] = known[name][item.first : item.last].sum()
    return found


def spread(values: Array, most: int) -> Array:
    """At most so many rows, evenly spread."""
    count = min(most, len(values))
    return values[np.arange(count) * len(values) // count]


def tail(values: Array) -> float:
    """How heavy the tail of a matrix's spectrum is: the exponent of a power law, by Hill's
    estimator over the greatest tenth of the eigenvalues of W Wᵀ. Heavier tails have less.

    Source: Martin and Mahoney 2021 (heavy-tailed self-regularization).
    """
    small = values if values.shape[0] <= values.shape[1] else values.T
    eigen = np.linalg.eigvalsh(small @ small.T)
    count = min(max(10, int(TAIL * len(eigen))), len(eigen) - 1)
    if count < 1:
        raise DesignError(f"a matrix of {values.shape[0]} × {values.shape[1]} has no tail")
    ends = np.maximum(eigen[-count - 1 :], 1e-12 * max(float(eigen[-1]), 1e-300))
    return float(1 + count / max(np.log(ends[1:] / ends[0]).sum(), 1e-12))


def tails(given: Sequence[Item], power: float = 1.0) -> Array:
    """How much each item counts by its matrix's tail: (mean exponent / its own) to ``power``.

    Source: AlphaQ (2026), where it weighs experts.
    """
    known: dict[str, float] = {}
    for item in given:
        if item.matrix.name not in known:
            known[item.matrix.name] = tail(item.matrix.values())
    exponents = np.array([known[item.matrix.name] for item in given])
    return np.asarray((np.mean(list(known.values())) / exponents) ** power)
