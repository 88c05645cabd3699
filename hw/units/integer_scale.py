"""An integer times an integer scale, in rows of LUTs or in DSP blocks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ..arith.shapes import shape_of
from ..fp.pipeline import Pipeline, Pipelined
from ..fp.rows import digits, multiply

#: Levels of logic that a multiplication in DSP blocks is counted as.
_BLOCK = 3


class IntegerScale(Pipelined):
    """``i * scale``, exact or with its lowest bits joined. Pipeline as :class:`Pipelined`.

    Parameters
    ----------
    values, scales : :class:`Range`
        Bounds and units of both.
    joined : :class:`int`
        Lowest bits of the product that become one, which says whether any is set.
    rows : :class:`bool`
        Multiply by rows of LUTs, which pipeline well; else by ``*``, which becomes DSP blocks.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i, scale : :py:`In(shape_of(values))`, :py:`In(shape_of(scales))`
    o : :py:`Out(shape_of(product))`
    """

    def __init__(
        self, values: Range, scales: Range, *, joined: int = 0, rows: bool = True, stages: int = 0
    ):
        self.values, self.scales, self.joined, self.rows = values, scales, joined, rows
        self.product = whole = values * scales
        if joined:
            low, high = whole.low >> joined << 1, (whole.high >> joined << 1) + 1
            self.product = Range(whole.lsb + joined - 1, low, high)
        #: Whether rows are made from the digits of the scale: of the one that has fewer.
        self.by_scale = scales.width <= values.width
        factor = scales if self.by_scale else values
        ports = {
            "i": In(shape_of(values)),
            "scale": In(shape_of(scales)),
            "o": Out(shape_of(self.product)),
        }
        count = digits(factor.width, factor.signed)
        super().__init__(ports, [2] * count if rows else [_BLOCK, 2], stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        if not self.rows:
            whole = Signal(shape_of(self.values * self.scales), name="whole")
            m.d.comb += whole.eq(io.i * io.scale)
            live = pipe.cut(SimpleNamespace(whole=whole))
            low, high = live.whole[: self.joined], live.whole[self.joined :]
            found = Cat(low.any(), high) if self.joined else live.whole
            m.d.comb += io.o.eq(pipe.cut(SimpleNamespace(product=found)).product)
            return
        product, factor = Signal.like(io.i), Signal.like(io.scale)
        m.d.comb += [product.eq(io.i), factor.eq(io.scale)]
        if not self.by_scale:
            product, factor = factor, product
        live = SimpleNamespace(product=product, factor=factor)
        live = multiply(m, pipe, live, "factor", joined=self.joined)
        m.d.comb += io.o.eq(live.product)
