"""The processing element: a dot product a step, summed over a group or the whole reduction."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Member, Out

from ...golden.bounds import Range
from ..arith.accumulator import Accumulator
from ..arith.digit_sums import DigitSums
from ..arith.product import FlaggedLayout, flag_names
from ..arith.shapes import shape_of
from ..arith.sums import Pair, Sum
from ..arith.timing import delayed
from ..datapaths import Datapath
from ..plan.array_plan import ArrayPlan
from ..plan.layouts import SIDES, vector_layout
from ..plan.modes import ModalPlan
from ..plan.plan import Plan


def operand_ports(plan: ArrayPlan, total: Sum) -> dict[str, Member]:
    """The ports of a step's elements; constants need none."""
    ports = {}
    for side, name in enumerate(SIDES):
        layout = vector_layout(plan, side, [total])
        if layout.members:
            ports[name] = In(layout)
    return ports


def elements(
    m: Module, component: wiring.Component, plan: Plan, pair: Pair, side: int
) -> data.View:
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

    def __init__(self, plan: Plan | ModalPlan, total: Sum):
        self.plan: Any = plan
        self.total = total
        ports = {
            "enable": In(1),
            "accumulate": In(1),
            "first": In(1),
            **operand_ports(plan, total),
            "o": Out(FlaggedLayout(total.total, total.flags)),
        }
        if total.initial is not None:
            ports["initial"] = In(shape_of(total.initial))
        super().__init__(ports | self._more())

    def _more(self) -> dict[str, Member]:
        """Further ports."""
        return {}

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        preload = self.total.initial is not None
        m.submodules.accumulator = accumulator = self._accumulator()
        m.d.comb += [
            accumulator.enable.eq(self.enable),
            accumulator.accumulate.eq(self.accumulate),
            accumulator.first.eq(self.first),
            accumulator.i.eq(self._step(m)),
            self.o.eq(accumulator.o),
        ]
        if preload:
            m.d.comb += accumulator.initial.eq(self.initial)
        return m

    def _accumulator(self) -> Accumulator | DigitSums:
        plan, total = self.plan, self.total
        if plan.apart:
            return DigitSums(
                plan.dot(total.pairs[0]).sums,
                -(-total.count // plan.lanes),
                total.total,
                total.flags,
                late=plan.late,
                levels=plan.tail,
                carry_save=plan.carry_save,
            )
        return Accumulator(
            self._addend,
            total.total,
            total.flags,
            preload=total.initial is not None,
            saturate=total.stage.saturates,
            segment=plan.segment,
            staggered=self._staggered,
            carry_save=plan.carry_save,
            late=plan.late,
        )

    @property
    def _addend(self) -> Range:
        found: Range = self.plan.addend(self.total)
        return found

    @property
    def _staggered(self) -> bool:
        """Whether a step's sum comes in segments."""
        return bool(self.plan.dot(self.total.pairs[0]).segment)

    def _step(self, m: Module) -> data.View:
        """The sum of a step's products over all pairs."""
        dots = [self._dot(m, number, pair) for number, pair in enumerate(self.total.pairs)]
        if self.plan.plain:
            return dots[0]
        step, value = self._addend, 0
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

    def _dot(self, m: Module, number: int, pair: Pair) -> data.View:
        """A pair's dot product, as late as the slowest."""
        read = [elements(m, self, self.plan, pair, side) for side in range(2)]
        return self._placed(m, number, self.plan.dot(pair), *read)

    def _placed(
        self,
        m: Module,
        number: int,
        datapath: Datapath,
        weight: data.View,
        activation: data.View,
    ) -> data.View:
        """The dot products of a datapath, as late as the slowest."""
        m.submodules[f"dot_{number}"] = dot = datapath.component()
        m.d.comb += [
            dot.enable.eq(self.enable),
            dot.weight.eq(weight),
            dot.activation.eq(activation),
        ]
        waits = self.plan.dot_latency - datapath.latency
        return delayed(m, self.enable, dot.o, waits, f"dot_{number}_late")


class ModalElement(ProcessingElement):
    """The sum of a step's products, of whichever mode it is, into one accumulator.

    Members
    -------
    mode : :py:`In(…)`
        That of the step whose dot products are there, a cycle before they are added; only if
        several datapaths make them.
    """

    plan: ModalPlan

    def _more(self) -> dict[str, Member]:
        return {} if self.plan.plain else {"mode": In(self.plan.mode_bits)}

    @property
    def _addend(self) -> Range:
        return self.plan.addend

    @property
    def _staggered(self) -> bool:
        return False

    def _step(self, m: Module) -> data.View:
        plan, units = self.plan, self.plan.units
        dots = []
        for number, unit in enumerate(units):
            read = (getattr(self, SIDES[side])[plan.key(side, number)] for side in range(2))
            dots.append(self._placed(m, number, unit.datapath, *read))
        if plan.plain:
            return dots[0]
        layout = FlaggedLayout(self._addend, self.total.flags)
        chosen = Signal(layout, name="chosen")
        with m.Switch(self.mode):
            for unit, dot in zip(units, dots, strict=True):
                # The last is that of any other number too, which is no mode.
                with m.Default() if unit is units[-1] else m.Case(*unit.modes):
                    m.d.comb += chosen.value.eq(dot.value)
                    for name in flag_names(unit.datapath.flags):
                        m.d.comb += chosen[name].eq(dot[name])
        register = Signal(layout, name="step", reset_less=True)
        with m.If(self.enable):
            m.d.sync += register.eq(chosen)
        return register


def _flag(dot: data.View, pair: Pair, name: str) -> Value | int:
    """A flag of a dot product as it enters the sum: a minus swaps the infinities."""
    swapped = {"positive": "negative", "negative": "positive"}
    source = swapped.get(name, name) if pair.sign < 0 else name
    return dot[source] if source in flag_names(pair.flags) else 0


def _any(flags: list[Value | int]) -> Value | int:
    value = flags[0]
    for other in flags[1:]:
        value = value | other
    return value
