"""Softmax over tokens: e^x of every value, divided by their sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .. import fp
from ..description.unit import UNITS
from ..errors import DesignError
from ..formats import Format, Minifloat, NaN, lookup
from ..streams import Beats
from .grouped import OneFormat
from .softmax_parts import Parts

Array = npt.NDArray[Any]

#: Values of a token, at the most; how far below the greatest a value may be.
MOST, CLIPS = 1 << 14, (16, 32, 64)
#: Kinds of tokens: usual scores, wide ones, equal values, few that are not masked, specials.
_KINDS = ("usual", "wide", "equal", "masked", "near", "special")


@dataclass(frozen=True, kw_only=True)
class Softmax(OneFormat):
    """y_i = e^(x_i - m) / (e^(x_1 - m) + e^(x_2 - m) + …), m the greatest value of the token.

    In steps, each of integers but the first and the last:

    - m - x_i in FP32, to nearest even, then to the nearest multiple of 2^-(6 + mantissa bits);
    - e^-d as 2^(-d / ln 2), the power of the fraction by lines: see :class:`.Parts`;
    - the sum of all, each rounded down to 2^-(16 + mantissa bits): exact from there on;
    - its reciprocal by lines;
    - the exact product of power and reciprocal, rounded once to nearest even in ``format``.

    What is ``clip`` or more below m, or by 2^-(5 + mantissa bits) less, becomes 0. A token with NaN
    or +infinity, or of nothing but -infinity, becomes NaN; else -infinity becomes 0.

    Parameters
    ----------
    format : of values and of results: BF16, FP16, or another float of 16 bits at most with 7 to 10
        mantissa bits, NaN and infinity as in IEEE 754.
    clip : 16, 32 or 64.
    token : values of a token, at the most: a multiple of ``lanes``. ``last`` ends one earlier.
    lanes : values in a beat.
    """

    kind: ClassVar[str] = "softmax"

    format: Format = lookup("bf16")
    clip: int = 32
    token: int = 1024
    lanes: int = 4

    rows = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(("lanes", 1, 64), ("token", 1, MOST))
        if self.token % self.lanes:
            raise DesignError(
                f"a token of {self.token} values does not divide into beats of {self.lanes} lanes: "
                "make it a multiple"
            )
        if self.clip not in CLIPS:
            raise DesignError(f"clip must be 16, 32 or 64, got {self.clip!r}")
        fmt = self.format
        if not (
            isinstance(fmt, Minifloat)
            and fmt.bits <= 16
            and 7 <= fmt.mantissa_width <= 10
            and fmt.signed
            and fmt.has_inf
            and fmt.policy.nan is NaN.MANTISSAS
        ):
            raise DesignError(
                "a softmax is of bf16, fp16, or another float of 16 bits at most with 7 to 10 "
                f"mantissa bits, NaN and infinity, got {fmt.name}"
            )

    # What follows from the parameters.

    @property
    def parts(self) -> Parts:
        """The integers that it is made of."""
        assert isinstance(self.format, Minifloat)
        return Parts(self.format, self.clip)

    @property
    def off(self) -> Fraction:
        """What the result of a value that does not become 0 is off by, at the most, in units in
        the last place of the exact one, if that is no subnormal: half a unit of the rounding, and
        the relative errors of power, sum and reciprocal.

        A bound, not the greatest error: no token need reach it.
        """
        parts = self.parts
        power, inverse = parts.error, parts.reciprocal_error
        # The sum is that of the token's powers but for what is clipped or cut off below its unit;
        # the greatest value's power alone is 1 less a unit.
        clipped = self.token * Fraction(2) ** -(self.clip * 144 // 100)
        cut = Fraction(self.token + 1, 1 << parts.term) + clipped
        low = (1 - power) * (1 - inverse) / (1 + power)
        high = (1 + power) * (1 + inverse) / ((1 - power) * (1 - cut))
        assert isinstance(self.format, Minifloat)
        relative = max(1 - low, high - 1)
        # A unit in the last place is at least 2^-(mantissa bits + 1) of its value. As long as the
        # second part is less than 1, what comes out in the next binade is its first number.
        return Fraction(1, 2) + relative * (1 << self.format.mantissa_width + 1)

    @property
    def group(self) -> int:  # type: ignore[override]
        return self.token

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "format": self.format.name,
            "clip": self.clip,
            "token": self.token,
            "lanes": self.lanes,
            "bound": round(float(self.off), 4),
        }

    # The golden function.

    def softmax(self, codes: npt.ArrayLike) -> Array:
        """Codes of a token's values (values,) -> codes of results.

        Raises DesignError for codes that are none of the format, and for too many.
        """
        given, parts = self.format.check(codes), self.parts
        if given.ndim != 1 or not 0 < len(given) <= self.token:
            raise DesignError(
                f"a token has 1 to {self.token} values, got an array of shape {given.shape}"
            )
        values = self.format.decode(given)
        greatest = values.max()  # NaN where there is any
        if not np.isfinite(greatest):
            assert isinstance(self.format, Minifloat)
            return np.full(given.shape, self.format.nan_code, self.format.dtype)
        apart = fp.rounded(lookup("fp32"), fp.odd_sum(np.full(values.shape, greatest), -values))
        significands, n = parts.power(parts.distance.encode(apart))
        total = int(parts.terms(significands, n).sum())
        inverse, exponent = parts.reciprocal(total)
        product = significands * inverse
        exact = np.ldexp(product.astype(np.float64), exponent - 2 * parts.bits - n)
        return self.format.encode(exact, saturate=False)

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given = sent["values"]
        ends = np.flatnonzero(self.ends(given.last)) + 1
        codes, marks = given.values[0], np.zeros(len(given), bool)
        marks[ends - 1] = True
        starts = [0, *ends.tolist()]
        found = [
            self.softmax(codes[start:end].ravel()).reshape(end - start, -1)
            for start, end in zip(starts, starts[1:], strict=False)
        ]
        whole = starts[-1]
        values = np.concatenate(found) if found else codes[:0]
        return {"result": Beats((values,), (None,), marks[:whole])}

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        first = int(rng.integers(len(_KINDS)))
        return [self._trial(_KINDS[(first + n) % len(_KINDS)], n, rng) for n in range(count)]

    def _trial(self, kind: str, index: int, rng: np.random.Generator) -> dict[str, Beats]:
        """The beats of a whole token's time; one in two has shorter ones."""
        beats, fmt = self.beats, self.format
        assert isinstance(fmt, Minifloat)
        last = np.zeros(beats, bool)
        if index % 2 and beats > 1:
            last[rng.integers(0, beats - 1, 1 + beats // 8)] = True
        last[-1] = True
        shape = beats, self.lanes
        values = rng.normal(0, 2, shape)
        if kind == "wide":
            values *= np.exp2(rng.uniform(-3, 7))
        elif kind == "equal":
            values = np.full(shape, rng.normal(0, 5))
        elif kind == "near":
            values = rng.normal(0, 50) - rng.choice([0, self.clip, self.clip - 0.01], shape)
        elif kind == "masked":
            values = np.where(rng.random(shape) < 0.8, -np.inf, values)
        codes = fmt.encode(values, saturate=False)
        if kind == "special":
            rare = [fmt.nan_code, fmt.inf_code, fmt.inf_code | 1 << fmt.bits - 1, 0, fmt.max_code]
            chosen = rng.random(shape) < rng.choice([0.02, 0.3])
            codes = np.where(chosen, rng.choice(rare, shape), codes).astype(fmt.dtype)
        return {"values": Beats((codes,), (None,), last)}

    def bounds(self) -> list[dict[str, Beats]]:
        """The least sum and the greatest: one value that counts, and all that are equal."""
        fmt = self.format
        last = np.arange(self.beats) == self.beats - 1
        least = np.full((self.beats, self.lanes), -np.inf)
        least[0, 0] = 0
        made = [least, np.zeros_like(least)]
        return [
            {"values": Beats((fmt.encode(values, saturate=False),), (None,), last)}
            for values in made
        ]


UNITS.register(Softmax.kind, Softmax)
