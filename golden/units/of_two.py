"""Units that take two streams of floats side by side: each pair of values becomes one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import Unit
from ..errors import DesignError
from ..formats import Format, Minifloat
from ..streams import Beats, Field, Stream
from .grouped_trials import anything, special

Array = npt.NDArray[Any]

#: Beats of a trial.
BEATS = 8


class OfTwo(Unit):
    """A value and another, of a stream of its own, become a result: no other value matters.

    A subclass has the parameters ``values``, ``result``, ``lanes``, ``vectors`` and the format of
    the other stream, which is called as :attr:`beside` says. Formats are floats with zero, NaN and
    infinity, with up to 24 significand bits.
    """

    #: The stream beside the values, its field, and the parameter that has its format.
    beside: ClassVar[str]

    #: What the numbers of a trial are like, beside ``any`` and ``special``, which all units have.
    kinds: ClassVar[tuple[str, ...]]

    values: Format
    result: Format
    lanes: int = 1
    vectors: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(("lanes", 1, 1 << 10), ("vectors", 1, 64))
        for what in ("values", self.beside, "result"):
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
    def other(self) -> Minifloat:
        """The format of what stands beside the values."""
        fmt = getattr(self, self.beside)
        assert isinstance(fmt, Minifloat)
        return fmt

    @property
    def width(self) -> int:
        """Values in a beat."""
        return self.vectors * self.lanes

    @property
    def streams(self) -> tuple[Stream, ...]:
        shape, beside = (self.vectors, self.lanes), self.beside
        values = Field("values", "codes", 1, "values", *shape, self.values.bits)
        other = Field(beside, "codes", 1, beside, *shape, self.other.bits)
        value = Field("value", "value", 1, "value", *shape, self.result.bits)
        return (
            Stream("values", False, "step", (values,), last=True),
            Stream(beside, False, "step", (other,)),
            Stream("result", True, "step", (value,), last=True),
        )

    def formats(self, field: Field) -> tuple[str, int | None]:
        return self.holds(field).name, None

    def holds(self, field: Field) -> Format:
        """The format of a field's codes."""
        found = {"values": self.values, self.beside: self.other, "value": self.result}
        return found[field.array]

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "values": self.values.name,
            self.beside: self.other.name,
            "result": self.result.name,
            "lanes": self.lanes,
            "vectors": self.vectors,
        }

    # The golden function.

    @abstractmethod
    def made(self, values: Array, others: Array) -> Array:
        """Codes of both, of one shape -> codes of results."""

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given, beside = sent["values"], sent[self.beside]
        count = min(len(given), len(beside))
        made = self.made(given.values[0][:count], beside.values[0][:count])
        return {"result": Beats((made,), (None,), given.last[:count])}

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        kinds = *self.kinds, "any", "special"
        first = int(rng.integers(len(kinds)))
        return [self._of_kind(kinds[(first + n) % len(kinds)], rng) for n in range(count)]

    def bounds(self) -> list[dict[str, Beats]]:
        """The greatest and the least values, and the smallest, with each other."""
        shape = BEATS, self.width
        return [
            self._trial(np.full(shape, a), np.full(shape, b), False)
            for a in _ends(self.values)
            for b in _ends(self.other)
        ]

    @abstractmethod
    def drawn(self, kind: str, rng: np.random.Generator) -> tuple[Array, Array]:
        """Numbers (BEATS, width) of both streams, of one of :attr:`kinds`."""

    def _of_kind(self, kind: str, rng: np.random.Generator) -> dict[str, Beats]:
        ends, formats = bool(rng.random() < 0.5), (self.values, self.other)
        if kind in ("any", "special"):
            make = anything if kind == "any" else _odd
            first, second = (make(fmt, (BEATS, self.width), rng) for fmt in formats)
        else:
            first, second = (
                fmt.encode(numbers, saturate=True)
                for fmt, numbers in zip(formats, self.drawn(kind, rng), strict=True)
            )
        return self._trial(first, second, ends)

    def _trial(self, values: Array, others: Array, ends: bool) -> dict[str, Beats]:
        last, none = np.zeros((2, len(values)), bool)
        last[-1] = ends
        values, others = values.astype(self.values.dtype), others.astype(self.other.dtype)
        return {
            "values": Beats((values,), (None,), last),
            self.beside: Beats((others,), (None,), none),
        }


def halfway(fmt: Format, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
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
