"""Decoders, generated from the formats' descriptors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...golden.formats import Bipolar, Codebook, Format, Integer, Minifloat, Posit, Sliced
from .shapes import DecodedLayout, least_exponent, shape_of, significands
from .shift import leading_zeros, shift_left
from .specials import specials


class Decoder(wiring.Component):
    """Code to significand, exponent and flags. Combinational.

    Parameters
    ----------
    format : :class:`Format`
        The element format.
    infinite : :class:`bool`
        Whether this element or its partner can be infinite: sign and zero are then told apart.
    apart : :class:`bool`
        Sign and magnitude.
    zero : :class:`int`
        The exponent of a zero.

    Members
    -------
    code : :py:`In(format.bits)`
        The element's code.
    select : :py:`In(format.select_width)`
        Which of the format's tables holds, where it has several.
    o : :py:`Out(DecodedLayout(format))`
        Its value; see :class:`DecodedLayout`.
    """

    def __init__(
        self, format: Format, *, infinite: bool = False, apart: bool = False, zero: int = 0
    ):
        self.format = format
        self.infinite = infinite
        self.apart = apart
        self.zero = zero
        layout = DecodedLayout(format, infinite=infinite, apart=apart, zero=zero)
        ports = {"code": In(format.bits), "o": Out(layout)}
        if format.select_width:
            ports["select"] = In(format.select_width)
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        code = Cat(self.code, self.select) if self.format.select_width else self.code
        zero, exponent = FAMILIES[type(self.format)](m, self.format, code, self.o, self.apart)

        # A zero's exponent may be another than the least, also where others have but one.
        if "exponent" in self.o.shape().members:
            exponent = exponent if self.format.exponent_span else Const(0)
            counted = self.zero + (least_exponent(self.format) if self.apart else 0)
            m.d.comb += self.o.exponent.eq(Mux(zero, counted, exponent) if self.zero else exponent)
        return m


#: Whether an element is zero, and its exponent.
ZeroAndExponent = tuple[Value, Value]


def _integer(m: Module, fmt: Integer, code: Value, o: data.View, apart: bool) -> ZeroAndExponent:
    return _fixed_point(m, o, code.as_signed() if fmt.signed else code, apart)


def _sliced(m: Module, fmt: Sliced, code: Value, o: data.View, apart: bool) -> ZeroAndExponent:
    stored, select = code[: fmt.width], code[fmt.width :]
    whole = stored.as_signed() if fmt.signed else stored
    value = Signal(shape_of(significands(fmt)), name="value")
    with m.Switch(select):
        for d in range(1 << fmt.select_width):
            with m.Case(d):
                m.d.comb += value.eq(_served(fmt, whole, min(d, fmt.width - 1)))
    return _fixed_point(m, o, value, apart)


def _served(fmt: Sliced, whole: Value, d: int) -> Value:
    """The stored integer with ``d`` bits fewer."""
    if not d or fmt.rule == "trunc":
        return (whole >> d) << d
    above = whole >> d
    half = whole[d - 1]
    up = half & (above[0] | whole[: d - 1].any()) if fmt.rule == "double" else half
    most = fmt.whole.high >> d
    held = ~Const(0, 1) if fmt.rule == "extra" else above != most
    return (above + (up & held)) << d


def _codebook(m: Module, fmt: Codebook, code: Value, o: data.View, apart: bool) -> ZeroAndExponent:
    value = Signal(shape_of(significands(fmt)), name="value")
    with m.Switch(code):
        for index, entry in enumerate(entry for table in fmt.tables for entry in table):
            with m.Case(index):
                m.d.comb += value.eq(entry)
    return _fixed_point(m, o, value, apart)


def _minifloat(
    m: Module, fmt: Minifloat, code: Value, o: data.View, apart: bool
) -> ZeroAndExponent:
    mantissa = code[: fmt.mantissa_width]
    biased = code[fmt.mantissa_width :][: fmt.exponent_width]
    sign = code[-1] if fmt.signed else Const(0)
    subnormals = fmt.has_zero

    nan, inf = specials(fmt, code)
    for name, flag in (("nan", nan), ("inf", inf)):
        if name in o.shape().members:
            m.d.comb += o[name].eq(flag)

    # Subnormals share the exponent of the least binade, without the hidden bit.
    hidden = biased.any() if subnormals else Const(1)
    if apart:
        m.d.comb += o.significand.eq(Mux(nan | inf, 0, Cat(mantissa, hidden)))
        exponent = Cat(biased[0] | ~biased.any(), biased[1:]) if subnormals else biased
    else:
        magnitude = Mux(nan | inf, 0, Cat(mantissa, hidden))
        m.d.comb += o.significand.eq(Mux(sign, -magnitude, magnitude) if fmt.signed else magnitude)
        exponent = Mux(biased.any(), biased - 1, 0) if subnormals else biased
    zero = ~Cat(mantissa, biased).any() if fmt.has_zero else Const(0)
    for name, flag in (("sign", sign), ("zero", nan | zero)):
        if name in o.shape().members:
            m.d.comb += o[name].eq(flag)
    return zero, exponent


def _bipolar(m: Module, fmt: Bipolar, code: Value, o: data.View, apart: bool) -> ZeroAndExponent:
    # 2 u - (2**n - 1): u with its top bit inverted, a one behind it.
    return _fixed_point(m, o, Cat(Const(1, 1), code[:-1], ~code[-1]).as_signed(), apart)


def _posit(m: Module, fmt: Posit, code: Value, o: data.View, apart: bool) -> ZeroAndExponent:
    n, sign = fmt.width, code[-1]
    nar, _ = specials(fmt, code)
    zero = ~code.any()
    body = Signal(n - 1)
    m.d.comb += body.eq(Mux(sign, -code, code))

    # The regime: as many bits as are equal behind the sign, and the one that ends them.
    first = body[-1]
    run = leading_zeros(m, Mux(first, ~body, body))
    rest = Signal(n - 1)
    m.d.comb += rest.eq((shift_left(m, body, run, n - 1) << 1)[: n - 1])

    # Behind it exponent and fraction. The exponent counts from that of the least code.
    padded = Cat(Const(0, fmt.es), rest)
    tail = padded[len(padded) - fmt.es - fmt.fraction_width :]
    fraction, es = tail[: fmt.fraction_width], tail[fmt.fraction_width :]
    scale = Cat(es, Mux(first, run + (n - 3), n - 2 - run))
    magnitude = Cat(fraction, ~(zero | nar))
    m.d.comb += [
        o.significand.eq(magnitude if apart else Mux(sign, -magnitude, magnitude)),
        o.nan.eq(nar),
    ]
    for name, flag in (("sign", sign), ("zero", zero | nar)):
        if name in o.shape().members:
            m.d.comb += o[name].eq(flag)
    return zero | nar, Mux(zero | nar, 0, scale)


FAMILIES: dict[type[Format], Callable[..., ZeroAndExponent]] = {
    Integer: _integer,
    Sliced: _sliced,
    Codebook: _codebook,
    Minifloat: _minifloat,
    Bipolar: _bipolar,
    Posit: _posit,
}


def _fixed_point(m: Module, o: data.View, value: Value, apart: bool) -> ZeroAndExponent:
    m.d.comb += o.significand.eq(Mux(value < 0, -value, value) if apart else value)
    if "sign" in o.shape().members:
        m.d.comb += o.sign.eq(value < 0)
    if "zero" in o.shape().members:
        m.d.comb += o.zero.eq(value == 0)
    return value == 0, Const(0, 1)
