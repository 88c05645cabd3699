"""Scales that are powers of two, so that FP4 becomes FP8 by its exponent alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DesignError, UnknownName
from ..formats import lookup

Array = npt.NDArray[Any]

RULES = ("M1", "M2")


def power_scales(scales: npt.ArrayLike, rule: str = "M1") -> tuple[Array, Array]:
    """E8M0 codes of powers of two for ``scales`` (…, groups), and the scales (…, 1) that are left.

    ``M1``: the next power of two above, nothing is left: S' = 2^ceil(log2 S). ``M2``: the greatest
    scale of a compute group, the last axis, is left; S' = S_max / 2^ceil(log2(S_max / S)). Exact.
    Raises DesignError for scales that are not positive, or whose power E8M0 does not have.
    Source: ZeroQuant-FP (arXiv 2307.09782), from the paper.
    """
    given = np.asarray(scales, np.float64)
    if rule not in RULES:
        raise UnknownName("power rule", rule, RULES)
    if not (np.isfinite(given).all() and (given > 0).all()):
        raise DesignError("scales under a power rule must be positive and finite")
    part, exponent = np.frexp(given)
    if rule == "M1":
        power, left = exponent - (part == 0.5), np.ones((*given.shape[:-1], 1))
    else:
        left = given.max(axis=-1, keepdims=True)
        most, top = np.frexp(left)
        power = exponent - top - (most > part)
    e8m0 = lookup("e8m0")
    if power.min() < e8m0.lsb or power.max() > 127:
        raise DesignError(
            f"powers of two in e8m0 are 2^-127…2^127, got 2^{power.min()}…2^{power.max()}"
        )
    return e8m0.encode(np.ldexp(1.0, power)), left
