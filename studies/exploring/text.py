"""How well a language model foresees a text whose products a design computes."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.description import Engine
from ...golden.errors import DesignError
from ...models.matrix import Matrix
from ...models.model import open_model
from ...models.networks.generating import perplexity
from ...models.networks.product import FloatProduct
from ..texts import language_model, tokens_of
from ..traffic import bits_of
from .judges import Judge, product

Array = npt.NDArray[Any]


@dataclass
class EngineProduct:
    """Products of the golden model of an engine. Weights are quantized from their values in each
    call, and not kept: a pass over a text needs each matrix once.

    Parameters
    ----------
    engine : that computes them.
    plain : products in FP32, with the values that were read.
    """

    engine: Engine
    plain: FloatProduct
    name: str = "engine"

    def __call__(self, matrix: Matrix, x: Array) -> Array:
        """FP32 (vectors × rows) of ``x`` (vectors × K)."""
        weight = self.plain.values(matrix).astype(np.float64)
        return product(self.engine, weight, np.asarray(x, np.float64)).astype(np.float32)

    def bits(self, matrix: Matrix) -> float:
        """Bits a weight, scales and all."""
        return float(bits_of(self.engine.modes[0].weight, matrix.shape[1]))


def perplexity_of(path: Path, words: Path, tokens: int, designs: int) -> Judge:
    """The perplexity of a language model on the first tokens of a text: of so many designs.

    Parameters
    ----------
    path : of the model's file.
    words, tokens : the text, and how much of it, in one pass.
    designs : of the front on the model's weights, evenly spread over their costs.

    Raises DesignError for files that cannot be read, and for no language model.
    """
    model = open_model(path)
    network = language_model(model)
    given = tokens_of(model, words, tokens)
    if len(given) < 2:
        raise DesignError(f"a perplexity needs 2 tokens at least, {words} has {len(given)}")
    plain = FloatProduct()

    def score(engine: Engine) -> float:
        return perplexity(network, given, EngineProduct(engine, plain), block=len(given))

    return Judge(
        "perplexity",
        "perplexity",
        f"of {path.name} on {len(given)} tokens of {words.name}",
        perplexity(network, given, plain, block=len(given)),
        score,
        lambda value: f"{value:.4g}",
        less=True,
        most=designs,
        words=f" --text {shlex.quote(str(words))} --tokens {tokens} --perplexity {designs}",
    )
