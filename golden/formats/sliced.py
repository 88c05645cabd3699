"""Integers served at fewer bits, chosen at run time: the most significant bits of a stored code."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..errors import DesignError, UnknownName
from ..labels import check_label
from .base import Array, Format
from .fields import Fields, Kind
from .integer import Integer
from .rounding import Rounding

#: rule -> how a code q becomes q_r of r = width - d bits, d >= 1.
SLICES = {
    "slice": "floor(q / 2**d) plus the bit below, clamped: half goes up (MatQuant)",
    "extra": "the same without the clamp from above: one more value (MatQuant's extra precision)",
    "trunc": "floor(q / 2**d): the low bits are dropped",
    "double": "q / 2**d to nearest even, clamped (Double Rounding)",
}


@dataclass(frozen=True)
class Sliced(Format):
    """A stored integer of ``width`` bits, served with ``select`` bits fewer, at least one.

    A code q is worth ``q_r * 2**d`` with ``d = min(select, width - 1)``: scales and zero points
    stay as they are. ``rule`` is one of :data:`SLICES`. ``encode`` rounds at full width, whatever
    ``select``: the slices follow.

    Source: MatQuant's quantizer (round up, clamp); its variant without the clamp and Double
    Rounding are known from descriptions: nearest even and two's complement below zero are this
    project's reading.
    """

    name: str = field(compare=False)
    width: int
    signed: bool
    rule: str

    def __post_init__(self) -> None:
        check_label(self.name, "a format")
        if not 2 <= self.width <= 16:
            raise DesignError(f"a sliced integer has 2 to 16 bits, got {self.width}")
        if self.rule not in SLICES:
            raise UnknownName("slice rule", self.rule, SLICES)

    @property
    def whole(self) -> Integer:
        """The stored format."""
        return Integer(self.name, self.width, self.signed)

    @property
    def type_name(self) -> str | None:
        return self.whole.type_name

    @property
    def bits(self) -> int:
        return self.width

    @property
    def select_width(self) -> int:
        return (self.width - 1).bit_length()

    @property
    def lsb(self) -> int:
        return 0

    @property
    def low(self) -> int:
        return self.whole.low

    @property
    def high(self) -> int:
        return self.whole.high + (self.rule == "extra")

    @property
    def significand_width(self) -> int:
        return max(self.high, -self.low).bit_length()

    def dropped(self, select: npt.ArrayLike) -> Array:
        """d: how many bits fewer a selection serves."""
        return np.minimum(select, self.width - 1)

    def _fields(self, codes: Array, select: Array | int) -> Fields:
        value = self.sliced(self.whole.integers(codes), np.asarray(select, np.int64))
        return Fields(
            value < 0,
            np.abs(value),
            np.zeros(value.shape, np.int32),
            np.full(value.shape, Kind.FINITE, np.uint8),
        )

    def sliced(self, value: Array, select: Array) -> Array:
        """Integers as they are served."""
        d = self.dropped(select)
        half = (1 << d) >> 1
        up = {
            "trunc": np.zeros_like(half),
            "slice": half,
            "extra": half,
            # Half goes to even: up to the half if q_r would be odd, to just below it if even.
            "double": np.where(d > 0, half - 1 + ((value >> d) & 1), 0),
        }[self.rule]
        kept = (value + up) >> d
        if self.rule != "extra":
            kept = np.minimum(kept, self.whole.high >> d)
        return np.asarray(kept << d)

    def _encode(self, values: Array, rounding: Rounding, saturate: bool, select: int) -> Array:
        return self.whole._encode(values, rounding, saturate, 0)
