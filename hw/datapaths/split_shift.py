"""``split_shift``: significands multiplied by small tables, then shifted in parts.

The shift by the upper bits of the exponent shares the LUT that inverts a bit and adds it: where the
parts before are at most twice as wide as its step, two bits at most can meet in a position.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data

from ...golden.bounds import Range
from ...golden.formats import Format, Minifloat, Posit
from ..arith.digits import Digit, Row, chain_sites
from ..arith.shapes import DecodedLayout, fraction_below, least_exponent, member
from ..arith.table import look_up
from .base import SETTING, Setting
from .chain import Chained
from .decoded import Parts
from .forms import Form
from .recoded import gated, inverted, moved

#: Bits of the widest significand, and of the widest product.
SIGNIFICAND, WIDEST = 8, 128

#: Inputs of a LUT.
_INPUTS = 6


@dataclass(frozen=True)
class SplitShift(Chained):
    """A product's significand and exponent are registered, then what is shifted a part of the way.

    A factor that is special makes the row zero; its flags go beside.
    """

    name = "split_shift"
    scope = "floats and posits with significands of up to 8 bits"

    @classmethod
    def serves(cls, weight: Format, activation: Format) -> bool:
        pair = weight, activation
        floats = all(isinstance(fmt, Minifloat | Posit) for fmt in pair)
        if not floats or not any(fmt.exponent_span for fmt in pair):
            return False
        narrow = all(_significand(fmt) <= SIGNIFICAND for fmt in pair)
        return narrow and cls(weight, activation, lanes=1).width <= WIDEST

    @classmethod
    def estimate(cls, weight: Format, activation: Format, setting: Setting = SETTING) -> float:
        plan = cls(weight, activation, lanes=1)
        made = (
            form.cost / count for form, count in zip(plan.made, setting.sharing[::-1], strict=True)
        )
        return chain_sites(plan.digits, setting.lanes) + plan.controls + sum(made)

    @property
    def controls(self) -> int:
        bits: int = self.layouts[-1]["bits"].width + 1
        return bits * -(-self.low // 2)

    @property
    def made(self) -> tuple[Form, Form]:
        infinite = self.flags.infinite
        weight, activation = (
            Parts(fmt, self.delays, infinite) for fmt in (self.weight, self.activation)
        )
        return weight, activation

    @property
    def width(self) -> int:
        """Bits of a product's magnitude."""
        return self.product.high.bit_length()

    @cached_property
    def product_width(self) -> int:
        """Bits of the significands' product."""
        a, b = ((1 << _significand(fmt)) - 1 for fmt in (self.weight, self.activation))
        return (a * b).bit_length()

    @cached_property
    def exponent_width(self) -> int:
        """Bits of the sum of the exponent fields."""
        return sum(
            fmt.exponent_span + least_exponent(fmt) for fmt in (self.weight, self.activation)
        ).bit_length()

    @cached_property
    def high(self) -> int:
        """Upper bits of the exponent, whose shift shares the adder's LUT.

        Two bits at most meet in a position, beside what says which, the sign, and the sum: the
        upper bits themselves, or of three a signal for each number.
        """
        fits = (
            high
            for high in (3, 2, 1)
            if high <= self.exponent_width
            and self.product_width <= (1 << (self.exponent_width - high)) + 1
        )
        return next(fits, 0)

    @property
    def _each(self) -> bool:
        """Whether each number that the upper bits can be has a signal of its own."""
        return self.high > 2

    @property
    def _highs(self) -> range:
        """The numbers that the upper bits can be."""
        spans = (fmt.exponent_span + least_exponent(fmt) for fmt in (self.weight, self.activation))
        return range((sum(spans) >> self.low) + 1)

    @property
    def early(self) -> int:
        """The lowest bits of the exponent, by which a product is shifted where it is added up."""
        return min(2, self.low) if self._halves else 0

    @property
    def low(self) -> int:
        """Lower bits of the exponent."""
        return self.exponent_width - self.high

    @property
    def layouts(self) -> tuple[data.StructLayout, ...]:
        width, early = self.exponent_width, self.early
        product = {"product": self.product_width + (1 << early) - 1, "exponent": width - early}
        moved = {"bits": self.product_width + (1 << self.low) - 1}
        high = {"high": len(self._highs) if self._each else self.high}
        halves = {**self._halves, "exponent": width, "sign": 1}
        return (
            *((data.StructLayout(halves),) if self._halves else ()),
            data.StructLayout({**product, "sign": 1}),
            data.StructLayout({**moved, **high, "sign": 1}),
        )

    @property
    def passing(self) -> tuple[str, ...]:
        return ("exponent", "high", "sign") if self._halves else ()

    @property
    def _significands(self) -> tuple[int, int]:
        """Bits of the wider significand, and of the other."""
        weight, activation = (_significand(fmt) for fmt in (self.weight, self.activation))
        return max(weight, activation), min(weight, activation)

    @property
    def _halves(self) -> dict[str, int]:
        """The products of two parts of the wider significand; none where no part is a sum itself.

        They are registered before they are added, so that carries run once between registers.
        """
        wide, narrow = self._significands
        cut = cut_of(wide, narrow)
        if max(additions(cut, narrow), additions(wide - cut, narrow)) == 0:
            return {}
        return {"lower": cut + narrow, "upper": wide - cut + narrow}

    def encode(self, m: Module, stage: int, weight: Value, activation: Value, before: Any) -> Value:
        if stage == len(self.layouts) - 1:
            return self._moved(m, before)
        if before is not None:
            return self._joined(m, before)
        exponent = Signal(self.exponent_width, name="exponent")
        m.d.comb += exponent.eq(member(weight, "exponent") + member(activation, "exponent"))
        sign = member(weight, "sign") ^ member(activation, "sign")
        a, b = weight.significand, activation.significand
        a, b = (a, b) if len(a) >= len(b) else (b, a)
        if self._halves:
            cut = cut_of(len(a), len(b))
            parts = [multiplied(m, part, b) for part in (a[:cut], a[cut:])]
        else:
            parts = [multiplied(m, a, b)[: self.product_width]]
        return Cat(*parts, exponent, sign)

    def _joined(self, m: Module, before: Any) -> Value:
        """The product of two halves, moved by the exponent's lowest bits."""
        above = Signal(len(before.upper), name="above")
        wide, narrow = self._significands
        cut, early = cut_of(wide, narrow), self.early
        m.d.comb += above.eq(before.upper + before.lower[cut:])
        bits = Signal(self.layouts[1]["product"].width, name="product")
        m.d.comb += bits.eq(Cat(before.lower[:cut], above)[: self.product_width])
        bits = _shifted(bits, before.exponent[:early], 1) if early else bits
        return Cat(bits, before.exponent[early:], before.sign)

    def _moved(self, m: Module, before: Any) -> Value:
        """The product moved by the exponent's lower bits."""
        bits = Signal(self.layouts[-1]["bits"].width, name="moved")
        m.d.comb += bits.eq(before.product)
        early = self.early
        distance, high = before.exponent[: self.low - early], before.exponent[self.low - early :]
        for bit in range(0, len(distance), 2):
            moved = Signal(len(bits), name=f"moved_{bit}")
            m.d.comb += moved.eq(_shifted(bits, distance[bit : bit + 2], 1 << bit + early))
            bits = moved
        if self._each:
            high = Cat(high == number for number in self._highs)
        return Cat(bits, high, before.sign)

    @property
    def digits(self) -> tuple[Digit, ...]:
        greatest, signed = self.product.high, self.product.signed
        return (
            Digit(
                Range(0, -greatest - 1 if signed else 0, greatest),
                Range(0, -greatest if signed else 0, greatest),
                signed,
            ),
        )

    def rows(self, m: Module, weight: Value, activation: Value, encoded: Any) -> list[Row]:
        magnitude = Signal(self.width, name="magnitude")
        m.d.comb += magnitude.eq(self._placed(encoded))
        if not self.product.signed:
            return [Row(magnitude, Const(0, 1))]
        sign = encoded.sign
        return [Row(Cat(inverted(magnitude, sign), sign), sign)]

    @property
    def _dropped(self) -> int:
        """Places below the unit of the product, always zero."""
        pair = self.weight, self.activation
        return sum(least_exponent(fmt) + fraction_below(fmt) for fmt in pair)

    def _placed(self, encoded: Any) -> Value:
        """The magnitude: the bits moved as far as the exponent says, from the unit of products."""
        found: Value = Const(0, self.width)
        for high in self._highs:
            shift = (high << self.low) - self._dropped
            bits = moved(encoded.bits[max(-shift, 0) :], max(shift, 0), self.width)
            if self.high:
                bits = gated(bits, encoded.high[high] if self._each else encoded.high == high)
            found = found | bits
        return found


