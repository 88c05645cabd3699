"""Elements as their parts say: sign, exponent and significand, or the number these make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data

from ...golden.bounds import Range
from ...golden.formats import Posit
from ..arith.decoder import Decoder
from ..arith.shapes import DecodedLayout, fraction_below, shape_of
from ..arith.shift import shift_left
from ..arith.table import look_up
from .forms import Form, Making, whole_code

#: Bits of a posit that is looked up.
POSIT_BITS = 8


@dataclass(frozen=True)
class Decoded(Form):
    """Significand, exponent and flags; see :class:`DecodedLayout`."""

    infinite: bool = False
    zero: int = field(default=0, kw_only=True)

    name = "decoded"
    #: What its decoders are called.
    maker: ClassVar[str] = "decoder"
    apart: ClassVar[bool] = False

    @property
    def layout(self) -> data.StructLayout:
        return DecodedLayout(self.format, **self._told)

    @property
    def _told(self) -> dict[str, Any]:
        return {"infinite": self.infinite, "apart": self.apart, "zero": self.zero}

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        return self.decoded(m, codes[0], making)

    def decoded(self, m: Module, code: Value, making: Making) -> Value:
        """The decoded element of a code."""
        decoder = Decoder(self.format, **self._told)
        m.submodules[making.label(self.maker)] = decoder
        found = Signal(decoder.o.shape(), name=making.label(f"{self.maker}_o"))
        m.d.comb += [decoder.code.eq(code), found.eq(decoder.o)]
        if self.format.select_width and making.table is not None:
            m.d.comb += decoder.select.eq(making.table)
        return found


class Parts(Decoded):
    """Sign and magnitude apart.

    A short posit is first negated where it is negative; a table of what is left then takes less,
    and fewer levels, than counting the regime and shifting it out.
    """

    name = "parts"
    maker = "splitter"
    apart = True

    @property
    def stages(self) -> int:
        return int(isinstance(self.format, Posit) and self.format.width <= POSIT_BITS)

    @property
    def cost(self) -> float:
        return (3 if self.stages else 5) * self.format.bits if isinstance(self.format, Posit) else 0

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        if not self.stages:
            return super().made(m, codes, making)
        code, size = codes[0], self.format.bits
        sign, body = (
            Signal(shape, name=making.label(f"{self.maker}_{what}"), reset_less=True)
            for what, shape in (("sign", 1), ("body", size - 1))
        )
        with m.If(making.enable):
            m.d.sync += [sign.eq(code[-1]), body.eq(Mux(code[-1], -code, code))]
        found = Signal(self.layout, name=making.label(f"{self.maker}_o"))
        for name, results in self._magnitudes.items():
            label = making.label(f"{self.maker}_{name}")
            m.d.comb += found[name].eq(look_up(m, body, results, len(found[name]), label))
        vanishes = ~found.significand[-1]
        for name, bit in (("sign", sign), ("nan", sign & vanishes), ("zero", vanishes)):
            if name in self.layout.members:
                m.d.comb += found[name].eq(bit)
        return found

    @property
    def _magnitudes(self) -> dict[str, list[int]]:
        """Significand and exponent of every posit that is not negative."""
        below = fraction_below(self.format)
        whole = [int(n) << below for n in self.format.integers(range(1 << self.format.bits - 1))]
        shifts = [max(n.bit_length() - 1 - below, 0) for n in whole]
        significands = [n >> e for n, e in zip(whole, shifts, strict=True)]
        exponents = [shift if n else self.zero for n, shift in zip(whole, shifts, strict=True)]
        return {"significand": significands, "exponent": exponents}


class Coded(Decoded):
    """The code as ``significand``, and what a product's flags need to know."""

    name = "coded"
    maker = "marker"

    @property
    def layout(self) -> data.StructLayout:
        code = self.format.bits + self.format.select_width
        return data.StructLayout({"significand": code, **marks_of(super().layout)})

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        found = Signal(self.layout, name=making.label(self.name))
        m.d.comb += found.significand.eq(whole_code(codes[0], making))
        decoded = self.decoded(m, codes[0], making)
        m.d.comb += [found[mark].eq(decoded[mark]) for mark in marks_of(self.layout)]
        return found


