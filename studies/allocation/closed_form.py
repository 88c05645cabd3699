"""The best bits where they may be any real number: a bound for every choice of whole ones.

Where an item's loss is a · 4^-b at b bits, as the noise of a fine quantizer is, the least sum of
losses at a mean of B bits has b = B + log2(a / n) / 2 less the weighted mean of that term: each
further bit then saves as much everywhere. Source: Gersho and Gray 1992, section 8.3; for weights of
language models BAQ (2025).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError

Array = npt.NDArray[Any]


def best_bits(loss: npt.ArrayLike, count: npt.ArrayLike, mean: float) -> Array:
    """Bits of each item, real and perhaps negative, that lose least at a mean of ``mean`` bits.

    Parameters
    ----------
    loss : (items,), of each item at 0 bits; a further bit leaves a quarter.
    count : (items,), weights of each.
    mean : bits a weight over all.
    """
    a, n = np.asarray(loss, np.float64), np.asarray(count, np.float64)
    if a.shape != n.shape or a.ndim != 1 or not (a > 0).all() or not (n > 0).all():
        raise DesignError("losses and counts must be positive, one of each an item")
    urge = np.log2(a / n) / 2
    return np.asarray(mean + urge - float((n * urge).sum() / n.sum()))


def least_loss(loss: npt.ArrayLike, count: npt.ArrayLike, mean: float) -> float:
    """The loss with these bits: no choice with as many bits has less."""
    bits = best_bits(loss, count, mean)
    return float((np.asarray(loss, np.float64) * 4.0**-bits).sum())
