"""How far the answers of a network lead away from each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError
from ...tools.progress import Told, quiet
from .between import SINGLE, Between
from .generating import surprise
from .llama import Llama
from .product import Product

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Apart:
    """How far units between products lead away from FP32 between them, on one text.

    Parameters
    ----------
    perplexities : with FP32, and with units.
    divergence : mean Kullback-Leibler divergence of the next token with units from that with FP32,
        in nats.
    same : share of positions whose likeliest token is the same.
    """

    perplexities: tuple[float, float]
    divergence: float
    same: float


def apart(
    network: Llama,
    tokens: list[int],
    product: Product,
    units: Between,
    progress: Told | None = None,
) -> Apart:
    """Both foresee ``tokens``, two or more, in one pass each; ``units`` may be anything that stands
    between products."""
    if len(tokens) < 2:
        raise DesignError(f"a text to compare on needs 2 tokens at least, got {len(tokens)}")
    told, found = progress or quiet, []
    for between in (SINGLE, units):
        told(f"{product.name}, {between.name} between: foreseeing {len(tokens) - 1} tokens")
        found.append(network.logits(tokens[:-1], product, None, between))
    total = [surprise(logits, tokens[1:]) / len(logits) for logits in found]
    one, other = found
    return Apart(
        (float(np.exp(total[0])), float(np.exp(total[1]))),
        divergence(one, other),
        float((one.argmax(axis=1) == other.argmax(axis=1)).mean()),
    )


def divergence(exact: Array, other: Array) -> float:
    """Mean Kullback-Leibler divergence of two rows of logits each (positions, vocabulary), nats."""
    p, q = _log_softmax(exact), _log_softmax(other)
    return float((np.exp(p) * (p - q)).sum(axis=1).mean())


def _log_softmax(logits: Array) -> Array:
    x = logits.astype(np.float64)
    x = x - x.max(axis=1, keepdims=True)
    return np.asarray(x - np.log(np.exp(x).sum(axis=1, keepdims=True)))