def cut_of(wide: int, narrow: int) -> int:
    """Where the wider of two factors is cut, so that a part of it fits into tables."""
    return _INPUTS - narrow if narrow < _INPUTS - 1 else wide // 2


def additions(a: int, b: int) -> int:
    """Additions one after the other in the product of numbers of so many bits."""
    wide, narrow = max(a, b), min(a, b)
    if wide + narrow <= _INPUTS:
        return 0
    cut = cut_of(wide, narrow)
    return 1 + max(additions(cut, narrow), additions(wide - cut, narrow))


def multiplied(m: Module, a: Value, b: Value) -> Value:
    """The product of two unsigned numbers: tables of six bits in all, and additions."""
    if len(a) < len(b):
        a, b = b, a
    if len(a) + len(b) <= _INPUTS:
        results = [x * y for y in range(1 << len(b)) for x in range(1 << len(a))]
        return look_up(m, Cat(a, b), results, len(a) + len(b), f"table_{len(a)}_{len(b)}")
    cut = cut_of(len(a), len(b))
    low, high = multiplied(m, a[:cut], b), multiplied(m, a[cut:], b)
    above = Signal(len(a) + len(b) - cut, name="partial")
    m.d.comb += above.eq(high + low[cut:])
    return Cat(low[:cut], above)


def _shifted(value: Value, step: Value, unit: int) -> Value:
    """``value`` moved by ``step`` units, one LUT a bit."""
    width = len(value)
    moved = [(value << n * unit)[:width] for n in range(1 << len(step))]
    if len(moved) == 2:
        return Mux(step, moved[1], moved[0])
    return Mux(step[1], Mux(step[0], moved[3], moved[2]), Mux(step[0], moved[1], moved[0]))


def _significand(fmt: Format) -> int:
    """Bits of a decoded significand's magnitude."""
    width: int = DecodedLayout(fmt, apart=True)["significand"].width
    return width
