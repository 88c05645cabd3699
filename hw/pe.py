"""The processing element: a dot product a step, summed over a group or the whole reduction."""

from __future__ import annotations

from collections.abc import Iterable

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .accumulator import Accumulator
from .plan import Plan
from .product import FlaggedLayout, flag_names
from .scale.timing import delayed
from .shapes import shape_of
from .sums import Pair, Sum

SIDES = ("weight", "activation")


def vector_layout(plan: Plan, side: int, items: Iterable[Sum] | None = None) -> data.StructLayout:
    """What sums read of a step's elements of a row or column: a member a plane and form."""
    inputs = plan.inputs(side, items)
    return data.StructLayout({name: form.layouts for name, (_, form) in inputs.items()})


def operand_ports(plan: Plan, total: Sum) -> dict:
    """The ports of a step's elements; constants need none."""
    ports = {}
    for side, name in enumerate(SIDES):
        layout = vector_layout(plan, side, [total])
        if layout.members:
            ports[name] = In(layout)
    return ports


def elements(m: Module, component, plan: Plan, pair: Pair, side: int):
    """A step's elements of the plane that ``pair`` reads, from the ports or as constants."""
    fmt, plane, form = pair.formats[side], pair.planes[side], plan.dot(pair).forms[side]
    if fmt.bits:
        return getattr(component, SIDES[side])[plan.key(side, pair)]
    constant = Signal(form.layouts, name=f"{SIDES[side]}_constant_{plane}")
    for lane in range(plan.lanes):
        m.d.comb += constant[lane].significand.eq(fmt.low)
        if "sign" in constant[lane].shape().members:
            m.d.comb += constant[lane].sign.eq(fmt.low < 0)
    return constant


class ProcessingElement(wiring.Component):
    """One sum of the array: ``lanes`` products of each pair a step into one exact accumulator.

    ``accumulate`` and ``first`` belong to the step whose elements entered ``plan.step_latency``
    enabled cycles ago: whoever feeds the element delays them.

    Parameters
    ----------
    plan : :class:`Plan`
        Formats, lanes and latencies.
    total : :class:`Sum`
        Which products meet here, and the widths.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    accumulate, first : :py:`In(1)`
        The sum leaving the tree is of a step; it starts a group.
    weight, activation : :py:`In(vector_layout(…))`
        The step's elements.
    initial : :py:`In(…)`
        What the reduction starts from, where the arithmetic preloads.
    o : :py:`Out(FlaggedLayout(…))`
        The sum so far.
    """

    def __init__(self, plan: Plan, total: Sum):
        self.plan, self.total = plan, total
        ports = {
            "enable": In(1),
            "accumulate": In(1),
            "first": In(1),
            **operand_ports(plan, total),
            "o": Out(FlaggedLayout(total.total, total.flags)),
        }
        if total.initial is not None:
            ports["initial"] = In(shape_of(total.initial))
        super().__init__(ports)

    def elaborate(self, platform):
        m = Module()
        total, preload = self.total, self.total.initial is not None
        m.submodules.accumulator = accumulator = Accumulator(
            self.plan.addend(total),
            total.total,
            total.flags,
            preload=preload,
            saturate=total.stage.saturates,
        )
        m.d.comb += [
            accumulator.enable.eq(self.enable & self.accumulate),
            accumulator.first.eq(self.first),
            accumulator.i.eq(self._step(m)),
            self.o.eq(accumulator.o),
        ]
        if preload:
            m.d.comb += accumulator.initial.eq(self.initial)
        return m

    def _step(self, m):
        """The sum of a step's products over all pairs."""
        dots = [self._dot(m, number, pair) for number, pair in enumerate(self.total.pairs)]
        if self.plan.plain:
            return dots[0]
        step = self.plan.addend(self.total)
        value = 0
        for dot, pair in zip(dots, self.total.pairs, strict=True):
            product = dot.value << (pair.product.lsb - step.lsb)
            value = value - product if pair.sign < 0 else value + product
        register = Signal(FlaggedLayout(step, self.total.flags), name="step", reset_less=True)
        with m.If(self.enable):
            m.d.sync += register.value.eq(value)
            for name in flag_names(self.total.flags):
                pairs = zip(dots, self.total.pairs, strict=True)
                raised = [_flag(dot, pair, name) for dot, pair in pairs]
                m.d.sync += register[name].eq(_any(raised))
        return register

    def _dot(self, m, number: int, pair: Pair):
        """A pair's dot product, as late as the slowest."""
        datapath = self.plan.dot(pair)
        dot = datapath.component()
        m.submodules[f"dot_{number}"] = dot
        m.d.comb += [
            dot.enable.eq(self.enable),
            dot.weight.eq(elements(m, self, self.plan, pair, 0)),
            dot.activation.eq(elements(m, self, self.plan, pair, 1)),
        ]
        waits = self.plan.dot_latency - datapath.latency
        return delayed(m, self.enable, dot.o, waits, f"dot_{number}_late")


def _flag(dot, pair: Pair, name: str):
    """A flag of a dot product as it enters the sum: a minus swaps the infinities."""
    swapped = {"positive": "negative", "negative": "positive"}
    source = swapped.get(name, name) if pair.sign < 0 else name
    return dot[source] if source in flag_names(pair.flags) else 0


def _any(flags):
    value = flags[0]
    for other in flags[1:]:
        value = value | other
    return value
