"""An integer times its float scales, exact: a product of significands, moved by the exponents."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range, of_format
from ...golden.flags import Reachable
from ...golden.formats import Minifloat
from ...golden.terms import Sided
from ..arith.product import FlaggedLayout
from ..arith.shapes import member, shape_of
from ..arith.timing import stages_for
from ..fp.multiply import significands
from ..fp.pipeline import Pipeline, Pipelined
from ..fp.rows import digits, multiply
from ..fp.unpack import Unpacked, exponents, unpack
from ..plan.terms import scaled_flags
from .term import scale_name, scales_layout


class InvertedLayout(data.StructLayout):
    """A fixed-point number as ``value ^ minus``, less one if ``minus``; and its flags.

    An adder negates by taking ``minus`` as its carry in.
    """

    def __init__(self, values: Range, flags: Reachable):
        super().__init__({"number": FlaggedLayout(values, flags), "minus": 1})


class ExactScale(Pipelined):
    """``i * s[0] * s[1] * …`` in fixed point.

    Pipeline as :class:`Pipelined`. Without scales, the number passes through in no time.

    Parameters
    ----------
    values : :class:`Range`
        Bounds and unit of the integer.
    flags : :class:`Reachable`
        The flags beside it.
    scales : sequence of (side, :class:`Level`)
        The scales, of float formats.
    zeroed : :class:`bool`
        Whether the value is 0 where a scale is NaN or infinite; else it means nothing there.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i : :py:`In(FlaggedLayout(values, flags))`
        The integer.
    scales : :py:`In(scales_layout(scales))`
        The scales' codes, if there are any.
    o : :py:`Out(InvertedLayout(self.range, …))`
        The product; where a scale is negative, ``minus`` is set.
    """

    def __init__(
        self, values: Range, flags: Reachable, scales: tuple[Sided, ...], *, zeroed: bool = False
    ):
        self.values, self.flags, self.scale_levels, self.zeroed = values, flags, scales, zeroed
        self.formats = []
        for _, level in scales:
            assert isinstance(level.format, Minifloat)
            self.formats.append(level.format)

        # Magnitudes of scales multiply; their signs come beside.
        whole = self.product = values
        self.span = 0
        for fmt in self.formats:
            whole = whole * Range(fmt.lsb, 0, of_format(fmt).high)
            self.product = self.product * significands(fmt)
            self.span += exponents(fmt)[1] - exponents(fmt)[0]
        self.range = whole
        if any(fmt.signed for fmt in self.formats):
            self.range = whole | Range(whole.lsb, -whole.high - 1, -whole.low - 1)
        self.result_flags = scaled_flags(flags, scales)
        ports = {
            "i": In(FlaggedLayout(values, flags)),
            "o": Out(InvertedLayout(self.range, self.result_flags)),
        }
        if scales:
            ports["scales"] = In(scales_layout(scales))
        levels = self._levels()
        super().__init__(ports, levels, stages_for(levels))

    def _levels(self) -> tuple[int, ...]:
        if not self.formats:
            return ()
        rows = [2] * sum(digits(fmt.significand_width) for fmt in self._factors)
        return (*(rows or [2]), *[2] * (-(-self.span.bit_length() // 2)))

    @property
    def _factors(self) -> list[Minifloat]:
        """The scales with a significand; E8M0 has none."""
        return [fmt for fmt in self.formats if fmt.significand_width > 1 or fmt.has_zero]

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        if not self.formats:
            m.d.comb += [io.o.number.eq(io.i), io.o.minus.eq(0)]
            return
        parts = [
            unpack(m, fmt, io.scales[scale_name(scale)])
            for scale, fmt in zip(self.scale_levels, self.formats, strict=True)
        ]
        live = self._start(m, io, parts)
        for index in range(len(self._factors)):
            live = multiply(m, pipe, live, f"factor_{index}")
        if not self._factors:
            live = pipe.cut(live)
        live = self._shift(m, pipe, live)
        m.d.comb += [io.o.number.value.eq(live.product), io.o.minus.eq(live.minus)]
        self._flags(m, io, live)

    def _start(self, m: Module, io: Any, parts: list[Unpacked]) -> SimpleNamespace:
        """Factors, the exponents' sum, sign and what flags follow from."""
        live = SimpleNamespace(product=io.i.value)
        infinite, zero, minus = Const(0, 1), Const(0, 1), Const(0, 1)
        nan, total, special = member(io.i, "nan"), Const(0, 1), Const(0, 1)
        number = 0
        for part, fmt in zip(parts, self.formats, strict=True):
            infinite, zero = infinite | part.inf, zero | part.zero
            nan, minus = nan | part.nan, minus ^ part.sign
            total = total + (part.exponent - exponents(fmt)[0])[: fmt.exponent_width]
            special = special | part.nan | part.inf
            if fmt in self._factors:
                setattr(live, f"factor_{number}", part.significand)
                number += 1
        if self.zeroed:
            name = "factor_0" if number else "product"
            setattr(live, name, Mux(special, 0, getattr(live, name)))
        live.distance = Signal(max(self.span.bit_length(), 1), name="distance")
        live.minus = Signal(name="minus")
        m.d.comb += [live.distance.eq(total), live.minus.eq(minus)]

        # Flags are put together at the end: they would lengthen the first step.
        positive, negative = member(io.i, "positive"), member(io.i, "negative")
        if self.result_flags.nan:
            live.nan = nan | (positive & negative)
        if self.result_flags.infinite:
            live.raised, live.infinite = positive | negative, infinite
            live.below = Mux(live.raised, negative, io.i.value < 0)
            live.scale_zero, live.low_zero = zero, ~io.i.value[: self._half].any()
            live.high_zero = ~io.i.value[self._half :].any()
        return live

    @property
    def _half(self) -> int:
        """Zero is found in two halves, each in a level less."""
        return max(self.values.width // 2, 1)

    def _flags(self, m: Module, io: Any, live: SimpleNamespace) -> None:
        """As IEEE 754 has it: infinity times zero is NaN, signs multiply."""
        nan = getattr(live, "nan", Const(0, 1))
        if self.result_flags.infinite:
            vanishes = live.scale_zero | (~live.raised & live.low_zero & live.high_zero)
            infinite = live.raised | live.infinite
            nan = nan | (infinite & vanishes)
            minus = live.below ^ live.minus
            m.d.comb += io.o.number.positive.eq(infinite & ~nan & ~minus)
            m.d.comb += io.o.number.negative.eq(infinite & ~nan & minus)
        if self.result_flags.nan:
            m.d.comb += io.o.number.nan.eq(nan)

    def _shift(self, m: Module, pipe: Pipeline, live: SimpleNamespace) -> SimpleNamespace:
        """The product moved by the distance, two bits of it a step, and inverted at the end."""
        shape = shape_of(self.range)
        bits = self.span.bit_length()
        if not bits:
            live.product = self._inverted(m, live, live.product, shape)
        reach = 0
        for low in range(0, bits, 2):
            pair = live.distance[low : low + 2]
            reach += (1 << low) * ((1 << len(pair)) - 1)
            wide = Range(0, self.product.low << reach, self.product.high << reach)
            narrow = shape_of(wide) if shape_of(wide).width < shape.width else shape
            moved = Signal(narrow, name=f"moved_{low}")
            near = Signal(narrow, name=f"near_{low}")
            m.d.comb += near.eq(Mux(pair[0], live.product << (1 << low), live.product))
            far = near
            if len(pair) > 1:
                far = Mux(pair[1], near << (2 << low), near)
            m.d.comb += moved.eq(far)
            live.product = moved
            if low + 2 >= bits:
                live.product = self._inverted(m, live, moved, shape)
                del live.distance
            live = pipe.cut(live)
        return live

    def _inverted(self, m: Module, live: SimpleNamespace, value: Value, shape: Shape) -> Value:
        result = Signal(shape, name="inverted")
        wide = Signal(shape, name="whole")
        m.d.comb += [wide.eq(value), result.eq(Cat(wide ^ live.minus.replicate(shape.width)))]
        return result.as_signed() if shape.signed else result
