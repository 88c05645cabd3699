"""``lmul``: a product is the sum of two elements' exponent and mantissa fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.formats import Minifloat
from ...golden.products import RULES
from ...golden.products import LMul as Rule
from ..arith.decoder import Decoder
from ..arith.product import FlaggedLayout, raise_flags
from ..arith.shapes import member, shape_of
from ..arith.shift import shift_left
from ..arith.zeros import counted, matters, reach
from .base import Factors
from .forms import Form, Making
from .multiply import Multiply


@dataclass(frozen=True)
class Fields(Form):
    """Sign, the exponent and mantissa fields as one integer, and what is special.

    ``zero`` tells that an element counts as zero, as subnormals do, or is NaN. ``vanished`` is the
    field that it then has, if another than its own.
    """

    vanished: int | None = None

    name = "fields"

    @property
    def _minifloat(self) -> Minifloat:
        assert isinstance(self.format, Minifloat)
        return self.format

    @property
    def layout(self) -> data.StructLayout:
        fmt = self._minifloat
        flags = ("nan",) * fmt.has_nan + ("inf",) * fmt.has_inf
        fields = Range(0, min(self.vanished or 0, 0), (1 << fmt.bits - fmt.signed) - 1)
        members = {"sign": 1, "zero": 1, "field": shape_of(fields)}
        return data.StructLayout(members | dict.fromkeys(flags, 1))

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        fmt, code = self._minifloat, codes[0]
        field = code[: fmt.bits - fmt.signed]
        found = Signal(self.layout, name=making.label(self.name))
        vanishes = ~field[fmt.mantissa_width :].any()
        m.d.comb += [
            found.field.eq(field if self.vanished is None else Mux(vanishes, self.vanished, field)),
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
    def product(self) -> Range:
        return self.rule.range(self.weight, self.activation)

    @property
    def forms(self) -> tuple[Form, Form]:
        delays = (0,) * self.lanes
        weight, activation = (
            Fields(fmt, delays, self._vanished) for fmt in (self.weight, self.activation)
        )
        return weight, activation

    @property
    def _vanished(self) -> int | None:
        """A zero's field, where its products can have the greatest exponent: without mantissa."""
        fmt = self.weight
        if not self.aligns or not matters(fmt, fmt):
            return None
        return 1 + counted(fmt) << fmt.significand_width - 1

    def multiplier(self) -> LMulProduct:
        return LMulProduct(self)

    @property
    def magnitude_width(self) -> int:
        return self.weight.significand_width

    @property
    def exponents(self) -> tuple[int, int]:
        high = self.product.high.bit_length() - self.weight.significand_width
        if self._vanished is None:
            return 0, high
        zero, most = counted(self.weight), reach(self.weight)
        return min(2 * zero, 0), max(high, zero + most)

    def factors(self, m: Module, w: Value, a: Value) -> Factors:
        """The leading one stands before the sum's mantissa; least exponents are 1 + 1."""
        mantissa_width = self.weight.significand_width - 1
        exponent = Signal(shape_of(Range(0, *self.exponents)), name="field_exponent")
        zero = w.zero | a.zero
        counts, offset = self._vanished is not None, self.rule.offset(self.weight)
        fields = w.field + a.field + (Mux(zero, 0, offset) if counts else offset)
        total = Signal(fields.shape(), name="field_sum")
        carried = total >> mantissa_width
        m.d.comb += [
            total.eq(fields),
            exponent.eq((carried if counts else Mux(zero, 2, carried)) - 2),
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

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        found = self.plan.factors(m, self.weight, self.activation)
        infinite = member(self.weight, "inf") | member(self.activation, "inf")
        kept = Mux(infinite, 0, found.magnitude)
        magnitude = shift_left(m, kept, found.exponent, len(self.o.value))
        m.d.comb += self.o.value.eq(Mux(found.negative, -magnitude, magnitude))
        raise_flags(m, self.plan.flags, self.weight, self.activation, self.o)
        return m
