"""One product of two decoded elements, exact, in fixed point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range, of_format
from ...golden.flags import Reachable
from ...golden.formats import Format
from .shapes import DecodedLayout, fraction_below, member, shape_of
from .shift import shift_left


class FlaggedLayout(data.StructLayout):
    """A fixed-point value and the flags that can be raised: ``nan``, ``positive``, ``negative``."""

    def __init__(self, values: Range, flags: Reachable):
        self.flags = flags
        members = {"value": shape_of(values)}
        members |= dict.fromkeys(flag_names(flags), 1)
        super().__init__(members)


def apart_layout(values: Sequence[Range], flags: Reachable) -> data.StructLayout:
    """Several values side by side, ``sums``, and the flags of their sum."""
    sums = data.StructLayout({str(n): shape_of(bounds) for n, bounds in enumerate(values)})
    return data.StructLayout({"sums": sums, **dict.fromkeys(flag_names(flags), 1)})


def flag_names(flags: Reachable) -> tuple[str, ...]:
    """The flags' names, in the order of the bits above the value."""
    return ("nan",) * flags.nan + ("positive", "negative") * flags.infinite


class Product(wiring.Component):
    """Product of two decoded elements by the tool's own multiplier. Combinational.

    Parameters
    ----------
    weight, activation : :class:`Format`
        The element formats.
    infinite : :class:`bool`
        Whether the elements come with sign and zero told apart; by default where needed.

    Members
    -------
    weight, activation : :py:`In(DecodedLayout(…))`
        The elements.
    o : :py:`Out(FlaggedLayout(…))`
        ``value`` in units of ``2**(weight.lsb + activation.lsb)``, zero if a factor is special.
    """

    def __init__(self, weight: Format, activation: Format, *, infinite: bool = False):
        self.weight_format = weight
        self.activation_format = activation
        self.range = of_format(weight) * of_format(activation)
        self.flags = Reachable.of(weight, activation)
        told = infinite or self.flags.infinite
        super().__init__(
            {
                "weight": In(DecodedLayout(weight, infinite=told)),
                "activation": In(DecodedLayout(activation, infinite=told)),
                "o": Out(FlaggedLayout(self.range, self.flags)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        w, a = self.weight, self.activation

        # The significands' product, moved by the sum of the exponents.
        below = fraction_below(self.weight_format) + fraction_below(self.activation_format)
        product = w.significand * a.significand
        exponent = exponent_sum(w, a)
        if len(exponent):
            distance = Signal(len(exponent))
            m.d.comb += distance.eq(exponent)
            product = shift_left(m, product, distance, len(self.o.value) + below)
        m.d.comb += self.o.value.eq(product >> below)

        raise_flags(m, self.flags, w, a, self.o)
        return m


def exponent_sum(w: data.View, a: data.View) -> Value:
    """The sum of two decoded exponents, as narrow as the formats allow."""
    present = [x.exponent for x in (w, a) if "exponent" in x.shape().members]
    return present[0] + present[1] if len(present) == 2 else (*present, Const(0, 0))[0]


def raise_flags(m: Module, flags: Reachable, w: data.View, a: data.View, o: data.View) -> None:
    """The flags of the product of two decoded elements."""
    w_inf, a_inf = member(w, "inf"), member(a, "inf")
    if flags.nan:
        invalid = (w_inf & member(a, "zero")) | (a_inf & member(w, "zero"))
        m.d.comb += o.nan.eq(member(w, "nan") | member(a, "nan") | invalid)
    if flags.infinite:
        infinite = (w_inf & ~member(a, "zero")) | (a_inf & ~member(w, "zero"))
        negative = member(w, "sign") ^ member(a, "sign")
        m.d.comb += [o.positive.eq(infinite & ~negative), o.negative.eq(infinite & negative)]
