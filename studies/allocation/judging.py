"""How far a network's answers are from those in FP32, by the golden models of its designs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from ...golden.errors import DesignError
from ...models.networks.diverging import divergence
from ...models.networks.generating import surprise
from ...models.networks.product import AllocatedProduct, DesignProduct, Product
from ...tools.progress import Told, quiet
from ..accuracy import bare
from .allocate import Study
from .problem import Allocation

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Judged:
    """How a network does with some products.

    Parameters
    ----------
    name : of the products.
    divergence : of the next token from that in FP32, nats, the mean over positions.
    perplexity : of the text.
    """

    name: str
    divergence: float
    perplexity: float


def products(given: Study, found: Allocation) -> list[Product]:
    """Those of an allocation, then of each design that can have every matrix.

    Raises DesignError where matrices are split, or what was chosen is a mode of several or leaves
    scales to others: the golden model of a whole matrix is not that of its design then.
    """
    if any(item.k != item.matrix.shape[1] for item in given.items):
        raise DesignError("matrices are split into blocks: their products are not computed")
    for choice in (given.choices[place] for place in sorted(set(found.chosen.tolist()))):
        if len(choice.engine.modes) > 1:
            raise DesignError(f"{choice.name} is a mode: its products are not computed")
        if sides := bare(choice.arithmetic):
            told = " and ".join(sides)
            raise DesignError(f"{choice.name} has no scales for its {told}: they act outside of it")
    others: list[Product] = [
        DesignProduct(choice.design)
        for place, choice in enumerate(given.choices)
        if given.problem.uniform(place) is not None
        and len(choice.engine.modes) == 1
        and not bare(choice.arithmetic)
    ]
    return [AllocatedProduct(designs=found.names), *others]


def judge(
    given: Study, found: Allocation, tokens: Sequence[int], progress: Told | None = None
) -> list[Judged]:
    """FP32, then :func:`products`, on ``tokens``, best others than those of the calibration.

    Raises DesignError where a study was not calibrated.
    """
    told = progress or quiet
    if given.calibration is None:
        raise DesignError("only networks that were calibrated on a text are judged")
    if len(tokens) < 2:
        raise DesignError(f"a text to judge on has 2 tokens at least, got {len(tokens)}")
    network, plain = given.calibration.network, given.calibration.plain
    exact = network.logits(list(tokens), plain)

    def perplexity(logits: Array) -> float:
        return math.exp(surprise(logits[:-1], tokens[1:]) / (len(tokens) - 1))

    judged = [Judged("FP32", 0.0, perplexity(exact))]
    for product in products(given, found):
        told(f"{product.name}: {len(tokens)} tokens by the golden model")
        logits = network.logits(list(tokens), product)
        judged.append(Judged(product.name, divergence(exact, logits), perplexity(logits)))
    return judged
