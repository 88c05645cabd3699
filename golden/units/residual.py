"""Residual addition: two streams of floats become their sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..formats import Format, lookup
from ..fp import odd_sum
from .of_two import BEATS, OfTwo, halfway

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Residual(OfTwo):
    """y = values + residual, rounded once to nearest even.

    NaN, infinities and signed zeros as in IEEE 754: x - x is +0, -0 - 0 is -0, the sum of opposite
    infinities NaN.

    Parameters
    ----------
    values, residual : formats of what is added: floats with zero, NaN and infinity, with up to 24
        significand bits.
    result : format of the sums, such a float.
    lanes : values of a vector in a beat.
    vectors : how many are added side by side.
    """

    kind: ClassVar[str] = "residual"
    beside: ClassVar[str] = "residual"
    kinds: ClassVar[tuple[str, ...]] = ("usual", "near", "ties", "hair", "far")

    values: Format = lookup("bf16")
    residual: Format = lookup("bf16")
    result: Format = lookup("bf16")
    lanes: int = 1
    vectors: int = 1

    # The golden function.

    def add(self, values: npt.ArrayLike, residual: npt.ArrayLike) -> Array:
        """Codes of values and residuals of one shape -> codes of their sums, rounded once: also
        where a value has more bits than the result, and lies halfway between two of it but for a
        residual that is too small for float64 to show."""
        total = odd_sum(
            np.asarray(self.values.decode(values)), np.asarray(self.residual.decode(residual))
        )
        return self.result.encode(total, saturate=False)

    def made(self, values: Array, others: Array) -> Array:
        return self.add(values, others)

    # What is worth trying.

    def drawn(self, kind: str, rng: np.random.Generator) -> tuple[Array, Array]:
        shape, values, residual = (BEATS, self.width), self.values, self.residual
        x = rng.standard_t(3, shape) * np.exp2(rng.integers(-10, 10, shape))
        y = rng.standard_t(3, shape)
        if kind == "near":  # what cancels
            y = -x * (1 + rng.integers(-3, 4, shape) * 2.0 ** (1 - values.significand_width))
        elif kind == "ties":  # half of a last place of the sum, or beside that
            last = 2.0**-self.result.significand_width
            power = np.exp2(np.floor(np.log2(np.abs(x)))) * np.where(x < 0, -1, 1)
            places = rng.integers(0, 1 << self.result.significand_width - 1, shape)
            x = power * (1 + places * 2 * last)
            near = 1 + rng.integers(-1, 2, shape) * 2.0**-6
            y = power * last * near * rng.choice([1, -1], shape)
        elif kind == "far":
            y = x * np.exp2(rng.integers(-40, 40, shape))
        elif kind == "hair":  # halfway between two results, and what no float64 shows beside it
            x = halfway(self.result, shape, rng)
            y = rng.choice([1.0, -1.0], shape) * np.exp2(rng.integers(-140, -40, shape))
            x, y = (y, x) if residual.significand_width > values.significand_width else (x, y)
        return x, y


UNITS.register(Residual.kind, Residual)
