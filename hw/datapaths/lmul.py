"""``lmul``: a product is the sum of two elements' exponent and mantissa fields."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...golden.products import RULES
from ...golden.products import LMul as Rule
from ..decoder import Decoder
from ..product import FlaggedLayout, raise_flags
from ..shapes import member
from ..shift import shift_left
from .base import Factors
from .forms import Form
from .multiply import Multiply


@dataclass(frozen=True)
class Fields(Form):
    """Sign, the exponent and mantissa fields as one integer, and what is special.

    ``zero`` tells that an element counts as zero, as subnormals do, or is NaN.
    """

    name = "fields"

    @property
    def layout(self):
        fmt = self.format
        flags = ("nan",) * fmt.has_nan + ("inf",) * fmt.has_inf
        members = {"sign": 1, "zero": 1, "field": fmt.bits - fmt.signed}
        return data.StructLayout(members | dict.fromkeys(flags, 1))

    def made(self, m, codes, making):
        fmt, code = self.format, codes[0]
        field = code[: fmt.bits - fmt.signed]
        found = Signal(self.layout, name=making.label(self.name))
        vanishes = ~field[fmt.mantissa_width :].any()
        m.d.comb += [
            found.field.eq(field),
            found.sign.eq(code[-1] if fmt.signed else 0),
            found.zero.eq(vanishes),
        ]
        if fmt.has_nan or fmt.has_inf:
            m.submodules[making.label("decoder")] = decoder = Decoder(fmt)
            m.d.comb += decoder.code.eq(code)
            for flag in ("nan", "inf"):
                if flag in self.layout.members:
                    m.d.comb += found[flag].eq(decoder.o[flag])
            if fmt.has_nan:
                m.d.comb += found.zero.eq(decoder.o.nan | vanishes)
        return found


class LMul(Multiply):
    """An adder a lane, a shift into fixed point, an :class:`AdderTree`."""

    name = "lmul"
    scope = "product = 'lmul': one integer addition a product"

    @property
    def rule(self) -> Rule:
        rule = RULES["lmul"]
        assert isinstance(rule, Rule)
        return rule

    @property
    def product(self):
        return self.rule.range(self.weight, self.activation)

    @property
    def forms(self):
        delays = (0,) * self.lanes
        return Fields(self.weight, delays), Fields(self.activation, delays)

    def multiplier(self):
        return LMulProduct(self)

    @property
    def magnitude_width(self):
        return self.weight.significand_width

    @property
    def exponent_span(self):
        return self.product.high.bit_length() - self.weight.significand_width

    def factors(self, m, w, a):
        """The leading one stands before the sum's mantissa; least exponents are 1 + 1."""
        mantissa_width = self.weight.significand_width - 1
        total = Signal(len(w.field) + 2, name="field_sum")
        exponent = Signal(self.exponent_span.bit_length(), name="field_exponent")
        zero = w.zero | a.zero
        m.d.comb += [
            total.eq(w.field + a.field + self.rule.offset(self.weight)),
            exponent.eq(Mux(zero, 0, total[mantissa_width:] - 2)),
        ]
        magnitude = Mux(zero, 0, Cat(total[:mantissa_width], Const(1, 1)))
        return Factors(w.sign ^ a.sign, magnitude, exponent)


class LMulProduct(wiring.Component):
    """Product of two elements by L-Mul, in fixed point. Combinational.

    Parameters
    ----------
    plan : :class:`LMul`
        The formats.

    Members
    -------
    weight, activation : :py:`In(Fields(…).layout)`
        The elements.
    o : :py:`Out(FlaggedLayout(plan.product, plan.flags))`
        The product; zero if a factor is special.
    """

    def __init__(self, plan: LMul):
        self.plan = plan
        weight, activation = plan.forms
        super().__init__(
            {
                "weight": In(weight.layout),
                "activation": In(activation.layout),
                "o": Out(FlaggedLayout(plan.product, plan.flags)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        found = self.plan.factors(m, self.weight, self.activation)
        infinite = member(self.weight, "inf") | member(self.activation, "inf")
        kept = Mux(infinite, 0, found.magnitude)
        magnitude = shift_left(m, kept, found.exponent, len(self.o.value))
        m.d.comb += self.o.value.eq(Mux(found.negative, -magnitude, magnitude))
        raise_flags(m, self.plan.flags, self.weight, self.activation, self.o)
        return m
