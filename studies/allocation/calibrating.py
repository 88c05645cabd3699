"""How much a language model minds noise in each matrix, measured on a text.

One product at a time is computed with quantized operands, everything else in FP32. What the
network's answer moves, over the noise of that product, is the matrix's gain: to the second order
the divergence is proportional to the power of the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError
from ...models.matrix import Matrix
from ...models.networks.diverging import divergence
from ...models.networks.llama import Llama
from ...models.networks.product import FloatProduct, Product
from ..accuracy import quantized
from .choices import Choice
from .losses import VECTORS, as_stored, holds, spread

Array = npt.NDArray[Any]

#: Divergences below are rounding of FP32: a gain is that of this at least.
LEAST = 1e-9


@dataclass
class Recording(FloatProduct):
    """FP32 products that keep some of the vectors they saw, by name of the matrix."""

    seen: dict[str, Array] = field(default_factory=dict)

    def __call__(self, matrix: Matrix, x: Array) -> Array:
        self.seen[matrix.name] = spread(np.asarray(x, np.float64), VECTORS)
        return super().__call__(matrix, x)


@dataclass
class Probe:
    """FP32 products, but for one matrix with the operands of a choice.

    Parameters
    ----------
    plain : for all others.
    matrix : name of the one.
    choice : what it is quantized for; weights that are stored so stay as they are.
    """

    plain: FloatProduct
    matrix: str
    choice: Choice
    name: str = "probe"

    def __call__(self, matrix: Matrix, x: Array) -> Array:
        if matrix.name != self.matrix:
            return self.plain(matrix, x)
        w, arithmetic = self.plain.values(matrix), self.choice.arithmetic
        if not holds(as_stored(matrix), arithmetic.weight):
            weight, scales = quantized(w, arithmetic.weight)
            w = (weight.dequantize() * scales).astype(np.float32)
        codes, ahead = quantized(x, arithmetic.activation)
        return np.asarray((codes.dequantize() * ahead).astype(np.float32) @ w.T, np.float32)

    def bits(self, matrix: Matrix) -> float:
        return self.plain.bits(matrix)


@dataclass(frozen=True)
class Calibration:
    """A network's answers to a text in FP32.

    Parameters
    ----------
    network, tokens : whose, to what.
    plain : products in FP32, with the weights that were read.
    inputs : vectors that each matrix saw, by name.
    logits : (positions, vocabulary).
    """

    network: Llama
    tokens: tuple[int, ...]
    plain: FloatProduct
    inputs: dict[str, Array]
    logits: Array

    def divergence(self, product: Product) -> float:
        """Mean Kullback-Leibler divergence of the next token, in nats: of the answers with
        ``product`` from those in FP32."""
        return divergence(self.logits, self.network.logits(list(self.tokens), product))


def calibrate(network: Llama, tokens: Sequence[int]) -> Calibration:
    """One pass over ``tokens`` in FP32."""
    if len(tokens) < 2:
        raise DesignError(f"a text to calibrate on has 2 tokens at least, got {len(tokens)}")
    recording = Recording()
    logits = network.logits(list(tokens), recording)
    plain = FloatProduct(kept=recording.kept)
    return Calibration(network, tuple(tokens), plain, recording.seen, logits)


def gain(given: Calibration, matrix: Matrix, choice: Choice, noise: float) -> float:
    """The divergence for each unit of noise in a matrix.

    Parameters
    ----------
    choice : a coarse one, whose noise shows.
    noise : of the matrix's product under it, relative to its signal; 0 gives 0.
    """
    if not noise:
        return 0.0
    return max(given.divergence(Probe(given.plain, matrix.name, choice)), LEAST) / noise
