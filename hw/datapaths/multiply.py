"""``multiply``: the tool's own multiplier a lane, and a tree that sums the products."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import wiring

from ...golden.formats import Format
from ..arith.product import Product, exponent_sum, flag_names
from ..arith.shapes import significands
from ..arith.tree import AdderTree, tree_latency
from ..arith.zeros import zero_exponent
from .base import SETTING, Datapath, Dot, Factors, Setting
from .decoded import Decoded
from .forms import Form

#: Bits of two factors together from which yosys takes a DSP block; below, it takes LUTs.
DSP_BITS = 9


class Multiply(Datapath):
    """Decoded elements, a :class:`Product` a lane, an :class:`AdderTree`."""

    name = "multiply"
    aligning = True
    scope = "every pair, by the synthesis tool's own multiplier"

    @classmethod
    def serves(cls, weight: Format, activation: Format) -> bool:
        return True

    @classmethod
    def estimate(cls, weight: Format, activation: Format, setting: Setting = SETTING) -> float:
        """Of sums and shifts, where a DSP block multiplies; no better than others in LUTs."""
        pair = weight, activation
        if setting.policy != "dsp" or sum(significands(fmt).width for fmt in pair) < DSP_BITS:
            return inf
        exponent = sum(fmt.exponent_span for fmt in pair).bit_length()
        return cls(weight, activation, lanes=1).product.width * (1 + exponent / 2)

    @property
    def forms(self) -> tuple[Form, Form]:
        return self._decoded(Decoded)

    def _decoded(self, form: type[Decoded]) -> tuple[Decoded, Decoded]:
        """Both sides' elements in a form."""
        delays, infinite = (0,) * self.lanes, self.infinite or self.flags.infinite
        pair = self.weight, self.activation
        weight, activation = (
            form(fmt, delays, infinite, zero=zero)
            for fmt, zero in zip(pair, self.zeros, strict=True)
        )
        return weight, activation

    @property
    def zeros(self) -> tuple[int, int]:
        """The exponents of zeros; 0 is the least of other numbers."""
        if not self.aligns:
            return 0, 0
        weight, activation = self.weight, self.activation
        return zero_exponent(weight, activation), zero_exponent(activation, weight)

    @property
    def latency(self) -> int:
        return 1 + tree_latency(self.lanes, self.pipeline)

    def component(self) -> DotProduct:
        return DotProduct(self)

    def multiplier(self) -> wiring.Component:
        """Hardware with the members ``weight``, ``activation`` and ``o``: one product."""
        weight = self.forms[0]
        assert isinstance(weight, Decoded)
        return Product(self.weight, self.activation, infinite=weight.infinite)

    @property
    def magnitude_width(self) -> int:
        bounds = significands(self.weight) * significands(self.activation)
        return max(bounds.high, -bounds.low).bit_length()

    @property
    def exponents(self) -> tuple[int, int]:
        pair = self.weight, self.activation
        high = sum(max(fmt.exponent_span, zero) for fmt, zero in zip(pair, self.zeros, strict=True))
        return sum(min(zero, 0) for zero in self.zeros), high

    def factors(self, m: Module, w: Value, a: Value) -> Factors:
        product = w.significand * a.significand
        negative = product[-1] if product.shape().signed else Const(0)
        return Factors(negative, Mux(negative, -product, product), exponent_sum(w, a))


class DotProduct(Dot):
    """A product a lane, and a tree."""

    plan: Multiply

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        m.submodules.tree = tree = AdderTree(plan.product, plan.lanes, plan.pipeline)
        m.d.comb += [tree.enable.eq(self.enable), self.o.value.eq(tree.o)]

        # One product a lane, registered.
        products = []
        for lane in range(plan.lanes):
            product = plan.multiplier()
            m.submodules[f"product_{lane}"] = product
            register = self.held(m, product.o, product.o.shape(), f"product_{lane}")
            m.d.comb += [
                product.weight.eq(self.weight[lane]),
                product.activation.eq(self.activation[lane]),
                tree.i[lane].eq(register.value),
            ]
            products.append(register)

        # Flags travel beside the tree: any lane's, delayed by as many cycles.
        for name in flag_names(plan.flags):
            flag = Signal.like(self.o[name], name=f"{name}_any")
            m.d.comb += flag.eq(_any([register[name] for register in products]))
            for stage in range(tree.latency):
                flag = self.held(m, flag, flag.shape(), f"{name}_{stage}")
            m.d.comb += self.o[name].eq(flag)
        return m


def _any(flags: Sequence[Value]) -> Value:
    value = flags[0]
    for other in flags[1:]:
        value = value | other
    return value
