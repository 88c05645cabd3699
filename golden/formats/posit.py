"""Posits: a run of equal bits says how large, what is left says how precise."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..errors import DesignError
from ..labels import check_label
from .base import Array, Format
from .fields import Fields, Kind
from .rounding import Rest, Rounding, rule


@dataclass(frozen=True)
class Posit(Format):
    """Posit of ``width`` bits with ``es`` exponent bits.

    A code with its sign bit set is the two's complement of its negative. Behind the sign a run of
    equal bits, ended by the opposite bit or by the code's end, is the regime: k = length - 1 for
    ones, -length for zeros. Then come ``es`` bits e (those cut off are 0) and the fraction f:
    2**(k * 2**es + e) * (1 + f). The code 10…0 is NaR, here a NaN.
    Source: Gustafson and Yonemoto, "Beating Floating Point at its Own Game", 2017; (8, 0) and
    (16, 1) equal SoftPosit's. The standard of 2022 has es = 2 for every width.

    Rounding acts on the bit string: between two codes the threshold is the code one bit longer.
    Stochastic rounding looks at the distances of values instead.
    No value but zero becomes 0 or, when saturating, NaR: beyond the ends the end is taken. When not
    saturating, infinities become NaR.
    """

    name: str = field(compare=False)
    width: int
    es: int

    def __post_init__(self) -> None:
        check_label(self.name, "a format")
        if not 3 <= self.width <= 16 or not 0 <= self.es <= 3:
            raise DesignError(
                f"a posit has 3 to 16 bits and 0 to 3 exponent bits, got {self.width}, {self.es}"
            )

    @property
    def type_only(self) -> bool:
        return True

    @property
    def bits(self) -> int:
        return self.width

    @property
    def lsb(self) -> int:
        return -(self.width - 2) << self.es

    @property
    def high(self) -> int:
        return 1 << (2 * (self.width - 2) << self.es)

    @property
    def low(self) -> int:
        return -self.high

    @property
    def fraction_width(self) -> int:
        """Fraction bits of the most precise codes: regime of two bits."""
        return max(self.width - 3 - self.es, 0)

    @property
    def significand_width(self) -> int:
        return 1 + self.fraction_width

    @property
    def exponent_span(self) -> int:
        return 2 * (self.width - 2) << self.es

    @property
    def has_nan(self) -> bool:
        return True

    @property
    def nan_code(self) -> int:
        return 1 << (self.width - 1)

    def _fields(self, codes: Array, select: Array | int) -> Fields:
        codes = codes.astype(np.int64)
        sign = codes >> (self.width - 1) & 1
        body = np.where(sign == 1, -codes, codes) & (self.nan_code - 1)
        significand, exponent = _split(body, self.width, self.es)
        zero, nan = body == 0, codes == self.nan_code
        kind = np.where(nan, Kind.NAN, Kind.FINITE).astype(np.uint8)
        exponent = np.where(zero, self.lsb, exponent)
        significand = np.where(zero, 0, significand)
        return Fields((sign == 1) & ~nan, significand, exponent.astype(np.int32), kind)

    def full(self, fields: Fields) -> Fields:
        # Short of fraction bits is who has a long regime; zero has the least exponent.
        size = np.frexp(fields.significand.astype(np.float64))[1]
        missing = np.where(size > 0, self.significand_width - size, self.fraction_width)
        return fields._replace(
            significand=fields.significand << missing,
            exponent=(fields.exponent - missing).astype(np.int32),
        )

    def _encode(self, values: Array, rounding: Rounding, saturate: bool, select: int) -> Array:
        nan = np.isnan(values) | (np.isinf(values) & (not saturate))
        magnitude = np.abs(np.where(nan, 0.0, values))
        negative = values < 0
        positives, thresholds = self._grid
        below = np.searchsorted(positives, magnitude, side="right") - 1
        inexact = (magnitude > positives[below]) & (magnitude < positives[-1])
        threshold = thresholds[np.minimum(below, len(thresholds) - 1)]
        half = np.sign(np.where(inexact, magnitude - threshold, -1.0))
        odd = (below & 1).astype(bool)
        gap = positives[np.minimum(below + 1, len(positives) - 1)] - positives[below]

        def reaches(k: Array, n: int) -> Array:
            return np.asarray(magnitude - positives[below] >= k * gap / (1 << n))

        up = rule(rounding)(Rest(odd, half, inexact, negative, reaches)) & inexact
        code = np.where((magnitude > 0) & (below + up == 0), 1, below + up)
        code = np.where(negative, -code, code) & ((1 << self.width) - 1)
        return np.where(nan, self.nan_code, code).astype(self.dtype)

    @cached_property
    def _grid(self) -> tuple[Array, Array]:
        """The values of codes 0, 1, … and the thresholds between them."""
        codes = np.arange(1 << (self.width - 1))
        significand, exponent = _split(2 * codes[:-1] + 1, self.width + 1, self.es)
        return self.decode(codes), np.ldexp(significand.astype(np.float64), exponent)


def _split(body: Array, width: int, es: int) -> tuple[Array, Array]:
    """Significand and exponent of codes > 0 of ``width`` bits without their sign."""
    # The regime: bits equal to the first behind the sign.
    first = body >> (width - 2) & 1
    run = np.zeros_like(body)
    running = np.ones(body.shape, bool)
    for place in range(width - 2, -1, -1):
        running &= (body >> place & 1) == first
        run += running
    regime = np.where(first == 1, run - 1, -run)

    # Exponent and fraction: what follows the regime and its end, if anything.
    rest = np.maximum(width - 2 - run, 0)
    tail = body & ((1 << rest) - 1)
    exponent_bits = np.minimum(rest, es)
    exponent = tail >> (rest - exponent_bits) << (es - exponent_bits)
    fraction_bits = rest - exponent_bits
    fraction = tail & ((1 << fraction_bits) - 1)
    return fraction + (1 << fraction_bits), (regime << es) + exponent - fraction_bits
