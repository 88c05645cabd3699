"""The processing element: a dot product a step, summed over the reduction."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .accumulator import Accumulator
from .dot import DotProduct
from .plan import Plan
from .product import FlaggedLayout
from .shapes import DecodedLayout, shape_of


def operand_ports(plan: Plan) -> dict:
    """The ports of a step's decoded elements."""
    return {
        name: In(data.ArrayLayout(DecodedLayout(fmt, infinite=plan.infinite), plan.lanes))
        for name, fmt in (("weight", plan.weight), ("activation", plan.activation))
    }


def result_layout(plan: Plan) -> FlaggedLayout:
    """One result."""
    return FlaggedLayout(plan.total, plan.flags)


class ProcessingElement(wiring.Component):
    """One result of the array: ``lanes`` products a step into one exact accumulator.

    ``accumulate`` and ``first`` belong to the step that entered ``plan.latency - 2`` enabled
    cycles ago: they are delayed once for all PEs, outside.

    Parameters
    ----------
    plan : :class:`Plan`
        Formats, lanes and widths.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    accumulate, first : :py:`In(1)`
        The sum leaving the tree is of a step; it starts a reduction.
    weight, activation : :py:`In(ArrayLayout(DecodedLayout(…), lanes))`
        The step's elements.
    initial : :py:`In(…)`
        What the reduction starts from, where the arithmetic preloads.
    o : :py:`Out(FlaggedLayout(…))`
        The sum so far.
    """

    def __init__(self, plan: Plan):
        self.plan = plan
        ports = {
            "enable": In(1),
            "accumulate": In(1),
            "first": In(1),
            **operand_ports(plan),
            "o": Out(result_layout(plan)),
        }
        if plan.initial is not None:
            ports["initial"] = In(shape_of(plan.initial))
        super().__init__(ports)

    def elaborate(self, platform):
        m = Module()
        plan, preload = self.plan, self.plan.initial is not None
        m.submodules.dot = dot = DotProduct(plan.weight, plan.activation, plan.lanes, plan.pipeline)
        m.submodules.accumulator = accumulator = Accumulator(
            plan.step, plan.total, plan.flags, preload=preload
        )
        m.d.comb += [
            dot.enable.eq(self.enable),
            dot.weight.eq(self.weight),
            dot.activation.eq(self.activation),
            accumulator.enable.eq(self.enable & self.accumulate),
            accumulator.first.eq(self.first),
            accumulator.i.eq(dot.o),
            self.o.eq(accumulator.o),
        ]
        if preload:
            m.d.comb += accumulator.initial.eq(self.initial)
        return m
