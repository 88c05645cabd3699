"""``split_shift``: significands multiplied by small tables, then shifted in parts.

The shift by the upper bits of the exponent shares the LUT that inverts a bit and adds it: where the
parts before are at most twice as wide as its step, two bits at most can come to a place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data

from ...golden.bounds import Range
from ...golden.formats import Format, Minifloat, Posit
from ..fp.table import look_up
from ..shapes import DecodedLayout, fraction_below, least_exponent, member
from .base import SETTING
from .chain import Chained
from .digits import Digit, Row, chain_sites
from .forms import Parts

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
        return narrow and cls(weight, activation, 1).width <= WIDEST

    @classmethod
    def estimate(cls, weight, activation, setting=SETTING):
        plan = cls(weight, activation, 1)
        bits = plan.layouts[-1].size - plan.high
        made = (
            form.cost / count for form, count in zip(plan.made, setting.sharing[::-1], strict=True)
        )
        return chain_sites(plan.digits, setting.lanes) + bits * -(-plan.low // 2) + sum(made)

    @property
    def made(self):
        infinite = self.flags.infinite
        return tuple(Parts(fmt, self.delays, infinite) for fmt in (self.weight, self.activation))

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
        """Upper bits of the exponent, whose shift shares the adder's LUT."""
        fits = (
            high
            for high in (2, 1)
            if high <= self.exponent_width
            and self.product_width <= (1 << (self.exponent_width - high)) + 1
        )
        return next(fits, 0)

    @property
    def low(self) -> int:
        """Lower bits of the exponent."""
        return self.exponent_width - self.high

    @property
    def layouts(self):
        flags = dict.fromkeys(("special",), 1) if self.flags.nan or self.flags.infinite else {}
        exponent = {"exponent": self.exponent_width}
        moved = {"bits": self.product_width + (1 << self.low) - 1, "high": self.high}
        return (
            *((self._pair,) if self._splits_late else ()),
            data.StructLayout({"product": self.product_width, **exponent, "sign": 1, **flags}),
            data.StructLayout({**moved, "sign": 1}),
        )

    @property
    def _splits_late(self) -> bool:
        """Whether elements take so long to split that they are registered before they multiply."""
        return any(isinstance(fmt, Posit) for fmt in (self.weight, self.activation))

    @property
    def _pair(self) -> data.StructLayout:
        """Two elements."""
        weight, activation = (form.layout for form in self.made)
        return data.StructLayout({"weight": weight, "activation": activation})

    def encode(self, m, stage, weight, activation, before):
        if stage == len(self.layouts) - 1:
            return self._moved(m, before)
        if before is not None:
            weight, activation = before.weight, before.activation
        elif self._splits_late:
            return Cat(weight.as_value(), activation.as_value())
        return self._multiplied(m, weight, activation)

    def _multiplied(self, m: Module, weight, activation) -> Value:
        """The first stage: the significands' product and the exponents' sum."""
        product = multiplied(m, weight.significand, activation.significand)[: self.product_width]
        exponent = Signal(self.exponent_width, name="exponent")
        m.d.comb += exponent.eq(member(weight, "exponent") + member(activation, "exponent"))
        sign = member(weight, "sign") ^ member(activation, "sign")
        found = [product, exponent, sign]
        if self.flags.nan or self.flags.infinite:
            found.append(
                _any(member(x, name) for x in (weight, activation) for name in ("nan", "inf"))
            )
        return Cat(*found)

    def _moved(self, m: Module, before) -> Value:
        """The second stage: the product moved by the exponent's lower bits."""
        bits = Signal(self.layouts[-1]["bits"].width, name="moved")
        m.d.comb += bits.eq(before.product)
        distance = before.exponent[: self.low]
        for bit in range(0, self.low, 2):
            step = distance[bit : bit + 2]
            moved = Signal(len(bits), name=f"moved_{bit}")
            m.d.comb += moved.eq(_shifted(bits, step, 1 << bit))
            bits = moved
        if "special" in before.shape().members:
            bits = bits & ~before.special.replicate(len(bits))
        return Cat(bits, before.exponent[self.low :], before.sign)

    @property
    def digits(self):
        greatest, signed = self.product.high, self.product.signed
        return (
            Digit(
                Range(0, -greatest - 1 if signed else 0, greatest),
                Range(0, -greatest if signed else 0, greatest),
            ),
        )

    def rows(self, m, weight, activation, encoded):
        magnitude = Signal(self.width, name="magnitude")
        m.d.comb += magnitude.eq(Cat(self._place(encoded, bit) for bit in range(self.width)))
        if not self.product.signed:
            return [Row(magnitude, Const(0, 1))]
        sign = encoded.sign
        return [Row(Cat(magnitude ^ sign.replicate(self.width), sign), sign)]

    @property
    def _dropped(self) -> int:
        """Places below the unit of the product, always zero."""
        pair = self.weight, self.activation
        return sum(least_exponent(fmt) + fraction_below(fmt) for fmt in pair)

    def _place(self, encoded, bit: int) -> Value:
        """A bit of the magnitude: of those that may come there, the one that the exponent says."""
        found, step = Const(0, 1), 1 << self.low
        for high in range(1 << self.high):
            index = bit + self._dropped - high * step
            if 0 <= index < len(encoded.bits):
                found = found | (encoded.bits[index] & (encoded.high == high if self.high else 1))
        return found


def multiplied(m: Module, a: Value, b: Value) -> Value:
    """The product of two unsigned numbers: tables of six bits in all, and additions."""
    if len(a) < len(b):
        a, b = b, a
    if len(a) + len(b) <= _INPUTS:
        results = [x * y for y in range(1 << len(b)) for x in range(1 << len(a))]
        return look_up(m, Cat(a, b), results, len(a) + len(b), f"table_{len(a)}_{len(b)}")
    cut = _INPUTS - len(b) if len(b) < _INPUTS - 1 else len(a) // 2
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


def _any(bits) -> Value:
    found = Const(0, 1)
    for bit in bits:
        found = found | bit
    return found


def _significand(fmt: Format) -> int:
    """Bits of a decoded significand's magnitude."""
    return DecodedLayout(fmt, apart=True)["significand"].width
