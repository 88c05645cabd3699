"""Overpacking: six products of 4-bit integers in one multiplication, whose fields overlap."""

from __future__ import annotations

from itertools import product

import numpy as np

from .. import exact
from ..errors import DesignError
from ..formats import Fields, Format, Integer
from ..interval import Range
from .rule import CHUNK, Array, Exact, Factors, Pair

#: Bits between two products, of which each has 8.
SPACING = 6


class Overpacked(Exact):
    """Products of two weights and three activations, off by what leaves the product below.

    Rows 2n and 2n + 1, columns 3m to 3m + 2 share a multiplication: weights stand 18 bits apart
    in one factor, activations 6 in the other. Product ``3 * row + column`` thus starts at bit
    ``6 * (3 * row + column)``. Its low two bits overlap with the high two of the product below,
    which gets these back by taking away what the low bits of two factors multiply to. What a
    product leaves beyond its 6 bits stays as an error in the one above, whole:

        carry[0] = 0, carry[n + 1] = floor((product[n] + carry[n]) / 64)
        result[n] = product[n] + carry[n]

    With ``corrected``, a negative carry is made up for by adding one: then a result is off only
    above a product that is, with its own carry, 64 and more, or less than -64. Of INT4 these are
    (-8) * (-8) alone; where -8 does not occur on a side, every result is exact. Rows and columns
    that are missing repeat the last.

    Source: "MR-Overpacking" with a distance of -2, of four products there, in Sommer et al.,
    "DSP-Packing", arXiv:2203.11028; ``corrected`` is this project's.
    """

    approximate = True
    shares = (2, 3)

    def __init__(self, corrected: bool) -> None:
        self.corrected = corrected
        self.name = "overpacked_corrected" if corrected else "overpacked"

    def check(self, weight: Format, activation: Format) -> None:
        if not all(isinstance(fmt, Integer) and fmt.bits == 4 for fmt in (weight, activation)):
            raise DesignError(
                f"product {self.name} needs integers of 4 bits, such as int4 and uint4, "
                f"got {weight.name} × {activation.name}",
                {"product": "exact"},
            )

    def range(self, weight: Format, activation: Format) -> Range:
        exactly = super().range(weight, activation)
        low = high = 0
        for _ in range(1, self.shares[0] * self.shares[1]):
            low, high = (exactly.low + low) >> SPACING, (exactly.high + high) >> SPACING
        return Range(exactly.lsb, exactly.low + self._kept(low), exactly.high + self._kept(high))

    def _kept(self, carry: int) -> int:
        return carry + (self.corrected and carry < 0)

    def factors(self, w: Fields, a: Fields, formats: Pair) -> Factors:
        raise self._apart()

    def products(self, weight: Array, activation: Array, formats: Pair) -> Array:
        raise self._apart()

    def _apart(self) -> DesignError:
        return DesignError(f"products of {self.name} are no single ones: they come six at a time")

    def block(self, weight: Array, activation: Array) -> Array:
        """Six results (2, 3, …) of integers (2, …) and (3, …)."""
        carry = np.zeros(np.broadcast_shapes(weight.shape[1:], activation.shape[1:]), np.int64)
        found = []
        for row, column in product(*map(range, self.shares)):
            result = weight[row].astype(np.int64) * activation[column] + carry
            found.append(result + (self.corrected & (carry < 0)))
            carry = result >> SPACING
        return np.stack(found).reshape(*self.shares, *carry.shape)

    def dots(
        self,
        weight: Array,
        activation: Array,
        formats: Pair,
        group: int,
        selects: tuple[Array | int, Array | int],
    ) -> Array:
        (n, k), m = weight.shape, activation.shape[0]
        left, right = (
            self._shared(fmt.integers(codes), many)
            for fmt, codes, many in zip(formats, (weight, activation), self.shares, strict=True)
        )
        bounds = self.range(*formats)
        total = np.zeros(
            (*self.shares, left.shape[1], right.shape[1], -(-k // group)),
            exact.integer_type(max(bounds.high, -bounds.low) * group),
        )
        piece = min(group, max(1, CHUNK // (left.shape[1] * right.shape[1] * 6)))
        for start in range(0, k, group):
            for begin in range(start, min(start + group, k), piece):
                part = slice(begin, min(begin + piece, start + group, k))
                found = self.block(left[:, :, None, part], right[:, None, :, part])
                total[..., start // group] += found.sum(axis=-1)
        rows = total.transpose(2, 0, 3, 1, 4)
        return rows.reshape(2 * left.shape[1], 3 * right.shape[1], -1)[:n, :m]

    def _shared(self, values: Array, many: int) -> Array:
        """Vectors (rows, K) by their place among those that share: (many, blocks, K)."""
        padded = np.pad(values, ((0, -len(values) % many), (0, 0)), "edge")
        return padded.reshape(-1, many, values.shape[1]).transpose(1, 0, 2)