class Fixed(Decoded):
    """The value as ``significand``, in units of the format's last place; 0 for NaN, infinity."""

    name = "fixed"
    maker = "converter"

    @property
    def layout(self) -> data.StructLayout:
        fmt = self.format
        value = shape_of(Range(fmt.lsb, fmt.low, fmt.high))
        return data.StructLayout({"significand": value, **marks_of(super().layout)})

    @property
    def stages(self) -> int:
        return int(self.format.exponent_span >= 4)

    @property
    def cost(self) -> float:
        levels = -(-self.format.exponent_span.bit_length() // 2)
        width: int = self.layout["significand"].width
        return width * levels

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        fmt = self.format
        decoded = self.decoded(m, codes[0], making)
        if self.stages:
            register = Signal(
                decoded.shape(), name=making.label("converter_register"), reset_less=True
            )
            with m.If(making.enable):
                m.d.sync += register.eq(decoded)
            decoded = register
        found = Signal(self.layout, name=making.label(self.name))
        value, below = decoded.significand, fraction_below(fmt)
        if fmt.exponent_span:
            width = self.layout["significand"].width + below
            value = shift_left(m, value, decoded.exponent, width)
        m.d.comb += found.significand.eq(value >> below)
        m.d.comb += [found[mark].eq(decoded[mark]) for mark in marks_of(self.layout)]
        return found


@dataclass(frozen=True)
class Shifted(Decoded):
    """The value less its shift as ``significand``, and which of ``shifts`` that is.

    ``value = significand << shift``, in units of the format's last bit; 0 for NaN and infinity.
    The member ``position`` says which: a bit for the greater one of two, or a bit for each of more.
    """

    shifts: tuple[int, ...] = (0, 1)

    name = "placed"
    maker = "placer"

    @property
    def layout(self) -> data.StructLayout:
        ends = [*(n - 1 for n in self.shifts[1:]), self.format.exponent_span]
        reach = max(end - shift for end, shift in zip(ends, self.shifts, strict=True))
        high = ((1 << self.format.significand_width) - 1) << reach
        value = shape_of(Range(0, -high if self.format.low < 0 else 0, high))
        marks = len(self.shifts) if len(self.shifts) > 2 else 1
        members = {"significand": value, "position": marks}
        return data.StructLayout({**members, **marks_of(super().layout)})

    @property
    def stages(self) -> int:
        return 1

    @property
    def cost(self) -> float:
        width: int = self.layout["significand"].width
        return 2 * width

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        decoded = self.decoded(m, codes[0], making)
        register = Signal(decoded.shape(), name=making.label("placer_register"), reset_less=True)
        with m.If(making.enable):
            m.d.sync += register.eq(decoded)
        found, exponent = Signal(self.layout, name=making.label(self.name)), register.exponent
        beyond = [exponent >= shift for shift in self.shifts[1:]]
        distance = Signal(len(exponent), name=making.label("placer_distance"))
        less: Value = Const(0, 1)
        for mark, shift in zip(beyond, self.shifts[1:], strict=True):
            less = Mux(mark, shift, less)
        if len(beyond) == 1:
            m.d.comb += found.position.eq(beyond[0])
        else:
            ends = zip([Const(1, 1), *beyond], [*beyond, Const(0, 1)], strict=True)
            m.d.comb += found.position.eq(Cat(here & ~above for here, above in ends))
        m.d.comb += distance.eq(exponent - less)
        width = self.layout["significand"].width
        m.d.comb += found.significand.eq(shift_left(m, register.significand, distance, width))
        m.d.comb += [found[mark].eq(register[mark]) for mark in marks_of(super().layout)]
        return found


def marks_of(layout: data.StructLayout) -> dict[str, Any]:
    """What a layout says of an element besides its number."""
    return {
        name: shape
        for name, shape in layout.members.items()
        if name not in ("significand", "exponent")
    }
