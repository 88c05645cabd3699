"""Rows of one operand, chosen by the other: what ``booth`` and ``select`` share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

from amaranth.hdl import Const, Module, Value

from ...golden.bounds import Range
from ...golden.formats import Format, Integer
from .base import Codes, Decoded, Form
from .chain import Chained, Digit, Row, chain_sites

#: Bits of the widest operand.
WIDEST = 16


@dataclass(frozen=True)
class Recoding(ABC):
    """How the elements of ``format`` choose multiples of the other operand, one a row."""

    format: Format

    @property
    def raw(self) -> bool:
        """Whether it reads codes, not decoded values."""
        return isinstance(self.format, Integer)

    @property
    def controls(self) -> int:
        """LUTs of an element before its rows."""
        return 0

    @abstractmethod
    def digits(self, other: Format) -> tuple[Digit, ...]:
        """The rows, the lowest first."""

    @abstractmethod
    def rows(self, m: Module, element: Value, other: Value, digits: tuple[Digit, ...]) -> list[Row]:
        """A row for each digit; ``other`` has the shape of its values."""


@dataclass(frozen=True)
class Recoded(Chained):
    """One operand is recoded, the other stands in the rows as it is: a number without exponent."""

    @classmethod
    def recoding(cls, fmt: Format) -> Recoding | None:
        """How elements of ``fmt`` are recoded; None if they cannot be."""
        raise NotImplementedError

    @classmethod
    def choices(cls, weight: Format, activation: Format) -> list[tuple[float, bool]]:
        """(estimate, whether the activation is recoded) of the ways that there are."""
        found = []
        for swapped, (recoded, other) in enumerate(((weight, activation), (activation, weight))):
            if is_fixed(other) and (recoding := cls.recoding(recoded)) is not None:
                found.append((_sites(recoding, other), bool(swapped)))
        return found

    @classmethod
    def serves(cls, weight: Format, activation: Format) -> bool:
        return bool(cls.choices(weight, activation))

    @classmethod
    def estimate(cls, weight: Format, activation: Format, policy: str = "lut") -> float:
        return min(cls.choices(weight, activation))[0]

    @cached_property
    def swapped(self) -> bool:
        """Whether the activation is recoded: whichever takes less."""
        return min(self.choices(self.weight, self.activation))[1]

    def _ordered(self, weight, activation):
        """The operand that is recoded, and the other."""
        return (activation, weight) if self.swapped else (weight, activation)

    @cached_property
    def _recoding(self) -> Recoding:
        found = self.recoding(self._ordered(self.weight, self.activation)[0])
        assert found is not None
        return found

    @property
    def forms(self):
        _, other = self._ordered(self.weight, self.activation)
        recoded = _form(self._recoding.format, self._recoding.raw, self.delays)
        return self._ordered(recoded, _form(other, isinstance(other, Integer), self.delays))

    @cached_property
    def digits(self):
        return self._recoding.digits(self._ordered(self.weight, self.activation)[1])

    def rows(self, m, weight, activation, encoded):
        recoded, other = self._ordered(_number(weight), _number(activation))
        low = self._ordered(self.weight, self.activation)[1].low
        other = other.as_signed() if low < 0 else other
        return self._recoding.rows(m, recoded, other, self.digits)


def is_fixed(fmt: Format) -> bool:
    """Whether the elements are numbers without exponent and specials that a row can hold."""
    plain = not (fmt.exponent_span or fmt.has_nan or fmt.has_inf)
    return bool(fmt.bits) and plain and width_of(fmt) <= WIDEST


def width_of(fmt: Format) -> int:
    """Bits of an element's value: two's complement if any is negative."""
    return Range(fmt.lsb, fmt.low, fmt.high).width


def digit(lsb: int, terms: list[tuple[int, int]], other: Format) -> Digit:
    """The digit whose rows are ``multiple * other`` in units of ``2**lsb``, less ``carry``."""
    ends = (other.low, other.high)
    rows = [multiple * end for multiple, _ in terms for end in ends]
    bits = [multiple * end - carry for multiple, carry in terms for end in ends]
    return Digit(Range(lsb, min(bits), max(bits)), Range(lsb, min(rows), max(rows)))


def place(other: Value, bit: int) -> Value:
    """A bit of the other operand, beyond its ends too."""
    if bit < 0:
        return Const(0, 1)
    if bit < len(other):
        return other[bit]
    return other[-1] if other.shape().signed else Const(0, 1)


def _form(fmt: Format, raw: bool, delays: tuple[int, ...]) -> Form:
    return Codes(fmt, delays) if raw else Decoded(fmt, delays)


def _number(element: Value) -> Value:
    """The bits of an element, in whatever form it comes."""
    return Value.cast(getattr(element, "significand", element))


def _sites(recoding: Recoding, other: Format) -> float:
    """About how many sites a lane takes."""
    return chain_sites(recoding.digits(other)) + recoding.controls
