"""Numbers of a matrix as floats that hold them exactly, with bounds of their width."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from math import frexp, ldexp
from typing import Any

import numpy as np
import numpy.typing as npt

from ..formats import Format, Integer, Minifloat

Array = npt.NDArray[Any]

#: Bits of a significand, and exponents of numbers whose products are far from the type's ends.
SINGLE, DOUBLE = 24, 53
SINGLE_REACH, REACH = 60, 450
#: Elements whose integers have more bits than this are measured.
_NARROW = 18


@dataclass(frozen=True)
class Bounds:
    """Multiples of ``2**lsb`` of at most ``high * 2**lsb`` in magnitude."""

    lsb: int
    high: int

    @property
    def bits(self) -> int:
        return self.high.bit_length()

    def __mul__(self, other: Bounds) -> Bounds:
        return Bounds(self.lsb + other.lsb, self.high * other.high)

    def __add__(self, other: Bounds) -> Bounds:
        """Of a sum; what is nothing but zeros has any unit."""
        if not self.high or not other.high:
            return self if self.high else other
        lsb = min(self.lsb, other.lsb)
        return Bounds(lsb, (self.high << (self.lsb - lsb)) + (other.high << (other.lsb - lsb)))

    def times(self, count: int) -> Bounds:
        return Bounds(self.lsb, self.high * count)

    def within(self, reach: int) -> bool:
        """Whether all lies between ``2**-reach`` and ``2**reach``, or is zero."""
        return -reach <= self.lsb and self.lsb + self.bits <= reach


@dataclass(frozen=True)
class Factor:
    """What one side brings to a product sum.

    Parameters
    ----------
    values : (rows, columns), float32 or float64, exact.
    bounds : of every value.
    digits : bits that the significand of a value has at most.
    each : elements of K that a column stands for, one or those of a whole sum.
    """

    values: Array
    bounds: Bounds
    digits: int
    each: int = 1

    def times(self, other: Factor) -> Factor | None:
        """The products, or None if float64 does not hold them."""
        digits = self.digits + other.digits
        return self._with(other, np.multiply, self.bounds * other.bounds, digits)

    def plus(self, other: Factor) -> Factor | None:
        """The sums, or None if float64 does not hold them."""
        return self._with(other, np.add, self.bounds + other.bounds, DOUBLE + 1)

    def _with(
        self, other: Factor, operation: np.ufunc, bounds: Bounds, digits: int
    ) -> Factor | None:
        """Results in the narrowest type that holds both sides and them, of so many digits."""
        digits = min(digits, bounds.bits)
        if digits > DOUBLE or not bounds.within(REACH):
            return None
        sides = (self, other)
        small = max(digits, *(s.digits for s in sides)) <= SINGLE and all(
            b.within(SINGLE_REACH) for b in (bounds, *(s.bounds for s in sides))
        )
        dtype: type = np.float32 if small and self.values.dtype == np.float32 else np.float64
        values = operation(self.values, other.values, dtype=dtype, casting="same_kind")
        return Factor(values, bounds, digits, self.each)

    def negated(self) -> Factor:
        return Factor(-self.values, self.bounds, self.digits, self.each)

    def summed(self, each: int) -> Factor | None:
        """Sums of every ``each`` columns, the last of what is left; None if too wide."""
        bounds = self.bounds.times(min(each, self.values.shape[1]))
        if bounds.bits > DOUBLE or not bounds.within(REACH):
            return None
        starts = np.arange(0, self.values.shape[1], each)
        sums = np.add.reduceat(self.values, starts, axis=1, dtype=np.float64)
        return Factor(sums, bounds, bounds.bits, each)

    @cached_property
    def double(self) -> Array:
        return self.values.astype(np.float64, copy=False)


def element_factor(fmt: Format, codes: Array) -> Factor | None:
    """Elements of a format with one table and at most 16 bits, or None if one is NaN or infinite
    or if that is not known."""
    if fmt.bits > 16 or fmt.select_width:
        return None
    values = _looked_up(fmt, codes)
    bounds = Bounds(fmt.lsb, max(fmt.high, -fmt.low))
    if fmt.has_nan or fmt.has_inf or bounds.bits > _NARROW:
        found = measured(fmt, values)
        if found is None:
            return None
        bounds = found
    return Factor(values, bounds, min(fmt.significand_width, max(bounds.bits, 1)))


def measured(fmt: Format, values: Array) -> Bounds | None:
    """Bounds of decoded values, or None if one is NaN or infinite.

    Every greater number of a float is a multiple of the last place of a smaller one.
    """
    magnitudes = np.abs(values)
    largest = float(magnitudes.max(initial=0))
    if not largest < np.inf:
        return None
    if not isinstance(fmt, Minifloat) or not largest:
        return Bounds(fmt.lsb, max(fmt.high, -fmt.low) if largest else 0)
    # Of non-negative floats the bits ascend with the number; zero less one is the greatest.
    bits = magnitudes.view(f"u{magnitudes.itemsize}")
    order = np.asarray((bits - bits.dtype.type(1)).min() + bits.dtype.type(1))
    smallest = float(order.view(values.dtype))
    binade = max(frexp(smallest)[1] - 1, fmt.has_zero - fmt.bias)
    lsb = binade - fmt.mantissa_width
    return Bounds(lsb, int(ldexp(largest, -lsb)))


def _looked_up(fmt: Format, codes: Array) -> Array:
    if isinstance(fmt, Integer) and not fmt.exponent:
        half = 1 << (fmt.width - 1) if fmt.signed else 0
        # Half is a bit of its own, with which the order of codes is that of numbers.
        found = (codes ^ codes.dtype.type(half) if half else codes).astype(np.float32)
        if half:
            found -= np.float32(half)
        return found
    table, pairs = _tables(fmt)
    if pairs is None or codes.shape[1] % 2 or not codes.flags.c_contiguous:
        return np.take(table, codes, mode="clip")
    # Two codes at a time: a look-up costs more than what it looks up.
    return np.take(pairs, codes.view(np.uint16), mode="clip").view(np.float32)


@cache
def _tables(fmt: Format) -> tuple[Array, Array | None]:
    """Values of all codes, and of all pairs of codes where a code is a byte and a value is a normal
    number of float32."""
    values = fmt.decode(fmt.legal)
    table = np.zeros(1 << max(fmt.bits, 8))
    table[fmt.legal] = values
    with np.errstate(over="ignore", invalid="ignore"):
        single = table.astype(np.float32)
    small = (np.abs(table) < 2.0**-126) & (table != 0)
    if small.any() or not np.array_equal(single.astype(np.float64), table, equal_nan=True):
        return table, None
    if fmt.bits > 8:
        return single, None
    both = np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2)
    return single, single[both].view(np.uint64)[:, 0]
