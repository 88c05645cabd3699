"""Bipolar integers: every bit stands for plus or minus its weight, so all values are odd."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..errors import DesignError
from ..labels import check_label
from .base import Array, Format
from .fields import Fields, Kind
from .rounding import Rest, Rounding, rule


@dataclass(frozen=True)
class Bipolar(Format):
    """The sum of (2 x_i - 1) * 2**i over the ``width`` bits x_i: 2 u - (2**width - 1).

    There is no zero. A bit x_i of 0 is -1, so products are XNOR and popcount, plane by plane.
    Source: arXiv 2409.17870 and 2508.19087, whose formula is quoted in reviews; the algebra is
    checked here. Out of range, ``encode`` saturates; when not, it wraps modulo ``2**width`` codes.
    """

    name: str = field(compare=False)
    width: int

    def __post_init__(self) -> None:
        check_label(self.name, "a format")
        if not 1 <= self.width <= 16:
            raise DesignError(f"a bipolar integer has 1 to 16 bits, got {self.width}")

    @property
    def bits(self) -> int:
        return self.width

    @property
    def lsb(self) -> int:
        return 0

    @property
    def low(self) -> int:
        return -self.high

    @property
    def high(self) -> int:
        return (1 << self.width) - 1

    @property
    def significand_width(self) -> int:
        return self.width

    @property
    def has_zero(self) -> bool:
        return False

    def _fields(self, codes: Array, select: Array | int) -> Fields:
        value = 2 * codes.astype(np.int64) - self.high
        return Fields(
            value < 0,
            np.abs(value),
            np.zeros(value.shape, np.int32),
            np.full(value.shape, Kind.FINITE, np.uint8),
        )

    def _encode(self, values: Array, rounding: Rounding, saturate: bool, select: int) -> Array:
        if saturate:
            values = np.clip(values, self.low, self.high)
        elif not (np.abs(values) < 2.0**52).all():
            raise DesignError(f"{self.name} wraps only values below 2**52 in magnitude")
        # The two codes around a value: the one nearer to zero first, as the rules have it.
        low = np.floor((values + self.high) / 2)
        low -= 2 * low - self.high > values  # the sum above may have been rounded up
        inexact, negative = 2 * low - self.high != values, values < 0
        near, far = low + (inexact & negative), low + (inexact & ~negative)

        def beyond(k: Array | int, n: int) -> Array:
            entry, way = 2 * near - self.high, np.where(negative, -1, 1)
            return np.asarray((values - (entry + way * (2 * k / (1 << n)))) * way)

        half = np.sign(beyond(1, 1))
        rest = Rest(near % 2 == 1, half, inexact, negative, lambda k, n: beyond(k, n) >= 0)
        grows = rule(rounding)(rest)
        code = np.where(grows & inexact, far, near).astype(np.int64)
        return np.asarray(code & self.high).astype(self.dtype)
