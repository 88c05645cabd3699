"""NaN and infinity on the way through a sum: flags beside the exact value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .description import Arithmetic
from .formats import Format

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Reachable:
    """Which flags a sum of products of two formats can raise."""

    nan: bool
    infinite: bool

    @classmethod
    def of(cls, weight: Format, activation: Format) -> Reachable:
        infinite = weight.has_inf or activation.has_inf
        invalid = (weight.has_inf and activation.has_zero) or (
            activation.has_inf and weight.has_zero
        )
        return cls(weight.has_nan or activation.has_nan or invalid, infinite)

    def __or__(self, other: Reachable) -> Reachable:
        return Reachable(self.nan or other.nan, self.infinite or other.infinite)


def reachable(arithmetic: Arithmetic) -> Reachable:
    """The flags that the elements of ``arithmetic`` can raise."""
    found = Reachable(False, False)
    for table in arithmetic.combine:
        for i, signs in enumerate(table):
            for j, sign in enumerate(signs):
                if sign:
                    planes = arithmetic.weight.planes[i], arithmetic.activation.planes[j]
                    found = found | Reachable.of(*(plane.element for plane in planes))
    return found


@dataclass(frozen=True)
class Flags:
    """Sticky flags of sums: a NaN, a +infinity, a −infinity was added. Bool arrays of one shape.

    ``positive`` and ``negative`` together mean NaN, which is left to whoever reads them.
    """

    nan: Array
    positive: Array
    negative: Array

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> Flags:
        return cls(*(np.zeros(shape, bool) for _ in range(3)))

    def __or__(self, other: Flags) -> Flags:
        return Flags(
            self.nan | other.nan, self.positive | other.positive, self.negative | other.negative
        )

    def __neg__(self) -> Flags:
        return Flags(self.nan, self.negative, self.positive)

    def any(self, axis: int) -> Flags:
        """The flags of a sum along ``axis``."""
        parts = (self.nan, self.positive, self.negative)
        return Flags(*(np.asarray(part.any(axis=axis)) for part in parts))

    def reshape(self, shape: tuple[int, ...]) -> Flags:
        """The flags in another shape."""
        parts = (self.nan, self.positive, self.negative)
        return Flags(*(np.asarray(part.reshape(shape)) for part in parts))

    def padded(self, more: int) -> Flags:
        """The flags of ``more`` sums along the last axis, in which nothing is."""
        parts = (self.nan, self.positive, self.negative)
        return Flags(*(np.pad(part, [(0, 0)] * (part.ndim - 1) + [(0, more)]) for part in parts))

    def stack(self, others: list[Flags]) -> Flags:
        """These flags and ``others`` along a new first axis."""
        names = ("nan", "positive", "negative")
        return Flags(*(np.stack([getattr(f, name) for f in (self, *others)]) for name in names))

    def put(self, place: Any, part: Flags) -> None:
        """The flags of a part, where they belong."""
        self.nan[place], self.positive[place] = part.nan, part.positive
        self.negative[place] = part.negative

    def times(self, factor: Array, sums: Array) -> Flags:
        """The flags after multiplication by ``factor`` (float64), as IEEE 754 has it.

        ``sums`` tells the sign, and whether it is zero, of what is multiplied where it is finite.
        """
        shadow = self.apply(np.sign(sums).astype(np.float64))
        with np.errstate(invalid="ignore"):
            product = shadow * np.where(np.isfinite(factor), np.sign(factor), factor)
        return Flags(np.isnan(product), product == np.inf, product == -np.inf)

    def apply(self, values: Array) -> Array:
        """``values`` with the specials that the flags announce."""
        values = np.where(self.positive, np.inf, np.where(self.negative, -np.inf, values))
        return np.where(self.nan | (self.positive & self.negative), np.nan, values)
