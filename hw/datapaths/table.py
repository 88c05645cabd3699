"""``table``: sums of two neighbours, made once and read by all that share them.

The way of T-MAC and LUT Tensor Core: the bits of a plane of narrow elements choose one entry of a
table of sums of the other operand's elements. Where the bits stand for ±1, half of the table is the
negative of the other, and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import data

from ...golden.bounds import Range
from ...golden.formats import Format
from ..arith.digits import Digit, Row
from ..arith.product import FlaggedLayout, flag_names, raise_flags
from ..arith.shapes import shape_of
from .forms import Form, Making
from .planes import planes
from .recoded import Recoded, Recoding, inverted, moved, number, of_codes, of_values

#: Bits of a code that chooses, one plane each.
CODE_BITS = 8

#: Neighbours that a table sums. Tables of more entries need more than a LUT a bit.
SPAN = 2


class Table(Recoded):
    """Rows of two lanes each: a LUT a bit picks the entry and adds it."""

    name = "table"
    scope = "codes of 1 to 8 bits whose bits have place values, times fixed-point numbers"

    @classmethod
    def recoding(cls, fmt: Format) -> ByPlane | None:
        found = planes(fmt) if fmt.bits <= CODE_BITS else None
        return ByPlane(fmt) if found and (found.signs or not found.constant) else None

    def raised(self, m: Module, weight: Value, activation: Value, o: Value) -> None:
        """Of all lanes' products."""
        flags: dict[str, Value] = {name: Const(0, 1) for name in flag_names(self.flags)}
        for lane in range(SPAN):
            pair = Signal(FlaggedLayout(Range(0, 0, 0), self.flags), name=f"lane_{lane}")
            w, a = (_marks(side, lane) for side in (weight, activation))
            raise_flags(m, self.flags, w, a, pair)
            flags = {name: flag | pair[name] for name, flag in flags.items()}
        m.d.comb += [o[name].eq(flag) for name, flag in flags.items()]


def _marks(slot: Any, lane: int) -> Value:
    """What flags need to know of a lane."""
    return slot.marks[lane] if "marks" in slot.shape().members else Const(0, 1)


@dataclass(frozen=True)
class ByPlane(Recoding):
    """A row for each bit of the codes."""

    @property
    def raw(self) -> bool:
        return True

    @property
    def span(self) -> int:
        return SPAN

    @cached_property
    def planes(self) -> tuple[bool, list[tuple[int, int]]]:
        """Whether bits are signs; and (bit, weight) of each plane, the lowest weight first."""
        found = planes(self.format)
        assert found is not None
        weights = [weight >> found.signs for weight in found.weights]
        return found.signs, sorted(enumerate(weights), key=lambda item: abs(item[1]))

    def form(self, delays: tuple[int, ...], infinite: bool) -> Form:
        return Group(self.format, delays, infinite)

    def other_form(self, other: Format, delays: tuple[int, ...], infinite: bool) -> Form:
        return Sums(other, delays, infinite, self.planes[0])

    def digits(self, other: Format) -> tuple[Digit, ...]:
        both, found = self.planes
        return tuple(self._digit(other, weight, both) for _, weight in found)

    def _digit(self, other: Format, weight: int, both: bool) -> Digit:
        low, high = other.low, other.high
        lsb = abs(weight).bit_length() - 1
        if both:
            kept, turned = (2 * low, low - high), (2 * high, high - low)
            ends = [*kept, *turned, *(-end for end in (*kept, *turned))]
            bits = [*kept, *turned, *(-end - 1 for end in (*kept, *turned))]
        else:
            ends = bits = [0, low, high, 2 * low, 2 * high]
            if weight < 0:
                ends, bits = [-end for end in ends], [-end - 1 for end in ends]
        row, whole = (Range(lsb, min(held), max(held)) for held in (bits, ends))
        return Digit(row, whole, both or weight < 0)

    def rows(
        self, m: Module, element: Value, other: Value, fmt: Format, digits: tuple[Digit, ...]
    ) -> list[Row]:
        both, ordered = self.planes
        codes = [element.codes[lane] for lane in range(SPAN)]
        found = []
        for (bit, weight), digit in zip(ordered, digits, strict=True):
            pair = Cat(code[bit] for code in codes)
            entry = self.entry(pair, other.sums, digit)
            if both:
                minus = pair[0] if weight < 0 else ~pair[0]
                found.append(Row(inverted(entry, minus), minus))
            else:
                found.append(Row(~entry, Const(1, 1)) if weight < 0 else Row(entry, Const(0, 1)))
        return found

    def entry(self, pair: Value, sums: Any, digit: Digit) -> Value:
        """What the bits of two lanes choose: the sum of those that are set.

        Of signs the sum, or the difference; the first lane's bit says whether it is negative.
        """
        shape = shape_of(digit.bits)
        if self.planes[0]:
            return Mux(pair[0] ^ pair[1], _bits(sums.minus, shape), _bits(sums.plus, shape))
        first, second, both = (_bits(sums[name], shape) for name in ("first", "second", "plus"))
        return Mux(pair[1], Mux(pair[0], both, second), Mux(pair[0], first, 0))


