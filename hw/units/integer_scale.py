"""An integer times an integer scale, in rows of LUTs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ..arith.shapes import shape_of
from ..fp.pipeline import Pipeline, Pipelined
from ..fp.rows import digits, multiply


class IntegerScale(Pipelined):
    """``i * scale``, exact. Pipeline as :class:`Pipelined`.

    Parameters
    ----------
    values, scales : :class:`Range`
        Bounds and units of both.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i, scale : :py:`In(shape_of(values))`, :py:`In(shape_of(scales))`
    o : :py:`Out(shape_of(values * scales))`
    """

    def __init__(self, values: Range, scales: Range, *, stages: int = 0):
        self.values, self.scales, self.product = values, scales, values * scales
        #: Whether rows are made from the digits of the scale: of the one that has fewer.
        self.by_scale = scales.width <= values.width
        factor = scales if self.by_scale else values
        ports = {
            "i": In(shape_of(values)),
            "scale": In(shape_of(scales)),
            "o": Out(shape_of(self.product)),
        }
        super().__init__(ports, [2] * digits(factor.width, factor.signed), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        product, factor = Signal.like(io.i), Signal.like(io.scale)
        m.d.comb += [product.eq(io.i), factor.eq(io.scale)]
        if not self.by_scale:
            product, factor = factor, product
        live = SimpleNamespace(product=product, factor=factor)
        live = multiply(m, pipe, live, "factor")
        m.d.comb += io.o.eq(live.product)
