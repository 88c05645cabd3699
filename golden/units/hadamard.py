"""The fast Walsh-Hadamard transform of vectors that come a few points a beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .. import fp
from ..description.unit import UNITS, Unit
from ..errors import DesignError
from ..formats import Format, Integer, Minifloat, lookup
from ..streams import Beats, Field, Stream

Array = npt.NDArray[Any]

NORMALIZATIONS = ("none", "folded", "multiplied")

#: Points that a transform has, at the least and at the most.
LEAST, MOST = 16, 256


@dataclass(frozen=True, kw_only=True)
class Hadamard(Unit):
    """y = H x for vectors x of ``points`` elements, H the Hadamard matrix in natural order.

    H is Sylvester's: H[i, j] is -1 to the number of ones that i and j have in common. Points i and
    i + s become their sum and their difference, for s = points / 2, points / 4, ... 1: one step a
    bit. H is its own inverse up to the factor ``points``.

    Integers are exact: a step adds a bit, log2(points) bits in all. Floats: every sum is rounded to
    nearest even in ``sums``, and the result once more to ``format``; NaN, infinities and signed
    zeros as in IEEE 754.

    Parameters
    ----------
    points : of a transform, a power of two from 16 to 256.
    format : of the points that go in: an integer, or a float of at most 24 significand bits.
    sums : format of the sums, of floats only; FP32 unless another is given.
    normalize : of the factor 2^(-n/2) for 2^n points that makes H orthonormal: ``none`` is left
        out; ``folded``: integers stay as they are and count smaller units, 2^-(n/2), with n odd
        2^-((n-1)/2), so that 1/sqrt(2) is left to the scales that follow; ``multiplied``: floats
        are multiplied by the factor, rounded to nearest in ``sums``, and the exact product is
        rounded once, to ``format``.
    lanes : points of a vector in a beat, a power of two up to ``points``.
    vectors : how many are transformed side by side.
    """

    kind: ClassVar[str] = "hadamard"

    points: int = 64
    format: Format = lookup("int8")
    sums: Format | None = None
    normalize: str = "none"
    lanes: int = 4
    vectors: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(("points", LEAST, MOST))
        self.check_counts(("lanes", 1, self.points), ("vectors", 1, 64))
        for what in ("points", "lanes"):
            if (value := getattr(self, what)) & value - 1:
                raise DesignError(f"{what} must be a power of two, got {value}")
        if self.normalize not in NORMALIZATIONS:
            raise DesignError(
                f"normalize must be one of {', '.join(NORMALIZATIONS)}, got {self.normalize!r}"
            )
        self._check_format()

    def _check_format(self) -> None:
        fmt, sums = self.format, self.sums
        if isinstance(fmt, Integer):
            if not fmt.signed or fmt.width > 24:
                raise DesignError(
                    f"integers to transform are signed and have up to 24 bits, got {fmt.name}"
                )
            if sums is not None:
                raise DesignError(f"sums of integers are exact: leave out sums = {sums.name!r}")
            if self.normalize == "multiplied":
                raise DesignError("integers are not multiplied: choose normalize none or folded")
            return
        for what, item in (("format", fmt), ("sums", self.summed)):
            if not (
                isinstance(item, Minifloat)
                and item.signed
                and item.has_nan
                and item.significand_width <= 24
            ):
                raise DesignError(
                    f"{what} must be a signed integer, or a signed float with NaN of up to 24 "
                    f"significand bits such as bf16, got {item.name}"
                )
        if self.normalize == "folded":
            raise DesignError("floats have no unit to fold into: choose normalize multiplied")

    # What follows from the parameters.

    @property
    def steps(self) -> int:
        """log2 of the points."""
        return self.points.bit_length() - 1

    @property
    def beats(self) -> int:
        """Beats of a transform."""
        return self.points // self.lanes

    @property
    def summed(self) -> Format:
        """The format of sums of floats."""
        return self.sums or lookup("fp32")

    @property
    def result(self) -> Format:
        """The format of what comes out."""
        if not isinstance(self.format, Integer):
            return self.format
        width = self.format.width + self.steps
        exponent = self.format.exponent
        exponent -= self.steps // 2 if self.normalize == "folded" else 0
        return Integer(f"int{width}", width, exponent=exponent)

    @property
    def factor(self) -> int:
        """The code in ``summed`` of what floats are multiplied by at the end."""
        return int(self.summed.encode(np.float64(2.0) ** (-self.steps / 2)))

    @property
    def streams(self) -> tuple[Stream, ...]:
        shape = self.vectors, self.lanes
        result = self.result
        value = Field("value", "value", 1, "value", *shape, result.bits, self._integer)
        return (
            Stream("points", False, "step", (self._points,), last=True),
            Stream("result", True, "step", (value,), last=True),
        )

    @property
    def _points(self) -> Field:
        return Field("points", "codes", 1, "points", self.vectors, self.lanes, self.format.bits)

    @property
    def _integer(self) -> bool:
        return isinstance(self.format, Integer)

    def formats(self, field: Field) -> tuple[str, int | None]:
        if field.kind == "codes":
            return self.format.name, None
        return ("integer", self.result.lsb) if self._integer else (self.result.name, None)

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "points": self.points,
            "lanes": self.lanes,
            "vectors": self.vectors,
            "format": self.format.name,
            "result": self.result.name,
            "result_exponent": self.result.lsb if self._integer else None,
            "normalize": self.normalize,
        }

    # The golden function.

    def transform(self, codes: npt.ArrayLike) -> Array:
        """Codes of vectors (..., points) -> codes of the result (..., points).

        Integers are codes of ``format`` and two's complement integers of ``result``'s unit.
        """
        given = np.asarray(codes)
        if given.shape[-1:] != (self.points,):
            raise DesignError(f"vectors have {self.points} points, got shape {given.shape}")
        if self._integer:
            return self._stepped(self.format.integers(given).astype(np.int64))
        sums = self._stepped(fp.rounded(self.summed, self.format.decode(given)))
        if self.normalize == "multiplied":
            sums = fp.product(sums, self.summed.decode(np.uint64(self.factor)))
        return self.result.encode(sums, saturate=False)

    def _stepped(self, x: Array) -> Array:
        """All steps, the points far apart first."""
        distance = self.points // 2
        while distance:
            pairs = x.reshape(*x.shape[:-1], -1, 2, distance)
            a, b = pairs[..., 0, :], pairs[..., 1, :]
            total, rest = self._add(a, b), self._add(a, -b)
            x = np.stack([total, rest], axis=-2).reshape(x.shape)
            distance //= 2
        return x

    def _add(self, a: Array, b: Array) -> Array:
        return a + b if self._integer else fp.add(self.summed, a, b)

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given = sent["points"]
        whole = len(given) // self.beats * self.beats
        x = given.values[0][:whole].reshape(-1, self.beats, self.vectors, self.lanes)
        y = self.transform(x.transpose(0, 2, 1, 3).reshape(len(x), self.vectors, self.points))
        y = y.reshape(len(x), self.vectors, self.beats, self.lanes).transpose(0, 2, 1, 3)
        values = y.reshape(whole, self.vectors * self.lanes)
        return {"result": Beats((values,), (None,), given.last[:whole])}

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        return [self._trial(self._drawn(index, rng), rng) for index in range(count)]

    def bounds(self) -> list[dict[str, Beats]]:
        """Each point of the result at its least and at its greatest; of floats, none."""
        if not self._integer:
            return []
        rows = self._signs()
        ends = {1: self.format.high, -1: self.format.low}
        found, least = [], np.array([ends[-1], ends[1]])
        for start in range(0, self.points, self.vectors):
            taken = rows[np.arange(start, start + self.vectors) % self.points]
            for sign in (1, -1):
                values = np.where(taken * sign > 0, least[1], least[0])
                codes = self.format.encode(values * 2.0**self.format.lsb)
                found.append(self._trial(codes, None))
        return found

    def _signs(self) -> Array:
        """H, ``points`` × ``points``."""
        index = np.arange(self.points)
        common = index[:, None] & index[None, :]
        ones = sum(common >> bit & 1 for bit in range(self.steps))
        return 1 - 2 * (np.asarray(ones) & 1)

    def _drawn(self, index: int, rng: np.random.Generator) -> Array:
        """Codes (vectors, points): of any value, small ones, few that are not zero, corners."""
        shape, fmt = (self.vectors, self.points), self.format
        legal = np.asarray(fmt.legal) if fmt.bits <= 16 else None
        if legal is None:
            any_code = rng.integers(0, 1 << fmt.bits, shape, np.uint64).astype(fmt.dtype)
        else:
            any_code = rng.choice(legal, shape).astype(fmt.dtype)
        kind = index % 4
        if kind == 0:
            return any_code
        if kind == 1:
            spread = 3.0 if not self._integer else max(fmt.high / 4, 1) * 2.0**fmt.lsb
            return fmt.encode(rng.normal(0, spread, shape), saturate=True)
        zero = np.full(shape, fmt.encode(0.0), fmt.dtype)
        if kind == 2:
            return np.where(rng.random(shape) < 2 / self.points, any_code, zero)
        # Equal points cancel in every step, but for a few.
        same = np.broadcast_to(any_code[:, :1], shape)
        return np.where(rng.random(shape) < 1 / self.points, any_code, same)

    def _trial(self, codes: Array, rng: np.random.Generator | None) -> dict[str, Beats]:
        """The beats of a transform; it ends a reduction, or not."""
        x = codes.reshape(self.vectors, self.beats, self.lanes).transpose(1, 0, 2)
        last = np.zeros(self.beats, bool)
        last[-1] = rng is None or rng.random() < 0.5
        return {"points": Beats((x.reshape(self.beats, -1),), (None,), last)}


UNITS.register(Hadamard.kind, Hadamard)
