# amaranth: UnusedElaboratable=no
"""What a systolic array is made of: edges where vectors enter, and cells that hand them on."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .array_plan import ArrayPlan
from .pe import SIDES, vector_layout
from .prepare import prepare
from .product import FlaggedLayout
from .scale.timing import delayed
from .shapes import member, shape_of
from .steps import element_of


def marks_layout(plan: ArrayPlan) -> data.StructLayout:
    """What travels with the weights: a step's sum enters the accumulators; it closes a group.

    Where steps take several cycles in some sums only, also that one begins; where there are several
    modes, the next step's, whose products come together a cycle before they are added.
    """
    mixed = len({plan.cycles_of(item) for item in plan.sums}) > 1
    more = ({"begins": 1} if mixed else {}) | ({"mode": plan.mode_bits} if plan.mode_bits else {})
    return data.StructLayout({"accumulate": 1, "close": 1} | more)


def hand_on(m: Module, component, name: str, value) -> None:
    """``value`` leaves by the port ``<name>_out`` a cycle with ``enable`` later."""
    port = getattr(component, f"{name}_out")
    register = Signal(port.shape(), name=f"{name}_register", reset_less=name != "marks")
    with m.If(component.enable):
        m.d.sync += register.eq(value)
    m.d.comb += port.eq(register)


class Edge(wiring.Component):
    """Where a row's weights or a column's activations enter: decodes and registers them.

    Parameters
    ----------
    plan : :class:`ArrayPlan`
        Formats and lanes.
    side : 0 for a row, 1 for a column.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    codes : :py:`In(plan.fed(…))`
        A step's codes.
    part, mode : :py:`In(…)`
        Which part of the step it is, and its mode; only where there are several.
    weight_out or activation_out : :py:`Out(vector_layout(…))`
        Its elements, a cycle later.
    marks, marks_out : :py:`In(marks_layout(…))`, :py:`Out(marks_layout(…))`
        The marks of the row, and a cycle later.
    """

    def __init__(self, plan: ArrayPlan, side: int):
        self.plan, self.side = plan, side
        self.vector = vector_layout(plan, side)
        ports = {
            "enable": In(1),
            "codes": In(plan.fed(side)),
            f"{SIDES[side]}_out": Out(self.vector),
        }
        if side == 0:
            marks = marks_layout(plan)
            ports |= {"marks": In(marks), "marks_out": Out(marks)}
        if plan.cycles > 1:
            ports["part"] = In(range(plan.cycles))
        if plan.mode_bits:
            ports["mode"] = In(plan.mode_bits)
        super().__init__(ports)

    def elaborate(self, platform):
        m = Module()
        if self.side == 0:
            hand_on(m, self, "marks", self.marks)
        decoded = Signal(self.vector)
        told = {
            what: getattr(self, what) if what in self.signature.members else Const(0, 0)
            for what in ("part", "mode")
        }
        found = prepare(m, self.plan, self.side, 0, self.codes, self.enable, told)
        m.d.comb += [decoded[key].eq(elements) for key, elements in found.items()]
        hand_on(m, self, SIDES[self.side], decoded)
        return m


class Cell(wiring.Component):
    """The elements of a place, and registers for what its neighbours take a cycle later.

    A step's ``marks`` arrive ``plan.step_latency`` enabled cycles after its operands. Which
    sum starts a group is found here: the one after a close.

    Parameters
    ----------
    plan : :class:`ArrayPlan`
        Formats, lanes and latencies.
    numbers : indexes of the sums formed here.
    passing : whether all planes pass by and are handed on; else only what the sums read arrives.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    marks, weight, activation : :py:`In(marks_layout(…))`, :py:`In(vector_layout(…))`
        What arrives.
    marks_out, weight_out, activation_out : :py:`Out(…)`
        The same, a cycle later; only if ``passing``.
    initial : :py:`In(…)`
        What the sum starts from, where the arithmetic preloads.
    sums : :py:`Out(StructLayout({number: FlaggedLayout(…)}))`
        The sums so far.
    complete : :py:`Out(1)`
        They are sums of whole groups, until the next step is added.
    """

    def __init__(self, plan: ArrayPlan, numbers: Sequence[int], *, passing: bool):
        self.plan, self.numbers, self.passing = plan, tuple(numbers), passing
        self.elements = {number: element_of(plan, plan.sums[number]) for number in numbers}
        self.arriving = {"marks": marks_layout(plan)}
        for side, name in enumerate(SIDES):
            read = None if passing else [plan.sums[number] for number in numbers]
            self.arriving[name] = vector_layout(plan, side, read)
        sums = {}
        ports = {"enable": In(1), "complete": Out(1)}
        for number in numbers:
            item = plan.sums[number]
            sums[str(number)] = FlaggedLayout(item.total, item.flags)
            if item.initial is not None:
                ports["initial"] = In(shape_of(item.initial))
        ports["sums"] = Out(data.StructLayout(sums))
        for name, layout in self.arriving.items():
            ports[name] = In(layout)
            if passing:
                ports[f"{name}_out"] = Out(layout)
        super().__init__(ports)

    def elaborate(self, platform):
        m = Module()
        for name in self.arriving if self.passing else ():
            hand_on(m, self, name, getattr(self, name))

        # After a close the sums are complete, and the next step starts new ones.
        first = Signal(init=1)
        with m.If(self.enable & self.marks.accumulate):
            m.d.sync += first.eq(self.marks.close)
        complete = delayed(m, self.enable, first, self.plan.late, "complete", reset=True)
        m.d.comb += self.complete.eq(complete)

        for number, element in self.elements.items():
            m.submodules[f"sum_{number}"] = element
            m.d.comb += [
                element.enable.eq(self.enable),
                element.accumulate.eq(self._accumulates(number)),
                element.first.eq(first),
                self.sums[str(number)].eq(element.o),
            ]
            for side, name in enumerate(SIDES):
                for key in self.plan.inputs(side, [self.plan.sums[number]]):
                    m.d.comb += getattr(element, name)[key].eq(getattr(self, name)[key])
            if "mode" in element.signature.members:
                m.d.comb += element.mode.eq(self.marks.mode)
            if self.plan.sums[number].initial is not None:
                m.d.comb += element.initial.eq(self.initial)
        return m

    def _accumulates(self, number: int) -> Value:
        """Whether a sum takes what there is; one whose steps take a single cycle, once a step."""
        single = self.plan.cycles_of(self.plan.sums[number]) == 1
        begins = member(self.marks, "begins") if single and self.plan.cycles > 1 else Const(1, 1)
        return self.marks.accumulate & begins
