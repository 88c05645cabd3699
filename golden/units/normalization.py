"""What normalizations of tokens have in common: the reciprocal root of a sum of squares."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..description.unit import Unit
from ..errors import DesignError
from ..formats import Format, Kind, Minifloat, lookup
from ..formats.minifloat import POLICIES
from ..streams import Beats, Field, Stream
from . import norm_trials as trials
from .root_table import RootTable
from .square_sum import SquareSum

Array = npt.NDArray[Any]

#: Values of a token, and bits of their significands, at the most.
LONGEST, WIDEST = 1 << 14, 11
#: Bits of the reciprocal root beyond those of a result, and of the sum that it is made of.
MORE, GIVEN = 5, 2
#: Exponents below that of a sum of 1.
FAR = 16


@dataclass(frozen=True, kw_only=True)
class Normalization(Unit):
    """Tokens of ``token`` values x, each of which becomes numbers c of the format ``source``; these
    are multiplied by r = 1 / sqrt(mean(c²) + constant / token).

    The sum of squares is of :class:`.SquareSum`, rounded to nearest even to the format ``sum``; r
    has ``bits`` bits, by :class:`.RootTable`.

    Parameters
    ----------
    values : format of x: a float of 5 to 8 exponent bits with NaN and infinity.
    gamma : format of what each channel's value is multiplied by, such a float; None: nothing. It
        comes beside the token, a beat for each of its beats.
    result : format of y, such a float.
    token : values of a token, a multiple of ``lanes``.
    eps : what is added to the mean square: the float64 itself, exactly.
    lanes : values of a vector in a beat.
    vectors : how many tokens are normalized side by side, with the same channels.
    """

    values: Format = lookup("bf16")
    gamma: Format | None = lookup("bf16")
    result: Format = lookup("bf16")
    token: int = 4096
    eps: float = 1e-5
    lanes: int = 1
    vectors: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(("token", 1, LONGEST), ("lanes", 1, 1 << 10), ("vectors", 1, 64))
        if self.token % self.lanes:
            raise DesignError(
                f"a token of {self.token} values does not divide into beats of {self.lanes} lanes: "
                "choose lanes that divide it"
            )
        for what, fmt in {"values": self.values, **self.channel, "result": self.result}.items():
            if not isinstance(fmt, Format):
                raise TypeError(f"{what} must be a format, such as lookup('bf16'), got {fmt!r}")
            if not _usable(fmt):
                raise DesignError(
                    f"{what} must be a signed float of 5 to 8 exponent bits and up to {WIDEST} "
                    f"significand bits with NaN and infinity, such as bf16 or fp16, got {fmt.name}"
                )
        if isinstance(self.eps, bool) or not isinstance(self.eps, float):
            raise TypeError(f"eps must be a float such as 1e-5, got {self.eps!r}")
        if not 2.0**-40 <= self.eps <= 1:
            raise DesignError(f"eps must be 2^-40 to 1, got {self.eps}")
        self.squares.check()

    # What kinds differ in.

    @property
    @abstractmethod
    def source(self) -> Minifloat:
        """The format of c."""

    @property
    @abstractmethod
    def constant(self) -> Fraction:
        """What is added to the sum of squares of c."""

    @property
    @abstractmethod
    def windows(self) -> range:
        """Windows of 16 exponents of x that sums may tell apart."""

    @property
    @abstractmethod
    def relative(self) -> float:
        """How far a result may be from the real number before it is rounded, relative to that."""

    @property
    def channel(self) -> dict[str, Format]:
        """What a channel has, by name."""
        return {"gamma": self.gamma} if self.gamma else {}

    @abstractmethod
    def normalize(self, codes: npt.ArrayLike, **channels: Array) -> Array:
        """Codes of tokens (tokens, token), and of channels of that shape -> codes of results."""

    # What follows from the parameters.

    @property
    def beats(self) -> int:
        """Beats of a token."""
        return self.token // self.lanes

    @cached_property
    def squares(self) -> SquareSum:
        """The sum of squares, and ``constant``."""
        return SquareSum(self.source, self.token, self.constant)

    @property
    def bits(self) -> int:
        """Of r's significand."""
        return self.result.significand_width + MORE

    @property
    def sum(self) -> Minifloat:
        """The format of V. Its bias is even: so the exponent's last bit is that of V's. And no V is
        near its subnormals, which need not be looked for."""
        width = (self.squares.most.bit_length() + FAR).bit_length()
        return Minifloat("sum", width, self.bits + GIVEN - 1, POLICIES["ieee"], FAR)

    @cached_property
    def table(self) -> RootTable:
        """Of r: mean(c²) + constant / token = V · 2^(32·w - origin) / token."""
        return RootTable(self.token, self.bits, (self.bits - 3) // 2, self.bits + GIVEN)

    @cached_property
    def root(self) -> Minifloat:
        """The format of r."""
        most = self.exponent(self.squares.least.bit_length() - 1, 0)
        least = self.exponent(self.squares.most.bit_length(), self.squares.windows - 2)
        width = (most - least + 3).bit_length()
        return Minifloat("root", width, self.bits - 1, POLICIES["ieee"], 2 - least)

    def exponent(self, place: int, window: int) -> int:
        """The exponent of r = 1…: of a V whose leading bit is at ``place``, in a window w."""
        return self.table.half + self.squares.origin // 2 - 16 * window - (place >> 1)

    @cached_property
    def root_error(self) -> float:
        """How far r may be from the real number, relative to that: half of what the sum of squares
        and its rounding are, and the table."""
        total = float(self.squares.error) + 2.0**-self.sum.significand_width
        root: float = (1 - total * (1 + total)) ** 0.5
        return (1 + self.table.error) / root - 1

    @property
    def error(self) -> float:
        """How far a result may be from the real number, in ulp: units of the last place that the
        result's format has at that number. A half for its rounding, and ``relative``."""
        return 0.5 + self.relative * 2.0**self.result.significand_width * (1 + 2.0**-20)

    @property
    def streams(self) -> tuple[Stream, ...]:
        shape = self.vectors, self.lanes
        given = Field("values", "codes", 1, "values", *shape, self.values.bits)
        value = Field("value", "value", 1, "value", *shape, self.result.bits)
        channel = tuple(
            Field(name, "scales", 1, name, 1, self.lanes, fmt.bits)
            for name, fmt in self.channel.items()
        )
        beside = (Stream("channel", False, "step", channel),) if channel else ()
        return (
            Stream("values", False, "step", (given,), last=True),
            *beside,
            Stream("result", True, "step", (value,), last=True),
        )

    def formats(self, field: Field) -> tuple[str, int | None]:
        return self.holds(field).name, None

    def holds(self, field: Field) -> Format:
        """The format of a field's codes."""
        return {"values": self.values, "value": self.result, **self.channel}[field.array]

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "values": self.values.name,
            "gamma": self.gamma.name if self.gamma else None,
            "result": self.result.name,
            "token": self.token,
            "eps": self.eps,
            "lanes": self.lanes,
            "vectors": self.vectors,
            "error_ulp": round(self.error, 4),
        }

    # The golden function.

    def roots(self, codes: npt.ArrayLike) -> Array:
        """Codes of c (tokens, token) -> codes of r in ``root`` (tokens,)."""
        given = np.asarray(codes)
        bad = (self.source.fields(given).kind != Kind.FINITE).any(axis=1)
        totals, windows = self.squares.of(np.where(bad[:, None], 0, given))
        made = np.empty(len(given), self.root.dtype)
        for token, (total, window) in enumerate(zip(totals, windows.tolist(), strict=True)):
            m, place = self.rounded(total)
            significand, great = self.table.roots(m, place & 1)
            exponent = self.exponent(place, window) - (0 if great else 1)
            fraction = int(significand) - (1 << self.bits - 1)
            made[token] = (exponent + self.root.bias << self.bits - 1) + fraction
        return np.where(bad, self.root.nan_code, made).astype(self.root.dtype)

    def rounded(self, total: int) -> tuple[int, int]:
        """V to nearest even: its significand of ``sum`` and the place of its leading bit."""
        width = self.sum.significand_width
        place = total.bit_length() - 1
        if place < width:
            return total << width - 1 - place, place
        cut = place + 1 - width
        whole, rest = total >> cut, total & (1 << cut) - 1
        half = 1 << cut - 1
        whole += rest > half or (rest == half and whole & 1)
        return (whole >> 1, place + 1) if whole >> width else (whole, place)

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given = sent["values"]
        shape = self.beats, self.vectors, self.lanes
        whole = len(given) // self.beats
        x = given.values[0][: whole * self.beats].reshape(whole, *shape).transpose(0, 2, 1, 3)
        channels: dict[str, Array] = {}
        if self.channel:
            # Those of tokens that have begun are there as far as beats of channels go.
            beside = sent["channel"].values
            count = min(len(beside[0]), whole * self.beats)
            for name, each in zip(self.channel, beside, strict=True):
                codes = np.zeros((whole * self.beats, self.lanes), each.dtype)
                codes[:count] = each[:count]
                codes = np.repeat(codes.reshape(whole, 1, self.token), self.vectors, axis=1)
                channels[name] = codes.reshape(-1, self.token)
        made = self.normalize(x.reshape(-1, self.token), **channels).reshape(x.shape)
        y = made.transpose(0, 2, 1, 3).reshape(-1, self.vectors * self.lanes)
        if self.channel:
            y = y[:count]
        last = np.arange(len(y)) % self.beats == self.beats - 1
        return {"result": Beats((y,), (None,), last)}

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        first = int(rng.integers(len(trials.KINDS)))
        return [trials.drawn(self, first + index, rng) for index in range(count)]

    def bounds(self) -> list[dict[str, Beats]]:
        """Tokens of the greatest values, of the greatest of each window, the least, and zeros."""
        return trials.extremes(self)


def _usable(fmt: Format) -> bool:
    return (
        isinstance(fmt, Minifloat)
        and fmt.policy == POLICIES["ieee"]
        and fmt.signed
        and 5 <= fmt.exponent_width <= 8
        and 1 <= fmt.mantissa_width < WIDEST
    )
