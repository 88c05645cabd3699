"""Rotary position embedding: pairs of values, each turned by an angle of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .. import fp
from ..description.unit import UNITS
from ..errors import DesignError
from ..formats import Format, Minifloat, lookup
from ..streams import Beats
from .grouped import Elementwise, OneFormat
from .grouped_trials import anything, extremes, marks, special, trial

Array = npt.NDArray[Any]

#: Which two values of a beat are a pair.
PAIRS = ("halves", "adjacent")
#: Kinds of values and angles: any, points of a turned circle, small and large values, specials.
_KINDS = ("any", "turned", "turned", "wide", "special")


@dataclass(frozen=True, kw_only=True)
class Rope(OneFormat, Elementwise):
    """a' = a cos - b sin, b' = b cos + a sin, for the pairs (a, b) of a beat.

    Each product is rounded to FP32, to nearest even, which leaves it as it is unless it is
    subnormal there or too large; the sum of both is rounded once, to ``format``. So where no
    product is below 2^-126, a result is the exact one of the cosine and sine as they are given,
    rounded once. NaN, infinities and signed zeros as in IEEE 754: the pair of an infinity and a
    number becomes infinities, or NaN where its sine or cosine is zero.

    Sources: RoFormer (arXiv 2104.09864), pairs of neighbours; GPT-NeoX and the models of
    transformers, value i and value i + d/2 of a head.

    Parameters
    ----------
    format : of values and results: a float with NaN of at most 12 significand bits.
    angle : of cosines and sines; the values' unless another is given.
    pairs : ``halves``: lane i and lane i + lanes / 2; ``adjacent``: lanes 2 i and 2 i + 1.
    rows : heads side by side, which share angles.
    lanes : values of a head in a beat, an even number; each pair has a cosine and a sine, which
        come with the beat.
    """

    kind: ClassVar[str] = "rope"

    format: Format = lookup("bf16")
    angle: Format | None = None
    pairs: str = "halves"
    rows: int = 1
    lanes: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_shape()
        if self.lanes % 2:
            raise DesignError(f"lanes hold pairs: their number must be even, got {self.lanes}")
        if self.pairs not in PAIRS:
            raise DesignError(f"pairs must be one of {', '.join(PAIRS)}, got {self.pairs!r}")
        for what, fmt in (("format", self.format), ("angle", self.turned)):
            if not (
                isinstance(fmt, Minifloat)
                and fmt.signed
                and fmt.has_nan
                and fmt.has_zero
                and fmt.significand_width <= 12
            ):
                raise DesignError(
                    f"{what} must be a signed float with NaN of up to 12 significand bits such as "
                    f"bf16, got {fmt.name}"
                )

    # What follows from the parameters.

    @property
    def turned(self) -> Format:
        """The format of cosines and sines."""
        return self.angle or self.format

    @property
    def beats(self) -> int:
        return 1

    @property
    def holders(self) -> int:
        return self.lanes // 2

    @property
    def together(self) -> bool:
        return True

    @property
    def held(self) -> dict[str, Format]:
        return {"cos": self.turned, "sin": self.turned}

    @property
    def places(self) -> list[tuple[int, int]]:
        """The lanes of each pair."""
        half = self.lanes // 2
        if self.pairs == "halves":
            return [(lane, lane + half) for lane in range(half)]
        return [(2 * pair, 2 * pair + 1) for pair in range(half)]

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "format": self.format.name,
            "angle": self.turned.name,
            "pairs": self.pairs,
            "rows": self.rows,
            "lanes": self.lanes,
        }

    # The golden function.

    def turn(self, codes: npt.ArrayLike, cos: npt.ArrayLike, sin: npt.ArrayLike) -> Array:
        """Codes of values (..., lanes), of cosines and sines (..., lanes / 2) -> codes of results.

        Raises DesignError for codes that are none of the formats.
        """
        values = self.format.decode(self.format.check(codes))
        c, s = (self.turned.decode(self.turned.check(given)) for given in (cos, sin))
        first, second = (list(side) for side in zip(*self.places, strict=True))
        a, b = values[..., first], values[..., second]
        made = np.empty(values.shape, self.format.dtype)
        made[..., first] = self._sum(_single(a, c), -_single(b, s))
        made[..., second] = self._sum(_single(b, c), _single(a, s))
        return made

    def _sum(self, a: Array, b: Array) -> Array:
        """Codes of a + b, of FP32 values, rounded once."""
        return self.format.encode(fp.odd_sum(a, b), saturate=False)

    def results(self, codes: Array, held: Mapping[str, Array]) -> Array:
        cos, sin = (held[name].reshape(len(codes), 1, -1) for name in ("cos", "sin"))
        return self.turn(codes, cos, sin)

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        first = int(rng.integers(len(_KINDS)))
        return [self._trial(_KINDS[(first + n) % len(_KINDS)], n, rng) for n in range(count)]

    def _trial(self, kind: str, index: int, rng: np.random.Generator) -> dict[str, Beats]:
        last = marks(self, index, rng)
        shape, angles = (len(last), self.rows * self.lanes), (len(last), self.holders)
        if kind == "any":
            codes = anything(self.format, shape, rng)
            held = {name: anything(fmt, angles, rng) for name, fmt in self.held.items()}
            return trial(self, codes, held, last)
        turn = rng.uniform(-np.pi, np.pi, angles)
        values = rng.normal(0, 2, shape) * (np.exp2(rng.uniform(-90, 90)) if kind == "wide" else 1)
        codes = self.format.encode(values, saturate=True)
        held = {
            "cos": self.turned.encode(np.cos(turn), saturate=True),
            "sin": self.turned.encode(np.sin(turn), saturate=True),
        }
        if kind == "special":
            assert isinstance(self.format, Minifloat) and isinstance(self.turned, Minifloat)
            codes = np.where(
                rng.random(shape) < 0.5, rng.choice(special(self.format), shape), codes
            )
            chosen = rng.random(angles) < 0.5
            held["sin"] = np.where(chosen, rng.choice(special(self.turned), angles), held["sin"])
        return trial(self, codes, held, last)

    def bounds(self) -> list[dict[str, Beats]]:
        """The least and the greatest values, cosines and sines, each with each."""
        return extremes(self)


def _single(a: Array, b: Array) -> Array:
    """a × b, rounded to FP32."""
    return fp.rounded(lookup("fp32"), fp.product(a, b), "product")


UNITS.register(Rope.kind, Rope)
