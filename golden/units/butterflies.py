"""Butterflies: products of any 2 × 2 matrices and pairs of points, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isqrt
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..errors import DesignError
from ..formats import Format, Integer, lookup
from .butterfly_bounds import Bounds, bounds_of
from .kernels import KERNELS
from .rotation import Rotation

Array = npt.NDArray[Any]

#: Points that a transform has, at the least and at the most; bits of points and of matrices.
LEAST, MOST, WIDEST = 4, 1024, 18


@dataclass(frozen=True, kw_only=True)
class Butterflies(Rotation):
    """Stages of butterflies: points i and i + d become a x + b y and c x + d y.

    The distance of pairs is points / 2 in the first stage, then points / 4, … 1. Every pair of
    every stage has a matrix of its own, of integers in units of 2^-fraction. Sums of products are
    exact, and rounded to nearest even to the unit of the points, once a stage and number. Numbers
    grow by the bits that their proven bounds need.

    Parameters
    ----------
    points : of a transform, a power of two from 4 to 1024.
    format : of the points' numbers, a signed integer of up to 18 bits.
    complex : points are complex, the real part first.
    kernel : the matrices by name, of ``kernels.KERNELS``, rounded to
        nearest; ``data``: those of ``matrices``.
    matrices : integers stage by stage, pair by pair, row by row; of complex ones the real part,
        then the imaginary. Pairs are in the order of their first points.
    fraction : bits of a matrix's numbers behind the point.
    halved : whether every stage's results count twice the unit, so that they hardly grow.
    lanes : points of a vector in a beat, a power of two up to ``points``.
    """

    kind: ClassVar[str] = "butterflies"

    format: Format = lookup("int16")
    complex: bool = True
    kernel: str = "fft"
    matrices: tuple[int, ...] = ()
    fraction: int = 14
    halved: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(("points", LEAST, MOST), ("fraction", 0, WIDEST - 2))
        self.check_counts(("lanes", 1, self.points), ("vectors", 1, 64))
        for what in ("points", "lanes"):
            if (value := getattr(self, what)) & value - 1:
                raise DesignError(f"{what} must be a power of two, got {value}")
        fmt = self.format
        if not isinstance(fmt, Integer) or not fmt.signed or fmt.width > WIDEST:
            raise DesignError(
                f"points of butterflies are signed integers of up to {WIDEST} bits, got {fmt.name}"
            )
        if self.kernel == "data":
            self._check_matrices()
            return
        if self.matrices:
            raise DesignError(f"matrices belong to kernel data, got kernel {self.kernel}")
        if KERNELS[self.kernel].complex and not self.complex:
            raise DesignError(f"kernel {self.kernel} needs complex = true, got false")

    def _check_matrices(self) -> None:
        count = self.steps * self.points * 2 * self.parts
        if len(self.matrices) != count:
            raise DesignError(
                f"{self.points} points take {count} numbers of matrices, got {len(self.matrices)}"
            )
        most = (1 << WIDEST - 1) - 1
        if found := next((number for number in self.matrices if abs(number) > most), None):
            raise DesignError(f"numbers of matrices must be -{most} to {most}, got {found}")

    # What follows from the parameters.

    @property
    def parts(self) -> int:
        return 1 + self.complex

    @property
    def steps(self) -> int:
        """Stages: log2 of the points."""
        return self.points.bit_length() - 1

    @property
    def distances(self) -> list[int]:
        """Of the pairs of each stage."""
        return [self.points >> stage + 1 for stage in range(self.steps)]

    @property
    def shift(self) -> int:
        """Bits by which sums of products are shifted to the right."""
        return self.fraction + self.halved

    @cached_property
    def stages(self) -> Array:
        """The matrices (stages, pairs, 2, 2, parts), integers."""
        if self.kernel == "data":
            shape = (self.steps, self.points // 2, 2, 2, self.parts)
            return np.array(self.matrices, np.int64).reshape(shape)
        found = []
        for distance in self.distances:
            block = KERNELS[self.kernel].stage(distance)
            numbers = np.stack([block.real, block.imag][: self.parts], -1)
            codes = np.rint(np.ldexp(numbers, self.fraction)).astype(np.int64)
            found.append(np.tile(codes, (self.points // 2 // distance, 1, 1, 1)))
        return np.stack(found)

    @cached_property
    def stage_bounds(self) -> list[Bounds]:
        """Of the numbers that go into each stage, and of those that come out of the last."""
        assert isinstance(self.format, Integer)
        return bounds_of(self.format, self.stages, self.shift)

    @property
    def widths(self) -> list[int]:
        """Bits of the same."""
        return [bounds.width for bounds in self.stage_bounds]

    @property
    def result(self) -> Integer:
        fmt, width = self.format, self.widths[-1]
        assert isinstance(fmt, Integer)
        exponent = fmt.exponent + (self.steps if self.halved else 0)
        return Integer(f"int{width}", width, exponent=exponent)

    @property
    def facts(self) -> dict[str, Any]:
        return {
            **super().facts,
            "complex": self.complex,
            "kernel": self.kernel,
            "fraction": self.fraction,
            "halved": self.halved,
        }

    @property
    def error(self) -> Fraction:
        """The most by which a result's value differs from the exact transform's: in magnitude, of a
        complex one. Of ``data`` the matrices are exact."""
        assert isinstance(self.format, Integer)
        root = _root(Fraction(self.parts))
        rounding, wrong = root / 2, Fraction(0)
        for bounds, stage in zip(self.stage_bounds, self.stages, strict=False):
            # The matrices of kernels are 1 in magnitude; rounded they are off by half a unit.
            gain, off = 2 * Fraction(1 << self.fraction), root
            if self.kernel == "data":
                gain, off = max(_gain(stage, self.parts), default=Fraction(0)), Fraction(0)
            wrong = (gain * wrong + off * bounds.most) / (1 << self.shift) + rounding
        return wrong * Fraction(2) ** self.result.lsb

    # The golden function.

    def transform(self, codes: npt.ArrayLike) -> Array:
        x = self.format.integers(self.checked(codes)).astype(np.int64)
        lead = x.shape[:-1]
        for distance, stage in zip(self.distances, self.stages, strict=True):
            pairs = x.reshape(*lead, -1, 2, distance, self.parts)
            matrices = stage.reshape(-1, distance, 2, 2, self.parts)
            rows = [self._row(pairs, matrices[:, :, row]) for row in (0, 1)]
            x = _shifted(np.stack(rows, axis=-3), self.shift)
        return x.reshape(*lead, -1)

    def _row(self, pairs: Array, row: Array) -> Array:
        """A row of each matrix times its pair."""
        total = np.zeros(np.broadcast_shapes(pairs[..., 0, :, :].shape, row.shape[:2] + (1,)), int)
        for place in (0, 1):
            x, c = pairs[..., place, :, :], row[:, :, place]
            if self.complex:
                real = c[..., 0] * x[..., 0] - c[..., 1] * x[..., 1]
                imaginary = c[..., 0] * x[..., 1] + c[..., 1] * x[..., 0]
                total = total + np.stack([real, imaginary], -1)
            else:
                total = total + c * x
        return np.asarray(total)

    def rows(self, places: Array) -> Array:
        """By the transposed stages, last first, from each place."""
        x = np.zeros((len(places), self.points, self.parts))
        x.reshape(len(places), -1)[np.arange(len(places)), places] = 1
        for distance, stage in zip(self.distances[::-1], self.stages[::-1], strict=True):
            rows = x.reshape(len(places), -1, 2, distance, self.parts)
            matrices = np.ldexp(stage.reshape(-1, distance, 2, 2, self.parts), -self.fraction)
            columns = []
            for column in (0, 1):
                total = np.zeros_like(rows[..., 0, :, :])
                for row in (0, 1):
                    given, c = rows[..., row, :, :], matrices[:, :, row, column]
                    if self.complex:
                        re, im = given[..., 0], given[..., 1]
                        real, imaginary = c[..., 0], c[..., 1]
                        turned = [re * real + im * imaginary, im * real - re * imaginary]
                        total = total + np.stack(turned, -1)
                    else:
                        total = total + c * given
                columns.append(total)
            x = np.stack(columns, axis=-3)
        return np.asarray(x.reshape(len(places), -1))


def _shifted(x: Array, shift: int) -> Array:
    """x / 2^shift to nearest even."""
    if not shift:
        return x
    low, rest = x >> shift, x & (1 << shift) - 1
    half = 1 << shift - 1
    return np.asarray(low + ((rest > half) | ((rest == half) & (low & 1 == 1))))


def _gain(stage: Array, parts: int) -> list[Fraction]:
    """Of each row the sum of magnitudes."""
    squares = (stage.astype(object) ** 2).sum(axis=-1).reshape(-1, 2)
    return [sum((_root(Fraction(int(s))) for s in row), Fraction(0)) for row in squares]


def _root(number: Fraction) -> Fraction:
    """The square root or a little more."""
    scale = 1 << 60
    whole = isqrt(number.numerator * scale // number.denominator)
    exact = whole * whole == number * scale
    return Fraction(whole + (not exact), 1 << 30)


UNITS.register(Butterflies.kind, Butterflies)
