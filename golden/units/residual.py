"""Residual addition: two streams of floats become their sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS, Unit
from ..errors import DesignError
from ..formats import Format, Minifloat, lookup
from ..fp import odd_sum
from ..streams import Beats, Field, Stream
from .grouped_trials import anything, special

Array = npt.NDArray[Any]

#: What the numbers of a trial are like, and its beats.
KINDS = ("usual", "near", "ties", "hair", "far", "any", "special")
BEATS = 8


@dataclass(frozen=True, kw_only=True)
class Residual(Unit):
    """y = values + residual, rounded once to nearest even.

    NaN, infinities and signed zeros as in IEEE 754: x - x is +0, -0 - 0 is -0, the sum of opposite
    infinities NaN.

    Parameters
    ----------
    values, residual : formats of what is added: floats with zero, NaN and infinity, with up to 24
        significand bits.
    result : format of the sums, such a float.
    lanes : values of a vector in a beat.
    vectors : how many are added side by side.
    """

    kind: ClassVar[str] = "residual"

    values: Format = lookup("bf16")
    residual: Format = lookup("bf16")
    result: Format = lookup("bf16")
    lanes: int = 1
    vectors: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(("lanes", 1, 1 << 10), ("vectors", 1, 64))
        for what in ("values", "residual", "result"):
            fmt = getattr(self, what)
            if not isinstance(fmt, Format):
                raise TypeError(f"{what} must be a format, such as lookup('bf16'), got {fmt!r}")
            if not (
                isinstance(fmt, Minifloat)
                and fmt.has_zero
                and fmt.has_nan
                and fmt.has_inf
                and fmt.signed
                and fmt.exponent_width >= 5
            ):
                raise DesignError(
                    f"{what} must be a signed float of 5 to 8 exponent bits with NaN and infinity, "
                    f"such as bf16, fp16 or fp32, got {fmt.name}"
                )

    @property
    def width(self) -> int:
        """Values in a beat."""
        return self.vectors * self.lanes

    @property
    def streams(self) -> tuple[Stream, ...]:
        shape = self.vectors, self.lanes
        values = Field("values", "codes", 1, "values", *shape, self.values.bits)
        residual = Field("residual", "codes", 1, "residual", *shape, self.residual.bits)
        value = Field("value", "value", 1, "value", *shape, self.result.bits)
        return (
            Stream("values", False, "step", (values,), last=True),
            Stream("residual", False, "step", (residual,)),
            Stream("result", True, "step", (value,), last=True),
        )

    def formats(self, field: Field) -> tuple[str, int | None]:
        return self.holds(field).name, None

    def holds(self, field: Field) -> Format:
        """The format of a field's codes."""
        found = {"values": self.values, "residual": self.residual, "value": self.result}
        return found[field.array]

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "values": self.values.name,
            "residual": self.residual.name,
            "result": self.result.name,
            "lanes": self.lanes,
            "vectors": self.vectors,
        }

    # The golden function.

    def add(self, values: npt.ArrayLike, residual: npt.ArrayLike) -> Array:
        """Codes of values and residuals of one shape -> codes of their sums, rounded once: also
        where a value has more bits than the result, and lies halfway between two of it but for a
        residual that is too small for float64 to show."""
        total = odd_sum(
            np.asarray(self.values.decode(values)), np.asarray(self.residual.decode(residual))
        )
        return self.result.encode(total, saturate=False)

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given, beside = sent["values"], sent["residual"]
        count = min(len(given), len(beside))
        made = self.add(given.values[0][:count], beside.values[0][:count])
        return {"result": Beats((made,), (None,), given.last[:count])}

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        first = int(rng.integers(len(KINDS)))
        return [self._drawn(KINDS[(first + n) % len(KINDS)], rng) for n in range(count)]

    def bounds(self) -> list[dict[str, Beats]]:
        """The greatest and the least values, and the smallest, with each other."""
        shape = BEATS, self.width
        return [
            self._trial(np.full(shape, a), np.full(shape, b), False)
            for a in _ends(self.values)
            for b in _ends(self.residual)
        ]

    def _drawn(self, kind: str, rng: np.random.Generator) -> dict[str, Beats]:
        shape, values, residual = (BEATS, self.width), self.values, self.residual
        ends = bool(rng.random() < 0.5)
        if kind in ("any", "special"):
            make = anything if kind == "any" else _odd
            return self._trial(make(values, shape, rng), make(residual, shape, rng), ends)
        x = rng.standard_t(3, shape) * np.exp2(rng.integers(-10, 10, shape))
        y = rng.standard_t(3, shape)
        if kind == "near":  # what cancels
            y = -x * (1 + rng.integers(-3, 4, shape) * 2.0 ** (1 - values.significand_width))
        elif kind == "ties":  # half of a last place of the sum, or beside that
            last = 2.0**-self.result.significand_width
            power = np.exp2(np.floor(np.log2(np.abs(x)))) * np.where(x < 0, -1, 1)
            places = rng.integers(0, 1 << self.result.significand_width - 1, shape)
            x = power * (1 + places * 2 * last)
            near = 1 + rng.integers(-1, 2, shape) * 2.0**-6
            y = power * last * near * rng.choice([1, -1], shape)
        elif kind == "far":
            y = x * np.exp2(rng.integers(-40, 40, shape))
        elif kind == "hair":  # halfway between two results, and what no float64 shows beside it
            x = _halfway(self.result, shape, rng)
            y = rng.choice([1.0, -1.0], shape) * np.exp2(rng.integers(-140, -40, shape))
            x, y = (y, x) if residual.significand_width > values.significand_width else (x, y)
        codes = values.encode(x, saturate=True), residual.encode(y, saturate=True)
        return self._trial(*codes, ends)

    def _trial(self, values: Array, residual: Array, ends: bool) -> dict[str, Beats]:
        last, none = np.zeros((2, len(values)), bool)
        last[-1] = ends
        values, residual = values.astype(self.values.dtype), residual.astype(self.residual.dtype)
        return {
            "values": Beats((values,), (None,), last),
            "residual": Beats((residual,), (None,), none),
        }


def _halfway(fmt: Format, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Numbers of about 1 with one bit more than those of a format, which is set."""
    places = 1 << fmt.significand_width
    return rng.choice([1, -1], shape) * (1 + (2 * rng.integers(0, places >> 1, shape) + 1) / places)


def _ends(fmt: Format) -> tuple[int, ...]:
    assert isinstance(fmt, Minifloat)
    sign = 1 << fmt.bits - 1
    return fmt.max_code, fmt.max_code | sign, 1, sign


def _odd(fmt: Format, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    assert isinstance(fmt, Minifloat)
    return rng.choice(special(fmt), shape)


UNITS.register(Residual.kind, Residual)
