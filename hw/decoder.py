"""Decoders, generated from the formats' descriptors."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..golden.formats import Codebook, Format, Integer, Minifloat, Policy
from .shapes import DecodedLayout


class Decoder(wiring.Component):
    """Code to significand, exponent and flags. Combinational.

    Parameters
    ----------
    format : :class:`Format`
        The element format.
    infinite : :class:`bool`
        Whether this element or its partner can be infinite: sign and zero are then told apart.

    Members
    -------
    code : :py:`In(format.bits)`
        The element's code.
    o : :py:`Out(DecodedLayout(format))`
        Its value; see :class:`DecodedLayout`.
    """

    def __init__(self, format: Format, *, infinite: bool = False):
        self.format = format
        self.infinite = infinite
        layout = DecodedLayout(format, infinite=infinite)
        super().__init__({"code": In(format.bits), "o": Out(layout)})

    def elaborate(self, platform):
        m = Module()
        family = {Integer: _integer, Codebook: _codebook, Minifloat: _minifloat}
        family[type(self.format)](m, self.format, self.code, self.o)
        return m


def _integer(m: Module, fmt: Integer, code, o) -> None:
    _fixed_point(m, o, code.as_signed() if fmt.signed else code)


def _codebook(m: Module, fmt: Codebook, code, o) -> None:
    value = Signal.like(o.significand, name="value")
    with m.Switch(code):
        for index, entry in enumerate(fmt.tables[0]):
            with m.Case(index):
                m.d.comb += value.eq(entry)
    _fixed_point(m, o, value)


def _minifloat(m: Module, fmt: Minifloat, code, o) -> None:
    mantissa = code[: fmt.mantissa_width]
    biased = code[fmt.mantissa_width :][: fmt.exponent_width]
    sign = code[-1] if fmt.signed else Const(0)
    subnormals = fmt.policy is not Policy.E8M0

    # Which codes are special, as the policy says.
    ones = biased.all()
    nan, inf = Const(0), Const(0)
    if fmt.policy is Policy.IEEE:
        nan, inf = ones & mantissa.any(), ones & ~mantissa.any()
    elif fmt.policy in (Policy.FN, Policy.E8M0):
        nan = Cat(mantissa, biased).all()
    elif fmt.policy is Policy.FNUZ:
        nan = sign & ~Cat(mantissa, biased).any()
    for name, flag in (("nan", nan), ("inf", inf)):
        if name in o.shape().members:
            m.d.comb += o[name].eq(flag)

    # Subnormals share the exponent of the least binade, without the hidden bit.
    hidden = biased.any() if subnormals else Const(1)
    magnitude = Mux(nan | inf, 0, Cat(mantissa, hidden))
    m.d.comb += o.significand.eq(Mux(sign, -magnitude, magnitude) if fmt.signed else magnitude)
    if "exponent" in o.shape().members:
        m.d.comb += o.exponent.eq(Mux(biased.any(), biased - 1, 0) if subnormals else biased)
    zero = ~Cat(mantissa, biased).any() if fmt.has_zero else Const(0)
    for name, flag in (("sign", sign), ("zero", nan | zero)):
        if name in o.shape().members:
            m.d.comb += o[name].eq(flag)


def _fixed_point(m: Module, o, value) -> None:
    m.d.comb += o.significand.eq(value)
    if "sign" in o.shape().members:
        m.d.comb += o.sign.eq(value < 0)
    if "zero" in o.shape().members:
        m.d.comb += o.zero.eq(value == 0)
