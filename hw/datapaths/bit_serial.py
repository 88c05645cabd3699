"""``bit_serial``: one operand a digit or term a cycle, the other whole; one row a lane.

The way of BitMoD and of digit-serial processing elements: an element is recoded once, at the edge,
and what is left in the array is a row of one LUT a bit, whatever the element's width.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data

from ...golden.bounds import Range
from ..scale.timing import delayed
from .base import SETTING
from .booth import Radix4, multiple
from .digits import Digit, Row
from .forms import Form, marks_of
from .recoded import (
    Recoded,
    Recoding,
    gated,
    inverted,
    is_fixed,
    moved,
    number,
    of_codes,
    of_values,
    width_of,
)
from .select import ByCode, by_code, one_of, signal


class BitSerial(Recoded):
    """Whichever takes fewer cycles: radix-4 digits, or the signed powers of two of a code."""

    name = "bit_serial"
    scope = "what booth and select serve, one digit a cycle: a step takes several"

    staggers = False  # parts are shifted as a whole

    @classmethod
    def recoding(cls, fmt):
        found: list[Recoding] = []
        terms = by_code(fmt)
        if terms is not None and len(terms.picks) > 1:
            found.append(Terms(fmt))
        if is_fixed(fmt) and width_of(fmt) > 2:
            found.append(Digits(fmt))
        return min(found, key=lambda recoding: len(recoding.shifts), default=None)

    @classmethod
    def estimate(cls, weight, activation, setting=SETTING):
        return float("inf")  # never chosen for its size: it is slower

    @cached_property
    def swapped(self):
        """The weight is serial where it can be."""
        return min(swapped for _, swapped in self.choices(self.weight, self.activation))

    @property
    def range(self):
        total = self.digits[0].row.times(self.lanes)
        ends = [end << shift for end in (total.low, total.high) for shift in self.shifts]
        return Range(self.product.lsb, min(ends), max(ends))


class Serial(Recoding):
    """An element is a row, of another part of it each cycle."""

    @property
    def whole(self) -> Recoding:
        """The recoding whose digits come one by one."""
        raise NotImplementedError

    def digits(self, other):
        rows = [(item.bits, item.row) for item in self.whole.digits(other)]
        bits, row = (
            Range(0, min(r.low for r in side), max(r.high for r in side))
            for side in zip(*rows, strict=True)
        )
        return (Digit(bits, row),)


@dataclass(frozen=True)
class Digits(Serial):
    """The digits of ``booth``."""

    @cached_property
    def whole(self):
        return Radix4(self.format)

    @property
    def shifts(self):
        return tuple(2 * index for index in range(len(self.whole.terms)))

    def form(self, delays, infinite):
        return DigitForm(self.format, delays, infinite, self)

    def rows(self, m, element, other, fmt, digits):
        low, middle, high = element.digit
        width = digits[0].bits.width
        return [Row(multiple((low, middle, high), number(other, fmt), width), high)]


@dataclass(frozen=True)
class Terms(Serial):
    """The terms of ``select``: a sign, whether there is one, and its shift among a few."""

    @cached_property
    def whole(self):
        return ByCode(self.format)

    @property
    def shifts(self):
        return tuple(pick.shifts[0] for pick in self.whole.picks)

    @property
    def steps(self) -> tuple[int, ...]:
        """What a term may be shifted by beyond its part."""
        steps = {n - pick.shifts[0] for pick in self.whole.picks for n in pick.shifts}
        return tuple(sorted(steps))

    def form(self, delays, infinite):
        return TermForm(self.format, delays, infinite, self)

    def rows(self, m, element, other, fmt, digits):
        other, width = number(other, fmt), digits[0].bits.width
        chosen = list(element.chosen) if len(self.steps) > 1 else []
        data = [moved(other, step, width) for step in self.steps]
        found = gated(one_of(data, chosen), element.nonzero)
        return [Row(inverted(found, element.negative), element.negative)]


@dataclass(frozen=True)
class SerialForm(Form):
    """A part of an element, and above all places which it is."""

    infinite: bool
    recoding: Serial

    @property
    def parts(self):
        return len(self.recoding.shifts)

    @property
    def told(self):
        return ("part",)

    @property
    def layouts(self):
        places = data.ArrayLayout(self.layout, len(self.delays))
        return data.StructLayout({"places": places, "part": (self.parts - 1).bit_length()})

    @property
    def _whole(self) -> Form:
        """What the parts are made of."""
        raise NotImplementedError

    @property
    def _part(self) -> dict:
        """The members of a part."""
        raise NotImplementedError

    @property
    def stages(self):
        return self._whole.stages

    @property
    def layout(self):
        whole = self._whole.layout
        marks = marks_of(whole) if isinstance(whole, data.Layout) else {}
        return data.StructLayout({**self._part, **marks})

    def made(self, m, codes, making):
        found = Signal(self.layout, name=making.label(self.name))
        whole = self._whole.made(m, codes, making)
        part = delayed(m, making.enable, making.part, self.stages, making.label("part"))
        with m.Switch(part):
            for index, values in enumerate(self._parts(m, whole, making)):
                with m.Case(index):
                    m.d.comb += [found[name].eq(value) for name, value in values.items()]
        m.d.comb += [
            found[name].eq(whole[name]) for name in self.layout.members if name not in self._part
        ]
        return found

    def _parts(self, m: Module, whole, making) -> list[dict[str, Value]]:
        """The values of each part."""
        raise NotImplementedError


class DigitForm(SerialForm):
    """Three bits of a number."""

    name = "digit"

    @property
    def _whole(self):
        return of_values(self.format, (0,), self.infinite)

    @property
    def _part(self):
        return {"digit": 3}

    def _parts(self, m, whole, making):
        value = number(whole, self.format)
        return [{"digit": Cat(*bits)} for bits in self.recoding.whole.triples(value)]


class TermForm(SerialForm):
    """What a code says of one of its terms."""

    name = "term"

    @property
    def _whole(self):
        return of_codes(self.format, (0,), self.infinite)

    @property
    def _part(self):
        steps = (len(self.recoding.steps) - 1).bit_length()
        return {"nonzero": 1, "negative": 1} | ({"chosen": steps} if steps else {})

    def _parts(self, m, whole, making):
        code, found = number(whole, self.format), []
        for index, pick in enumerate(self.recoding.whole.picks):
            name = making.label(f"term_{index}")
            values = {
                "nonzero": signal(m, code, pick.nonzero, f"{name}_nonzero"),
                "negative": signal(m, code, pick.negative, f"{name}_negative"),
            }
            if "chosen" in self._part:
                bits = [
                    signal(m, code, c, f"{name}_{n}")
                    for n, c in enumerate(pick.index(self.recoding.steps))
                ]
                values["chosen"] = Cat(*bits)
            found.append(values)
        return found