def _bits(value: Value, shape: Shape) -> Value:
    """The bits of a value, extended to a shape's width."""
    return moved(Value.cast(value), 0, shape.width)


@dataclass(frozen=True)
class Neighbours(Form):
    """What is made of ``SPAN`` lanes' codes. Lanes beyond the last are zero."""

    infinite: bool = False

    @property
    def span(self) -> int:
        return SPAN

    @property
    def _marked(self) -> bool:
        return self.infinite or self.format.has_nan

    def _elements(
        self, m: Module, codes: Sequence[Value], making: Making, form: Form
    ) -> list[Value | None]:
        """What ``form`` makes of each lane."""
        found = []
        for lane in range(SPAN):
            part = making._replace(suffix=f"{making.suffix}_{lane}")
            found.append(form.made(m, codes[lane : lane + 1], part) if lane < len(codes) else None)
        return found


class Group(Neighbours):
    """The codes side by side."""

    name = "group"

    @property
    def _form(self) -> Form:
        return of_codes(self.format, (0,), self.infinite)

    @property
    def layout(self) -> data.StructLayout:
        members: dict[str, Any] = {"codes": data.ArrayLayout(self.format.bits, SPAN)}
        if self._marked:
            members["marks"] = data.ArrayLayout(self._form.layout, SPAN)
        return data.StructLayout(members)

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        found = Signal(self.layout, name=making.label(self.name))
        for lane, element in enumerate(self._elements(m, codes, making, self._form)):
            if element is None:
                continue
            m.d.comb += found.codes[lane].eq(number(element, self.format))
            if self._marked:
                m.d.comb += found.marks[lane].eq(element)
        return found


@dataclass(frozen=True)
class Sums(Neighbours):
    """The sum, and the difference (``both``) or the two values.

    Values that take long to make are registered before they are added.
    """

    both: bool = False

    name = "sums"

    @property
    def _form(self) -> Form:
        return of_values(self.format, (0,), self.infinite)

    @property
    def stages(self) -> int:
        return self._form.stages + int(self._form.stages > 0)

    @property
    def cost(self) -> float:
        width = Range(0, self.format.low, self.format.high).width + 1
        return SPAN * self._form.cost + width * (2 if self.both else 1)

    @property
    def layout(self) -> data.StructLayout:
        low, high = self.format.low, self.format.high
        one, plus = Range(0, low, high), Range(0, 2 * low, 2 * high)
        shapes = {"plus": shape_of(plus)}
        if self.both:
            # A lane beyond the last is zero, whether the format has that or not.
            shapes["minus"] = shape_of(Range(0, min(low - high, low), max(high - low, high)))
        else:
            shapes |= {"first": shape_of(one), "second": shape_of(one)}
        members: dict[str, Any] = {"sums": data.StructLayout(shapes)}
        if self._marked:
            members["marks"] = data.ArrayLayout(self._form.layout, SPAN)
        return data.StructLayout(members)

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        found = Signal(self.layout, name=making.label(self.name))
        elements = self._elements(m, codes, making, self._form)
        if self._form.stages:
            elements = [
                element if element is None else self._registered(m, element, making, lane)
                for lane, element in enumerate(elements)
            ]
        zero = Const(0, shape_of(Range(0, self.format.low, self.format.high)))
        first, second = (
            zero if element is None else number(element, self.format) for element in elements
        )
        sums = {"plus": first + second}
        sums |= {"minus": first - second} if self.both else {"first": first, "second": second}
        m.d.comb += [found.sums[name].eq(value) for name, value in sums.items()]
        if self._marked:
            m.d.comb += [
                found.marks[lane].eq(element)
                for lane, element in enumerate(elements)
                if element is not None
            ]
        return found

    def _registered(self, m: Module, element: Value, making: Making, lane: int) -> Signal:
        register = Signal(element.shape(), name=making.label(f"value_{lane}"), reset_less=True)
        with m.If(making.enable):
            m.d.sync += register.eq(element)
        return register
