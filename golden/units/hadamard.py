"""The fast Walsh-Hadamard transform of vectors that come a few points a beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .. import fp
from ..description.unit import UNITS
from ..errors import DesignError
from ..formats import Format, Integer, Minifloat, lookup
from .hadamard_matrices import PRIMES, SEEDS, random_signs, small
from .rotation import Rotation

Array = npt.NDArray[Any]

NORMALIZATIONS = ("none", "folded", "multiplied")

#: Points that a transform has, at the least and at the most.
LEAST, MOST = 16, 16384


@dataclass(frozen=True, kw_only=True)
class Hadamard(Rotation):
    """y = H x for vectors x of ``points`` elements, H a Hadamard matrix.

    For a power of two H is Sylvester's, in natural order: H[i, j] is -1 to the number of ones that
    i and j have in common. Points i and i + s become their sum and their difference, for s =
    points / 2, points / 4, ... 1: one step a bit. H is its own inverse up to the factor ``points``.

    For 2^k times 12, 20 or 28 points it is the Kronecker product of ``small`` and Sylvester's
    of 2^k points: parts of 2^k neighbours are transformed, and the points in the same place of all
    parts are multiplied by the small matrix (QuaRot, arXiv 2404.00456, ``matmul_hadU``).

    Integers are exact: a step adds a bit, a small matrix four or five. Floats: every sum is rounded
    to nearest even in ``sums``, and the result once more to ``format``; the sums of a small matrix
    are those of a binary tree that adds neighbours, after all steps. NaN, infinities and signed
    zeros as in IEEE 754.

    Parameters
    ----------
    points : of a transform, 16 to 16384: a power of two, or one times 12, 20 or 28.
    format : of the points that go in: an integer, or a float of at most 24 significand bits.
    sums : format of the sums, of floats only; FP32 unless another is given.
    normalize : of the factor 1 / sqrt(points) that makes H orthonormal: ``none`` is left out;
        ``folded``: integers stay as they are and count smaller units, 2^-e with the greatest e for
        which 4^e is at most ``points``, so that 2^e / sqrt(points) is left to the scales that
        follow; ``multiplied``: floats are multiplied by the factor, rounded to nearest in
        ``sums``, and the exact product is rounded once, to ``format``.
    signs : seed of ``random_signs``, one for each point, by which points are multiplied first:
        y = H D x, D exact. None: no signs.
    lanes : points of a vector in a beat, a power of two up to 2^k.
    vectors : how many are transformed side by side.
    """

    kind: ClassVar[str] = "hadamard"

    sums: Format | None = None
    normalize: str = "none"
    signs: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(("points", LEAST, MOST))
        if self.part & self.part - 1:
            orders = ", ".join(map(str, PRIMES))
            raise DesignError(
                f"points must be a power of two, or one times an order of {orders}, got "
                f"{self.points}"
            )
        self.check_counts(("lanes", 1, self.part), ("vectors", 1, 64))
        if self.lanes & self.lanes - 1:
            raise DesignError(f"lanes must be a power of two, got {self.lanes}")
        if self.signs is not None:
            self.check_counts(("signs", 0, SEEDS - 1))
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
    def order(self) -> int:
        """Of the small matrix: 12, 20, 28, or 1 where there is none."""
        odd = self.points // (self.points & -self.points)
        return odd * 4 if odd * 4 in PRIMES and self.points % 4 == 0 else 1

    @property
    def part(self) -> int:
        """Points that steps combine: 2^k."""
        return self.points // self.order

    @property
    def steps(self) -> int:
        """log2 of those."""
        return self.part.bit_length() - 1

    @property
    def turned(self) -> int:
        """Bits that signs add to integers: where some row has no 1, so that the greatest result is
        all points' least, negated."""
        alone = self.order == 1 and self.whole
        return int(alone and int(self._stepped(self.flips).min()) == -self.points)

    @property
    def summed(self) -> Format:
        """The format of sums of floats."""
        return self.sums or lookup("fp32")

    @property
    def result(self) -> Format:
        """The format of what comes out."""
        if not isinstance(self.format, Integer):
            return self.format
        width = self.format.width + self.turned + self.steps + (self.order - 1).bit_length()
        exponent = self.format.exponent
        exponent -= (self.points.bit_length() - 1) // 2 if self.normalize == "folded" else 0
        return Integer(f"int{width}", width, exponent=exponent)

    @property
    def factor(self) -> int:
        """The code in ``summed`` of what floats are multiplied by at the end."""
        return int(self.summed.encode(1 / np.sqrt(np.float64(self.points))))

    @property
    def facts(self) -> dict[str, Any]:
        return {**super().facts, "normalize": self.normalize, "signs": self.signs}

    # The golden function.

    def transform(self, codes: npt.ArrayLike) -> Array:
        given = self.checked(codes)
        if self.whole:
            return self._multiplied(self._stepped(self.format.integers(given) * self.flips))
        values = self.format.decode(given) * self.flips
        sums = self._multiplied(self._stepped(fp.rounded(self.summed, values)))
        if self.normalize == "multiplied":
            sums = fp.product(sums, self.summed.decode(np.uint64(self.factor)))
        return self.result.encode(sums, saturate=False)

    @property
    def flips(self) -> Array:
        """The signs of the points."""
        if self.signs is None:
            return np.ones(self.points, np.int64)
        return random_signs(self.signs, self.points)

    def _stepped(self, x: Array) -> Array:
        """All steps, the points far apart first."""
        distance = self.part // 2
        while distance:
            pairs = x.reshape(*x.shape[:-1], -1, 2, distance)
            a, b = pairs[..., 0, :], pairs[..., 1, :]
            total, rest = self._add(a, b), self._add(a, -b)
            x = np.stack([total, rest], axis=-2).reshape(x.shape)
            distance //= 2
        return x

    def _multiplied(self, x: Array) -> Array:
        """By the small matrix, the points in the same place of all parts."""
        if self.order == 1:
            return x
        parts = x.reshape(*x.shape[:-1], self.order, self.part)
        rows = []
        for signs in small(self.order):
            terms = [parts[..., place, :] * sign for place, sign in enumerate(signs.tolist())]
            while len(terms) > 1:
                sums = [self._add(a, b) for a, b in zip(terms[::2], terms[1::2], strict=False)]
                terms = sums + terms[len(terms) - len(terms) % 2 :]
            rows.append(terms[0])
        return np.stack(rows, axis=-2).reshape(x.shape)

    def _add(self, a: Array, b: Array) -> Array:
        return a + b if self.whole else fp.add(self.summed, a, b)

    def rows(self, places: Array) -> Array:
        """Rows of H D, (places, points)."""
        high, low = np.divmod(places, self.part)
        common = low[:, None] & np.arange(self.part)
        ones = sum(common >> bit & 1 for bit in range(self.steps))
        signs = 1 - 2 * (np.asarray(ones, np.int64) & 1) * np.ones_like(common)
        found: Array = small(self.order)[high][:, :, None] * signs[:, None, :]
        return np.asarray(found.reshape(len(places), self.points) * self.flips)


UNITS.register(Hadamard.kind, Hadamard)
