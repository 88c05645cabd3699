"""Integer functions of whole tokens: what their kinds have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..description.unit import Unit
from ..errors import DesignError
from ..formats import Format, Integer, lookup
from ..streams import Beats, Field, Stream
from . import token_trials as trials
from .tokens import ends, starts

Array = npt.NDArray[Any]

#: Values of a token, at the most.
LONGEST = 4096


@dataclass(frozen=True, kw_only=True)
class TokenFunction(Unit):
    """Integers out of the integers of a token, each of which may depend on all of them.

    A token ends with ``last``, or after ``token`` values; with either, the result has ``last``.

    Parameters
    ----------
    values : format of what goes in: a signed integer of 2 to 16 bits.
    token : values of a token, at the most: a multiple of ``lanes``, up to 4096.
    lanes : values in a beat.
    """

    values: Format = lookup("int8")
    token: int = 1024
    lanes: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(("lanes", 1, 64), ("token", 1, LONGEST))
        if self.token % self.lanes:
            raise DesignError(
                f"token must be a multiple of {self.lanes}, the lanes, got {self.token}"
            )
        self.check_integer("values", signed=True, most=16)

    def check_integer(self, what: str, *, signed: bool, most: int) -> None:
        """Raise TypeError or DesignError unless a parameter is an integer format."""
        fmt = getattr(self, what)
        if not isinstance(fmt, Format):
            raise TypeError(f"{what} must be a format, such as lookup('int8'), got {fmt!r}")
        least = 1 + signed
        if not isinstance(fmt, Integer) or fmt.signed != signed or not least <= fmt.bits <= most:
            kind = "a signed" if signed else "an unsigned"
            raise DesignError(
                f"{what} must be {kind} integer of {least} to {most} bits, got {fmt.name}"
            )
        if fmt.exponent:
            raise DesignError(
                f"{what} must be counted in ones, got {fmt.name} in units of 2^{fmt.exponent}: "
                f"take int{fmt.bits}"
            )

    # What follows from the parameters.

    @property
    def beats(self) -> int:
        """Beats of a token of full length."""
        return self.token // self.lanes

    @property
    @abstractmethod
    def result(self) -> Integer:
        """The format of what comes out."""

    @property
    def held(self) -> dict[str, Integer]:
        """What comes once a token, by the name of its stream."""
        return {}

    @property
    def channel(self) -> dict[str, Integer]:
        """What comes beside every value, in the stream ``channel``."""
        return {}

    @property
    def source(self) -> Integer:
        assert isinstance(self.values, Integer)  # after __post_init__
        return self.values

    @property
    def streams(self) -> tuple[Stream, ...]:
        shape = 1, self.lanes
        given = Field("values", "codes", 1, "values", *shape, self.values.bits)
        value = Field("value", "value", 1, "value", *shape, self.result.bits, True)
        beside = [
            Stream(name, False, "reduction", (Field(name, "scales", 1, name, 1, 1, fmt.bits),))
            for name, fmt in self.held.items()
        ]
        if self.channel:
            fields = (
                Field(name, "scales", 1, name, *shape, fmt.bits)
                for name, fmt in self.channel.items()
            )
            beside.append(Stream("channel", False, "step", tuple(fields)))
        return (
            Stream("values", False, "step", (given,), last=True),
            *beside,
            Stream("result", True, "step", (value,), last=True),
        )

    def holds(self, field: Field) -> Integer:
        """The format of a field's codes."""
        found = {"values": self.source, "value": self.result, **self.held, **self.channel}
        return found[field.array]

    def formats(self, field: Field) -> tuple[str, int | None]:
        return self.holds(field).name, None

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "values": self.values.name,
            "token": self.token,
            "lanes": self.lanes,
            **{name: fmt.name for name, fmt in (self.held | self.channel).items()},
            "result": self.result.name,
        }

    # The golden function.

    @abstractmethod
    def of_token(self, x: Array, **beside: Any) -> Array:
        """Integers of a token (values,) -> the integers of its result (values,).

        ``beside`` has by name what the token has once, an integer, and what comes beside every
        value, integers (values,).
        """

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given = sent["values"]
        last = ends(given.last, self.beats)
        counts = [len(sent[name]) for name in self.held]
        first, stop = starts(last), np.flatnonzero(last) + 1
        found = [np.zeros((0, self.lanes), self.result.dtype)]
        for number in range(min([len(stop), *counts])):
            beats = slice(first[number], stop[number])
            beside: dict[str, Any] = {
                name: int(fmt.integers(sent[name].values[0][number, 0]))
                for name, fmt in self.held.items()
            }
            for place, (name, fmt) in enumerate(self.channel.items()):
                beside[name] = self._integers(fmt, sent["channel"].values[place][beats])
            made = self.of_token(self._integers(self.source, given.values[0][beats]), **beside)
            codes = made & (1 << self.result.bits) - 1
            found.append(codes.astype(self.result.dtype).reshape(-1, self.lanes))
        codes = np.concatenate(found)
        return {"result": Beats((codes,), (None,), last[: len(codes)])}

    @staticmethod
    def _integers(fmt: Integer, codes: Array) -> Array:
        return np.asarray(fmt.integers(codes)).astype(np.int64).reshape(-1)

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        first = int(rng.integers(trials.KINDS))
        return [trials.drawn(self, index, first + index, rng) for index in range(count)]

    def bounds(self) -> list[dict[str, Beats]]:
        """Tokens of full length of the least and the greatest values, and of both, beside the least
        and the greatest of what comes with them."""
        return trials.extremes(self)
