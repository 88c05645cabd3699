"""Rows of one operand, chosen by the other: what ``booth`` and ``select`` share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from amaranth.hdl import Cat, Const, Module, Mux, Value

from ...golden.bounds import Range
from ...golden.formats import Format, Integer
from ..arith.digits import Digit, Row, chain_sites
from .base import SETTING, Setting
from .chain import Chained
from .decoded import Coded, Fixed
from .forms import Codes, Form

_T = TypeVar("_T")

#: Bits of the widest operand that is recoded, and of the widest other one.
WIDEST, WIDEST_OTHER = 16, 64


@dataclass(frozen=True)
class Recoding(ABC):
    """How the elements of ``format`` choose multiples of the other operand, one a row."""

    format: Format

    @property
    def raw(self) -> bool:
        """Whether it reads codes, not values."""
        return isinstance(self.format, Integer)

    @property
    def span(self) -> int:
        """Elements that are recoded together."""
        return 1

    def form(self, delays: tuple[int, ...], infinite: bool) -> Form:
        """What it takes of the elements that it recodes."""
        make = of_codes if self.raw else of_values
        return make(self.format, delays, infinite)

    def other_form(self, other: Format, delays: tuple[int, ...], infinite: bool) -> Form:
        """What stands in the rows."""
        return of_values(other, delays, infinite)

    @property
    def shifts(self) -> tuple[int, ...]:
        """Of its parts, where elements are taken in several; see :class:`Chained`."""
        return (0,)

    @property
    def controls(self) -> int:
        """LUTs of an element before its rows."""
        return 0

    @abstractmethod
    def digits(self, other: Format) -> tuple[Digit, ...]:
        """The rows, the lowest first."""

    @abstractmethod
    def rows(
        self, m: Module, element: Value, other: Value, fmt: Format, digits: tuple[Digit, ...]
    ) -> list[Row]:
        """A row for each digit, of what the forms made; ``fmt`` is that of the other operand."""


@dataclass(frozen=True)
class Recoded(Chained):
    """One operand is recoded, the other stands in the rows as it is: a number without exponent."""

    @classmethod
    def recoding(cls, fmt: Format) -> Recoding | None:
        """How elements of ``fmt`` are recoded; None if they cannot be."""
        raise NotImplementedError

    @classmethod
    def choices(
        cls, weight: Format, activation: Format, setting: Setting = SETTING
    ) -> list[tuple[float, bool]]:
        """(estimate, whether the activation is recoded) of the ways that there are."""
        found = []
        for swapped, (recoded, other) in enumerate(((weight, activation), (activation, weight))):
            if is_fixed(other, WIDEST_OTHER) and (recoding := cls.recoding(recoded)) is not None:
                found.append((_sites(recoding, other, setting, swapped), bool(swapped)))
        return found

    @classmethod
    def serves(cls, weight: Format, activation: Format) -> bool:
        return bool(cls.choices(weight, activation))

    @classmethod
    def estimate(cls, weight: Format, activation: Format, setting: Setting = SETTING) -> float:
        return min(cls.choices(weight, activation, setting))[0]

    @cached_property
    def swapped(self) -> bool:
        """Whether the activation is recoded: whichever takes less, as :meth:`estimate` has it."""
        setting = Setting(sharing=self.sharing, lanes=self.lanes)
        return min(self.choices(self.weight, self.activation, setting))[1]

    def _ordered(self, weight: _T, activation: _T) -> tuple[_T, _T]:
        """The operand that is recoded, and the other."""
        return (activation, weight) if self.swapped else (weight, activation)

    @cached_property
    def _recoding(self) -> Recoding:
        found = self.recoding(self._ordered(self.weight, self.activation)[0])
        assert found is not None
        return found

    @property
    def span(self) -> int:
        return self._recoding.span

    @property
    def shifts(self) -> tuple[int, ...]:
        return self._recoding.shifts

    @property
    def controls(self) -> int:
        return self._recoding.controls

    @property
    def loads(self) -> tuple[int, int]:
        # Two digits read a bit that recodes, in each of their bits and the carry; each digit reads
        # a bit of the other operand as it is, and doubled.
        recoded = 2 * (max(item.bits.width for item in self.digits) + 1)
        return self._ordered(recoded, 2 * len(self.digits))

    @property
    def made(self) -> tuple[Form, Form]:
        _, other = self._ordered(self.weight, self.activation)
        recoding, told = self._recoding, self.infinite or self.flags.infinite
        return self._ordered(
            recoding.form(self.delays, told), recoding.other_form(other, self.delays, told)
        )

    @cached_property
    def digits(self) -> tuple[Digit, ...]:
        return self._recoding.digits(self._ordered(self.weight, self.activation)[1])

    def rows(self, m: Module, weight: Value, activation: Value, encoded: Any) -> list[Row]:
        recoded, other = self._ordered(weight, activation)
        _, fmt = self._ordered(self.weight, self.activation)
        return self._recoding.rows(m, recoded, other, fmt, self.digits)


def is_fixed(fmt: Format, widest: int = WIDEST) -> bool:
    """Whether the elements' values are fixed-point numbers that a row can hold."""
    return bool(fmt.bits) and width_of(fmt) <= widest


