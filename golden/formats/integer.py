"""Two's complement, unsigned and symmetric integers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..errors import DesignError
from ..labels import check_label
from .base import Array, Format, check_exponent
from .fields import Fields, Kind
from .rounding import Rounding, round_magnitude


@dataclass(frozen=True)
class Integer(Format):
    """An integer of ``width`` bits times ``2**exponent``.

    Parameters
    ----------
    name : shown to users; not part of equality.
    width : bits, 1 to 64.
    signed : two's complement when true.
    symmetric : the code ``-2**(width-1)`` may not occur (it is rejected).
    exponent : the implied scale, -6 for MXINT8.

    Out of range, ``encode`` wraps modulo ``2**width`` when not saturating; infinities need
    ``saturate``.
    """

    name: str = field(compare=False)
    width: int
    signed: bool = True
    symmetric: bool = False
    exponent: int = 0

    def __post_init__(self) -> None:
        check_label(self.name, "a format")
        if not 1 <= self.width <= 64:
            raise DesignError(f"an integer format has 1 to 64 bits, got {self.width}")
        if self.symmetric and (not self.signed or self.width < 2):
            raise DesignError(f"a symmetric integer is signed and has 2 bits or more: {self.name}")
        check_exponent(self.name, self.exponent)

    @property
    def type_name(self) -> str | None:
        return f"int{self.width}" if self.signed else f"uint{self.width}"

    @property
    def bits(self) -> int:
        return self.width

    @property
    def lsb(self) -> int:
        return self.exponent

    @property
    def low(self) -> int:
        return -(1 << (self.width - 1)) + self.symmetric if self.signed else 0

    @property
    def high(self) -> int:
        return (1 << (self.width - self.signed)) - 1

    @property
    def significand_width(self) -> int:
        return max(self.high, -self.low).bit_length()

    @property
    def legal(self) -> Array:
        codes = super().legal
        return codes[codes != 1 << (self.width - 1)] if self.symmetric else codes

    def check(self, codes: npt.ArrayLike, *, bits_only: bool = False) -> Array:
        array = super().check(codes, bits_only=bits_only)
        if self.symmetric and np.any(array == 1 << (self.width - 1)):
            raise DesignError(
                f"{self.name} is symmetric and has no code {1 << (self.width - 1):#x} "
                f"(value {-(1 << (self.width - 1))}); use {self.high} at most"
            )
        return array

    def _fields(self, codes: Array, select: Array | int) -> Fields:
        word = codes.astype(np.uint64)
        negative = (word >> np.uint64(self.width - 1)).astype(bool) & self.signed
        mask = np.uint64((1 << self.width) - 1)
        with np.errstate(over="ignore"):  # of a scalar 0
            opposite = ((word ^ mask) + np.uint64(1)) & mask
        magnitude = np.where(negative, opposite, word)
        return Fields(
            negative,
            magnitude if self.width == 64 else magnitude.astype(np.int64),
            np.full(word.shape, self.exponent, np.int32),
            np.full(word.shape, Kind.FINITE, np.uint8),
        )

    def _encode(self, values: Array, rounding: Rounding, saturate: bool, select: int) -> Array:
        scaled = np.ldexp(values, -self.exponent)
        if saturate:
            scaled = np.clip(scaled, float(self.low) - 1, float(self.high) + 1)
        elif not (np.abs(scaled) < 2.0**62).all():
            raise DesignError(f"{self.name} wraps only values below 2**62 in magnitude")
        negative, whole = scaled < 0, np.abs(scaled) >= 2.0**53  # no float there has a fraction
        near = np.where(whole, 0, np.abs(scaled))
        magnitude = round_magnitude(near, np.asarray(0), negative, rounding)
        value = np.where(negative, -magnitude, magnitude)
        if whole.any():
            value = value.astype(object)
            value[whole] = [int(item) for item in scaled[whole]]
        return self.codes_of(value, saturate)

    def codes_of(self, value: Array, saturate: bool = True) -> Array:
        """Codes of integers given in units of ``2**lsb``: clipped, or wrapped."""
        if self.width > 62:
            value = np.asarray(value).astype(object)  # NumPy has no type for value and mask
        if saturate:
            value = np.clip(value, self.low, self.high)
        return np.asarray(value & ((1 << self.width) - 1)).astype(self.dtype)
