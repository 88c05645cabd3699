"""Layer normalization of integers: I-ViT's I-LayerNorm, and by the L1 norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..errors import UnknownName
from ..formats import Format, Integer, lookup
from .shift_exp import MOST
from .token_function import TokenFunction

Array = npt.NDArray[Any]

#: What differences are divided by: about the root of the sum of their squares, or the sum of their
#: magnitudes.
NORMS = ("l2", "l1")

#: Where the iteration for a square root begins, and its steps.
FIRST, STEPS = 1 << 16, 10
#: Bits of results before the bias, whose magnitude is at most about 2^30.
BITS = 32


def mean(x: Array) -> int:
    """The mean of integers, rounded to nearest even."""
    whole, rest = divmod(int(x.sum()), len(x))
    return whole + (2 * rest > len(x) or (2 * rest == len(x) and whole & 1))


def root(square: int) -> int:
    """About the square root: ten steps k = floor((k + floor(square / k)) / 2) from 2^16 on."""
    k = FIRST
    for _ in range(STEPS):
        k = (k + square // k) >> 1
    return k


@dataclass(frozen=True, kw_only=True)
class ILayerNorm(TokenFunction):
    """y = (x - mean) / deviation of a token's integers plus a bias, in units of sqrt(N) / 2^30.

    d = x - mean, rounded to nearest even; k about the root of the sum of d², by ten steps from
    2^16 on; y = floor(d · floor((2^31 - 1) / k) / 2) + bias. Of N values that is (x - mean) over
    their standard deviation in units of sqrt(N) / 2^30, while that is above 64 / sqrt(N): k is 64
    at the least, for it is halved ten times at the most.

    With the norm ``l1``, k is the sum of the magnitudes |d|, or 1 where all are zero: results are
    (x - mean) over the mean magnitude, in units of N / 2^30.

    The weights of the channels belong to the scales of what comes out, sqrt(N) / 2^30 · weight; a
    bias is floor(bias / weight · 2^30 / sqrt(N)); with the norm ``l1``, N in place of sqrt(N).

    Source: I-ViT, IntLayerNorm; Guo et al., Towards Accurate and Efficient Sub-8-Bit Integer
    Training (arXiv 2411.10948), section 4, for the L1 norm, whose integer arithmetic is that of
    I-LayerNorm here.

    Parameters
    ----------
    norm : ``l2`` or ``l1``.
    bias : format of each channel's bias, a signed integer of up to 32 bits; None: there is none.
    """

    kind: ClassVar[str] = "ilayernorm"

    values: Format = lookup("int16")
    bias: Format | None = lookup("int32")
    norm: str = "l2"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.norm not in NORMS:
            raise UnknownName("norm", self.norm, NORMS)
        if self.bias is not None:
            self.check_integer("bias", signed=True, most=32)

    @property
    def result(self) -> Integer:
        bits = BITS + 1 if self.bias is not None else BITS
        return Integer(f"int{bits}", bits)

    @property
    def facts(self) -> dict[str, Any]:
        return {**super().facts, "norm": self.norm}

    @property
    def channel(self) -> dict[str, Integer]:
        if self.bias is None:
            return {}
        assert isinstance(self.bias, Integer)
        return {"bias": self.bias}

    def of_token(self, x: Array, **beside: Any) -> Array:
        d = x - mean(x)
        size = root(int(np.sum(d * d))) if self.norm == "l2" else max(int(np.abs(d).sum()), 1)
        factor = MOST // size
        return np.asarray(((d * factor) >> 1) + beside.get("bias", 0))


UNITS.register(ILayerNorm.kind, ILayerNorm)
