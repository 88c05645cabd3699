"""The sum of a token's floats, and what each is above their mean: exact within a wide range."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..formats import Kind, Minifloat
from ..formats.minifloat import POLICIES

Array = npt.NDArray[Any]

#: Exponents of a window, as a power of two, and the windows of a token that count, at the most.
SPAN_BITS, KINDS = 4, 3
#: Exponents of differences, at the most.
MOST = 254


@dataclass(frozen=True)
class ValueSum:
    """N·x - S of every x of N values, whose sum S is: N times what x is above the mean.

    Exponents fall into windows of 16. Of a token, the uppermost window that holds a value counts
    and the two below it, down to window ``base``. Values below that, which are less than 2^-32 of
    the greatest or below window ``base``, count as zeros. Within the windows that count all is
    exact, and the difference is rounded once, to the format ``centred``.

    Parameters
    ----------
    values : format of the numbers; subnormals count as what they are.
    count : N.
    bits : of the significands of differences.
    """

    values: Minifloat
    count: int
    bits: int

    @property
    def windows(self) -> int:
        """How many windows the numbers' exponents have."""
        return 1 << (self.values.exponent_width - SPAN_BITS)

    @property
    def kinds(self) -> int:
        """How many of them count."""
        return min(self.windows, KINDS)

    @property
    def origin(self) -> int:
        """The unit of window 0 is 2^-origin."""
        return self.values.bias + self.values.mantissa_width

    @property
    def most(self) -> int:
        """The greatest value of a window, in the window's unit."""
        return ((2 << self.values.mantissa_width) - 1) << (1 << SPAN_BITS) - 1

    @property
    def total(self) -> int:
        """The greatest magnitude of N·x and of S, in the unit of the lowest window that counts."""
        return self.count * self.most << (self.kinds - 1 << SPAN_BITS)

    @property
    def _exponents(self) -> int:
        """Exponents of differences in all windows."""
        return (2 * self.total).bit_length() + (self.windows - self.kinds << SPAN_BITS) + 2

    @property
    def base(self) -> int:
        """The lowest window: from there on, exponents of differences have 8 bits."""
        return max(-((MOST - self._exponents) >> SPAN_BITS), 0)

    @cached_property
    def centred(self) -> Minifloat:
        """The format of differences. None is subnormal: 1 in the unit of window ``base`` has the
        exponent 1."""
        below = self.base << SPAN_BITS
        width = (self._exponents - below).bit_length()
        bias = self.origin + 1 - below
        return Minifloat("centred", width, self.bits - 1, POLICIES["ieee"], bias)

    @property
    def far(self) -> float:
        """How far the mean, and a value, may be off together, over the standard deviation: 0 where
        every window counts.

        A value that counts as zero is below 2^-32 of the greatest, x. Then the squares of what two
        of them are above the mean sum up to half of x² or more.
        """
        if self.windows <= self.kinds:
            return 0.0
        return float(2.0 ** (1 - 32) * (2 * self.count) ** 0.5 * (1 + 2.0**-20))

    @property
    def small(self) -> float:
        """And how far where a value is below window ``base``."""
        return 2.0 ** ((self.base << SPAN_BITS) - self.values.bias + 1) if self.base else 0.0

    def sums(self, codes: npt.ArrayLike) -> tuple[Array, Array, Array]:
        """Codes (tokens, count) of finite numbers -> S of each token (tokens, 1), its lowest window
        that counts, and the numbers in that one's unit."""
        fields = self.values.fields(np.asarray(codes))
        biased = fields.exponent.astype(np.int64) + self.origin
        window = np.where(fields.significand > 0, biased >> SPAN_BITS, 0)
        low = np.maximum(window.max(axis=1, keepdims=True) - (self.kinds - 1), self.base)
        counts = window >= low
        place = np.where(counts, biased - (low << SPAN_BITS), 0)
        x = np.where(counts, fields.significand, 0).astype(object) << place.astype(object)
        x = np.where(fields.sign, -x, x)
        return x.sum(axis=1, keepdims=True), low, x

    def differences(self, codes: npt.ArrayLike) -> Array:
        """Codes (tokens, count) -> codes of ``centred``; NaN in a token that holds NaN or an
        infinity. No difference is +0."""
        given = np.asarray(codes)
        bad = (self.values.fields(given).kind != Kind.FINITE).any(axis=1, keepdims=True)
        sums, low, x = self.sums(np.where(bad, 0, given))
        found = self.count * x - sums
        made = np.empty(given.shape, self.centred.dtype)
        for index, number in np.ndenumerate(found):
            made[index] = self._rounded(int(number), int(low[index[0], 0]))
        return np.where(bad, self.centred.nan_code, made).astype(self.centred.dtype)

    def _rounded(self, number: int, low: int) -> int:
        """The code of an integer in the unit of a window, to nearest even."""
        if not number:
            return 0
        size, mantissa = abs(number), self.bits - 1
        cut = size.bit_length() - self.bits
        if cut > 0:
            whole, rest = size >> cut, size & (1 << cut) - 1
            whole += 2 * rest > 1 << cut or (2 * rest == 1 << cut and whole & 1)
        else:
            whole = size << -cut
        # Rounded up to the next power of two, the mantissa's carry moves the exponent.
        exponent = self.bits + cut + (low - self.base << SPAN_BITS)
        code = (exponent << mantissa) + whole - (1 << mantissa)
        return code | (number < 0) << self.centred.bits - 1
