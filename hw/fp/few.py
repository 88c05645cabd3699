"""A multiplier by few bits in LUTs: two bits choose among 0, 1, 2 and 3 times the other number.

Three times it is made once; where many lanes multiply one number, once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from .pipeline import Pipeline

#: Bits of the factor, at the most.
WIDEST = 4

#: Levels of logic of each step.
STEPS = (2, 3)


def multiply_few(
    m: Module,
    pipe: Pipeline,
    live: SimpleNamespace,
    factor: str,
    beside: Callable[[Module, SimpleNamespace], None] | None = None,
) -> SimpleNamespace:
    """Multiplies ``live.product`` by the number ``live.<factor>``, which is used up.

    Both are unsigned. Takes the steps of STEPS; ``beside`` is called in the last one, for what else
    can be done there.
    """
    width = len(live.product) + len(getattr(live, factor))
    live.triple = Signal(len(live.product) + 2, name=f"{factor}_triple")
    m.d.comb += live.triple.eq((live.product << 1) + live.product)
    live = pipe.cut(live)

    digits = getattr(live, factor)
    low = _chosen(m, live, digits[:2], f"{factor}_low")
    whole: Value = low
    if len(digits) > 2:
        high = _chosen(m, live, digits[2:], f"{factor}_high")
        total = Signal(len(high) + 1, name=f"{factor}_total")
        # yosys takes the narrower operand as the data input: it selects and adds in one LUT a bit.
        m.d.comb += total.eq(low[2:] + high)
        whole = Cat(low[:2], total)
    live.product = Signal(width, name=f"{factor}_product")
    m.d.comb += live.product.eq(whole)
    del live.triple
    delattr(live, factor)
    if beside:
        beside(m, live)
    return pipe.cut(live)


def _chosen(m: Module, live: SimpleNamespace, digit: Value, name: str) -> Value:
    """``digit`` times the product."""
    once, chosen = live.product, Signal(len(live.triple), name=name)
    second = Const(0, 1) if len(digit) < 2 else digit[1]
    doubled = Mux(digit[0], live.triple, once << 1)
    m.d.comb += chosen.eq(Mux(second, doubled, Mux(digit[0], once, 0)))
    return chosen
