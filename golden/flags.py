"""NaN and infinity on the way through a sum: flags beside the exact value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .description import Arithmetic
from .formats import Format, Kind
from .tensor import Quantized

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


@dataclass(frozen=True)
class Flags:
    """Sticky flags of results: a NaN, a +infinity, a −infinity was added. Bool arrays of one shape.

    ``positive`` and ``negative`` together mean NaN, which is left to whoever reads them.
    """

    nan: Array
    positive: Array
    negative: Array

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> Flags:
        return cls(*(np.zeros(shape, bool) for _ in range(3)))

    def apply(self, values: Array) -> Array:
        """``values`` with the specials that the flags announce."""
        values = np.where(self.positive, np.inf, np.where(self.negative, -np.inf, values))
        return np.where(self.nan | (self.positive & self.negative), np.nan, values)


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


def flags(arithmetic: Arithmetic, weight: Quantized, activation: Quantized) -> Flags:
    """The flags of every result (N, M), or (outputs, N, M)."""
    shape = (weight.shape[0], activation.shape[0])
    outputs = []
    for table in arithmetic.combine:
        marks = Flags.none(shape)
        for i, signs in enumerate(table):
            for j, sign in enumerate(signs):
                if sign:
                    marks = _add(marks, _of_pair(arithmetic, weight, activation, i, j), sign)
        outputs.append(marks)
    if len(outputs) == 1:
        return outputs[0]
    names = ("nan", "positive", "negative")
    return Flags(*(np.stack([getattr(marks, name) for marks in outputs]) for name in names))


def _add(a: Flags, b: Flags, sign: int) -> Flags:
    plus, minus = (b.positive, b.negative) if sign > 0 else (b.negative, b.positive)
    return Flags(a.nan | b.nan, a.positive | plus, a.negative | minus)


def _of_pair(
    arithmetic: Arithmetic, weight: Quantized, activation: Quantized, i: int, j: int
) -> Flags:
    formats = arithmetic.weight.planes[i].element, arithmetic.activation.planes[j].element
    marks = Flags.none((weight.shape[0], activation.shape[0]))
    can = Reachable.of(*formats)
    if not (can.nan or can.infinite):
        return marks
    w = formats[0].fields(weight.plane_codes(i), weight.plane_select(i))
    a = formats[1].fields(activation.plane_codes(j), activation.plane_select(j))

    nan = (w.kind == Kind.NAN).any(axis=1)[:, None] | (a.kind == Kind.NAN).any(axis=1)[None, :]
    if not can.infinite:
        return Flags(nan, marks.positive, marks.negative)
    # Any infinity meeting a zero, and infinite products of either sign: counts by matrix products.
    w_inf, a_inf = w.kind == Kind.INFINITE, a.kind == Kind.INFINITE
    w_zero, a_zero = (w.significand == 0) & ~w_inf, (a.significand == 0) & ~a_inf
    nan = nan | _any(w_inf, a_zero) | _any(w_zero, a_inf)
    signs = [(x.sign, ~x.sign) for x in (w, a)]
    live = [(x.significand != 0) & (x.kind != Kind.NAN) for x in (w, a)]
    found = []
    for flip in (False, True):
        hit = np.zeros_like(nan)
        for negative_w in (0, 1):
            left = live[0] & signs[0][0 if negative_w else 1]
            right = live[1] & signs[1][0 if negative_w != flip else 1]
            hit |= _any(left & w_inf, right) | _any(left, right & a_inf)
        found.append(hit)
    return Flags(nan, found[0], found[1])


def _any(a: Array, b: Array) -> Array:
    """(N, K), (M, K) -> (N, M): is there a k where both hold?"""
    return np.asarray(a.astype(np.float32) @ b.astype(np.float32).T > 0)