def width_of(fmt: Format) -> int:
    """Bits of an element's value: two's complement if any is negative."""
    return Range(fmt.lsb, fmt.low, fmt.high).width


def digit(lsb: int, terms: list[tuple[int, int]], other: Format | Range) -> Digit:
    """The digit whose rows are ``multiple * other`` in units of ``2**lsb``, less ``carry``."""
    ends = (other.low, other.high)
    rows = [multiple * end for multiple, _ in terms for end in ends]
    bits = [multiple * end - carry for multiple, carry in terms for end in ends]
    held, whole = (Range(lsb, min(side), max(side)) for side in (bits, rows))
    return Digit(held, whole, any(carry for _, carry in terms))


def moved(other: Value, shift: int, width: int) -> Value:
    """The low ``width`` bits of the other operand times ``2**shift``."""
    top = other[-1] if other.shape().signed else Const(0, 1)
    found = Cat(Const(0, shift), other)
    return Cat(found, top.replicate(max(width - len(found), 0)))[:width]


# As multiplexers: for a bit repeated over a whole number simulators take many times as long.


def gated(value: Value, bit: Value) -> Value:
    """A value where the bit is set, else 0."""
    return Mux(bit, value, Const(0, len(value)))


def inverted(value: Value, bit: Value) -> Value:
    """A value, its bits inverted where the bit is set."""
    return Mux(bit, ~value, value)


def of_codes(fmt: Format, delays: tuple[int, ...], infinite: bool) -> Form:
    """The codes, and what flags need beside where there are any."""
    plain = not (infinite or fmt.has_nan or fmt.has_inf)
    return Codes(fmt, delays) if plain else Coded(fmt, delays, infinite)


def of_values(fmt: Format, delays: tuple[int, ...], infinite: bool) -> Form:
    """The values, which are the codes if those are integers."""
    plain = isinstance(fmt, Integer) and not infinite
    return Codes(fmt, delays) if plain else Fixed(fmt, delays, infinite)


def number(element: Value, fmt: Format) -> Value:
    """The value of an element, in whatever form it comes."""
    value = Value.cast(getattr(element, "significand", element))
    return value.as_signed() if fmt.low < 0 else value


def _sites(recoding: Recoding, other: Format, setting: Setting, swapped: int) -> float:
    """About how many sites a lane takes: its rows, and its part of what others share."""
    slots = -(-setting.lanes // recoding.span)
    rows = chain_sites(recoding.digits(other), slots) + recoding.controls
    by_rows, by_columns = setting.sharing[:: -1 if swapped else 1]
    made = recoding.form((0,), False).cost / by_columns
    made += recoding.other_form(other, (0,), False).cost / by_rows
    return (rows + made) / recoding.span
