"""``bit_serial``: one operand a digit or term a cycle, the other whole; one row a lane.

The way of BitMoD and of digit-serial processing elements: an element is recoded once, at the edge,
and what is left in the array is a row of one LUT a bit, whatever the element's width. Digits that
are zero in all elements of a step need not take a cycle (TPE): how long a step takes is then the
matter of its elements, and narrow numbers are fast in wide formats.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Module, Value

from ...golden.bounds import Range
from ...golden.formats import Format
from ..arith.digits import Digit, Row
from .base import SETTING, Setting
from .booth import Radix4, multiple
from .forms import Form
from .recoded import Recoded, Recoding, gated, inverted, is_fixed, moved, number, width_of
from .select import ByCode, by_code, one_of
from .serial import DigitForm, SignedForm, TermForm


class BitSerial(Recoded):
    """Whichever takes fewer cycles: radix-4 digits, or the signed powers of two of a code."""

    name = "bit_serial"
    scope = "pairs of booth and select, one digit per cycle: a step takes several cycles"

    staggers = False  # parts are shifted as a whole

    @classmethod
    def recoding(cls, fmt: Format) -> Recoding | None:
        found: list[Recoding] = []
        terms = by_code(fmt)
        if terms is not None and len(terms.picks) > 1:
            found.append(Terms(fmt))
        if is_fixed(fmt) and width_of(fmt) > 2:
            found.append(SerialDigits(fmt))
        return min(found, key=lambda recoding: len(recoding.shifts), default=None)

    @classmethod
    def estimate(cls, weight: Format, activation: Format, setting: Setting = SETTING) -> float:
        return float("inf")  # never chosen for its size: it is slower

    @cached_property
    def swapped(self) -> bool:
        """The weight is serial where it can be."""
        return min(swapped for _, swapped in self.choices(self.weight, self.activation))

    @cached_property
    def _recoding(self) -> Recoding:
        found = super()._recoding
        return replace(found, skips=True) if isinstance(found, Skipping) and self.skips else found

    @property
    def range(self) -> Range:
        total = self.digits[0].row.times(self.slots)
        ends = [end << shift for end in (total.low, total.high) for shift in self.shifts]
        return Range(self.product.lsb, min(ends), max(ends))


@dataclass(frozen=True)
class Serial(Recoding):
    """An element is a row, of another part of it each cycle."""

    @property
    @abstractmethod
    def whole(self) -> Recoding:
        """The recoding whose digits come one by one."""

    def digits(self, other: Format) -> tuple[Digit, ...]:
        found = self.whole.digits(other)
        bits, row = (
            Range(0, min(r.low for r in side), max(r.high for r in side))
            for side in ([item.bits for item in found], [item.row for item in found])
        )
        return (Digit(bits, row, any(item.carries for item in found)),)


@dataclass(frozen=True)
class Skipping(Serial):
    """One whose parts may be left out that are zero in all elements.

    Parameters
    ----------
    skips : whether they are.
    """

    skips: bool = False

    @abstractmethod
    def present(self, codes: npt.ArrayLike, select: npt.ArrayLike = 0) -> npt.NDArray[np.bool_]:
        """Which parts of elements are not zero: codes (…) → (…, parts)."""


@dataclass(frozen=True)
class SerialDigits(Skipping):
    """The digits of ``booth``; where zeros are left out, -1…2 of the magnitude (EN-T).

    Small numbers have fewer of these: 2 is one, where it takes Booth's recoding -2 + 4.
    """

    @cached_property
    def whole(self) -> Radix4:
        return SignedDigits(self.format) if self.skips else Radix4(self.format)

    @property
    def shifts(self) -> tuple[int, ...]:
        return tuple(2 * index for index in range(len(self.whole.terms)))

    def form(self, delays: tuple[int, ...], infinite: bool) -> Form:
        make = SignedForm if self.skips else DigitForm
        return make(self.format, delays, infinite, self)

    def present(self, codes: npt.ArrayLike, select: npt.ArrayLike = 0) -> npt.NDArray[np.bool_]:
        found = digits_of(self.format.integers(codes, select), len(self.shifts))
        there: npt.NDArray[np.bool_] = found != 0
        return there

    def rows(
        self, m: Module, element: Value, other: Value, fmt: Format, digits: tuple[Digit, ...]
    ) -> list[Row]:
        low, middle, high = element.digit
        width = digits[0].bits.width
        return [Row(multiple((low, middle, high), number(other, fmt), width), high)]


class SignedDigits(Radix4):
    """Digits -1…2 of the magnitude, negated where the number is negative: EN-T of TPE."""

    @cached_property
    def terms(self) -> list[list[tuple[int, int]]]:
        values = np.arange(self.format.low, self.format.high + 1)
        count = 1 + int(np.abs(values).max()).bit_length() // 2
        found = digits_of(values, count)
        used = max(digit + 1 for digit in range(count) if found[:, digit].any())
        return [[(int(n), int(n < 0)) for n in np.unique(found[:, digit])] for digit in range(used)]


def digits_of(values: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """The digits of ``values`` (…), lowest first: integers (…, count)."""
    left, found = np.abs(values), []
    for _ in range(count):
        digit = (left + 1) % 4 - 1
        found.append(np.where(values < 0, -digit, digit))
        left = (left - digit) >> 2
    return np.stack(found, axis=-1)


@dataclass(frozen=True)
class Terms(Skipping):
    """The terms of ``select``: a sign, whether there is one, and its shift among a few."""

    @cached_property
    def whole(self) -> ByCode:
        return ByCode(self.format)

    @property
    def shifts(self) -> tuple[int, ...]:
        return tuple(pick.shifts[0] for pick in self.whole.picks)

    @property
    def steps(self) -> tuple[int, ...]:
        """What a term may be shifted by beyond its part."""
        steps = {n - pick.shifts[0] for pick in self.whole.picks for n in pick.shifts}
        return tuple(sorted(steps))

    def form(self, delays: tuple[int, ...], infinite: bool) -> Form:
        return TermForm(self.format, delays, infinite, self)

    def present(self, codes: npt.ArrayLike, select: npt.ArrayLike = 0) -> npt.NDArray[np.bool_]:
        index = np.asarray(codes) + (np.asarray(select) << self.format.bits)
        terms = [np.array([term or 0 for term in pick.terms]) for pick in self.whole.picks]
        return np.stack([items[index] != 0 for items in terms], axis=-1)

    def rows(
        self, m: Module, element: Value, other: Value, fmt: Format, digits: tuple[Digit, ...]
    ) -> list[Row]:
        other, width = number(other, fmt), digits[0].bits.width
        chosen = list(element.chosen) if len(self.steps) > 1 else []
        data = [moved(other, step, width) for step in self.steps]
        found = gated(one_of(data, chosen), element.nonzero)
        return [Row(inverted(found, element.negative), element.negative)]
