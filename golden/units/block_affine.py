"""Blocks of points times a small matrix: any, constant or with every block its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..errors import DesignError
from ..formats import Format, Integer, lookup
from ..interval import Range
from ..streams import Beats, Field, Stream
from .rotation import Rotation
from .rotation_trials import in_blocks, trial

Array = npt.NDArray[Any]

#: Points of a block, at the least and at the most; bits of points and of a matrix's entries.
LEAST, MOST, WIDEST = 2, 64, 16


@dataclass(frozen=True, kw_only=True)
class BlockAffine(Rotation):
    """y = M x for blocks x of ``points`` integers, exact.

    The matrix is constant, or comes as a stream: with each beat of results the rows of its lanes,
    so that every block may have its own. All vectors side by side have the same.

    Source: BATQuant (arXiv 2603.16590), where each MX block of 32 activations has a learned matrix.

    Parameters
    ----------
    points : of a block, a power of two from 2 to 64.
    format : of the points, a signed integer of up to 16 bits.
    entries : format of the matrix's entries, a signed integer of up to 16 bits.
    fraction : bits of an entry behind the point: results have the unit of points times 2^-fraction.
    matrix : entries of a constant one as integers, row by row; none: the stream brings them.
    lanes : points of a vector in a beat, a power of two up to ``points``.
    """

    kind: ClassVar[str] = "block_affine"

    points: int = 32
    entries: Format = lookup("int8")
    fraction: int = 6
    matrix: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(("points", LEAST, MOST), ("fraction", 0, WIDEST))
        self.check_counts(("lanes", 1, self.points), ("vectors", 1, 64))
        for what in ("points", "lanes"):
            if (value := getattr(self, what)) & value - 1:
                raise DesignError(f"{what} must be a power of two, got {value}")
        for what, fmt in (("format", self.format), ("entries", self.entries)):
            if not isinstance(fmt, Integer) or not fmt.signed or fmt.width > WIDEST:
                raise DesignError(
                    f"{what} must be a signed integer of up to {WIDEST} bits, got {fmt.name}"
                )
        count, low, high = self.points**2, self.entries.low, self.entries.high
        if self.matrix and len(self.matrix) != count:
            raise DesignError(
                f"a matrix of {self.points} points has {count} entries, got {len(self.matrix)}"
            )
        if found := [number for number in self.matrix if not low <= number <= high]:
            raise DesignError(f"entries of the matrix must be {low} to {high}, got {found[0]}")

    # What follows from the parameters.

    @property
    def constant(self) -> Array | None:
        """The constant matrix, if it is one."""
        if not self.matrix:
            return None
        return np.array(self.matrix, np.int64).reshape(self.points, self.points)

    @property
    def sums(self) -> Range:
        """Proven bounds of the results."""
        fmt, entries = self.format, self.entries
        if self.constant is None:
            product = Range(0, fmt.low, fmt.high) * Range(0, entries.low, entries.high)
            return product.times(self.points)
        ends = self.constant * fmt.low, self.constant * fmt.high
        low, high = np.minimum(*ends).sum(axis=1).min(), np.maximum(*ends).sum(axis=1).max()
        return Range(0, int(min(low, -1)), int(high))

    @property
    def result(self) -> Integer:
        assert isinstance(self.format, Integer) and isinstance(self.entries, Integer)
        exponent = self.format.exponent + self.entries.exponent - self.fraction
        return Integer(f"int{self.sums.width}", self.sums.width, exponent=exponent)

    @property
    def streams(self) -> tuple[Stream, ...]:
        points, result = super().streams
        if self.matrix:
            return points, result
        field = Field("matrix", "codes", 0, "matrix", self.lanes, self.points, self.entries.bits)
        return points, Stream("matrix", False, "step", (field,)), result

    def formats(self, field: Field) -> tuple[str, int | None]:
        return (self.entries.name, None) if field.name == "matrix" else super().formats(field)

    @property
    def facts(self) -> dict[str, Any]:
        return {
            **super().facts,
            "entries": self.entries.name,
            "fraction": self.fraction,
            "constant": bool(self.matrix),
        }

    # The golden function.

    def transform(self, codes: npt.ArrayLike, matrices: Array | None = None) -> Array:
        """As of ``Rotation``; ``matrices`` are codes (blocks, points, points), where the
        stream brings them, of codes (blocks, vectors, points)."""
        x = self.format.integers(self.checked(codes)).astype(np.int64)
        if self.constant is not None:
            return np.asarray(x @ self.constant.T)
        assert matrices is not None, "a matrix that is not constant is given"
        m = self.entries.integers(matrices).astype(np.int64)
        return np.asarray(np.einsum("brc,bvc->bvr", m, x))

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        if self.matrix:
            return super().answer(sent)
        points, matrix = sent["points"], sent["matrix"].values[0]
        whole = len(points) // self.beats * self.beats
        count = min(whole, len(matrix))
        x = in_blocks(points.values[0][:whole], self.vectors, self.points)
        # Rows of the lanes of each beat; those that did not come are never asked for.
        rows = np.zeros((whole, self.lanes, self.points), np.int64)
        m = self.entries.integers(matrix[:count]).reshape(count, self.lanes, self.points)
        rows[:count] = m
        x = self.format.integers(x).astype(np.int64).repeat(self.beats, axis=0)
        y = np.einsum("blc,bvc->bvl", rows, x).reshape(whole, -1)
        return {"result": Beats((y[:count],), (None,), points.last[:count])}

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        found = super().trials(count, rng)
        if self.matrix:
            return found
        legal = np.asarray(self.entries.legal)
        shape = (self.beats, self.lanes * self.points)
        kinds = [lambda: rng.choice(legal, shape), lambda: self._sparse(rng)]
        return [
            each | self._rows(kinds[index % 2]().astype(self.entries.dtype))
            for index, each in enumerate(found)
        ]

    def _sparse(self, rng: np.random.Generator) -> Array:
        """A matrix with an entry in each row, near a permutation."""
        codes = np.zeros((self.points, self.points), np.int64)
        places = rng.permutation(self.points)
        codes[np.arange(self.points), places] = rng.choice(self.entries.legal, self.points)
        return codes.reshape(self.beats, -1)

    @staticmethod
    def _rows(codes: Array) -> dict[str, Beats]:
        return {"matrix": Beats((codes,), (None,), np.zeros(len(codes), bool))}

    def bounds(self) -> list[dict[str, Beats]]:
        if self.matrix:
            return super().bounds()
        found = []
        shape, rows = (self.vectors, self.points), (self.beats, self.lanes * self.points)
        for x in (self.format.low, self.format.high):
            for entry in (self.entries.low, self.entries.high):
                codes = self.format.encode(np.full(shape, x * 2.0**self.format.lsb))
                entries = self.entries.encode(np.full(rows, entry * 2.0**self.entries.lsb))
                found.append(trial(codes, self.lanes, None) | self._rows(entries))
        return found

    def rows(self, places: Array) -> Array:
        assert self.constant is not None
        return np.asarray(self.constant[places])


UNITS.register(BlockAffine.kind, BlockAffine)
