"""What a systolic array is made of: edges where vectors enter, and cells that hand them on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.data import Layout
from amaranth.lib.wiring import In, Out

from ..arith.partial_word import PartialWord
from ..arith.product import FlaggedLayout
from ..arith.shapes import member, shape_of
from ..arith.sums import Sum
from ..arith.timing import delayed
from ..datapaths import Blocks
from ..plan.array_plan import ArrayPlan
from ..plan.joining import loop_of
from ..plan.layouts import SIDES
from ..plan.plan import Plan
from .prepare import prepare
from .steps import element_of

#: What a tile reads of the elements of its rows or columns.
WORDS = "words"


def passed_layout(
    plan: ArrayPlan, side: int, items: Iterable[Sum] | None = None
) -> data.StructLayout:
    """What sums of a cell read of a step: of each of its rows or columns, by plane and form.

    Those whose products share blocks read words, made of all rows or columns together.
    """
    found = {}
    for item in plan.sums if items is None else items:
        blocks = plan.blocks(item)
        if blocks is not None:
            found[WORDS] = blocks.words_layout(side)
            continue
        for key, read in plan.inputs(side, [item]).items():
            found[key] = data.ArrayLayout(read.form.layouts, plan.tile[side])
    return data.StructLayout(dict(sorted(found.items())))


def marks_layout(plan: ArrayPlan) -> data.StructLayout:
    """What travels with the weights: a step's sum enters the accumulators; it closes a group.

    Where steps take several cycles in some sums only, also that one begins; where there are several
    modes, the next step's, whose products come together a cycle before they are added.
    """
    mixed = len({plan.cycles_of(item) for item in plan.sums}) > 1
    more = ({"begins": 1} if mixed else {}) | ({"mode": plan.mode_bits} if plan.mode_bits else {})
    return data.StructLayout({"accumulate": 1, "close": 1} | more)


def _held(plan: ArrayPlan, item: Sum) -> Layout:
    """What a sum gives: itself, or that of its parts which is read."""
    if plan.joining is None:
        return FlaggedLayout(item.total, item.flags)
    assert isinstance(plan, Plan)
    return PartialWord(loop_of(plan, item).plan)


def read_address(plan: ArrayPlan) -> range:
    """Where parts of sums can be read."""
    assert isinstance(plan, Plan)
    return range(loop_of(plan, plan.sums[0]).depth)


def hand_on(m: Module, component: wiring.Component, name: str, value: Value) -> None:
    """``value`` leaves by the port ``<name>_out`` a cycle with ``enable`` later."""
    port = getattr(component, f"{name}_out")
    register = Signal(port.shape(), name=f"{name}_register", reset_less=name != "marks")
    with m.If(component.enable):
        m.d.sync += register.eq(value)
    m.d.comb += port.eq(register)


class Edge(wiring.Component):
    """Where weights of a cell's rows or activations of its columns enter: decodes, registers them.

    Parameters
    ----------
    plan : :class:`ArrayPlan`
        Formats and lanes.
    side : 0 for rows, 1 for columns.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    codes : :py:`In(ArrayLayout(plan.fed(…), …))`
        A step's codes of each row or column.
    part, mode : :py:`In(…)`
        Which part of the step it is, and its mode; only where there are several.
    weight_out or activation_out : :py:`Out(passed_layout(…))`
        What sums read of them, a cycle later.
    marks, marks_out : :py:`In(marks_layout(…))`, :py:`Out(marks_layout(…))`
        The marks of the rows, and a cycle later.
    """

    def __init__(self, plan: ArrayPlan, side: int):
        self.plan, self.side = plan, side
        self.passed = passed_layout(plan, side)
        ports = {
            "enable": In(1),
            "codes": In(data.ArrayLayout(plan.fed(side), plan.tile[side])),
            f"{SIDES[side]}_out": Out(self.passed),
        }
        if side == 0:
            marks = marks_layout(plan)
            ports |= {"marks": In(marks), "marks_out": Out(marks)}
        if plan.cycles > 1:
            ports["part"] = In(range(plan.cycles))
        if plan.mode_bits:
            ports["mode"] = In(plan.mode_bits)
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        if self.side == 0:
            hand_on(m, self, "marks", self.marks)
        decoded = Signal(self.passed)
        told = {
            what: getattr(self, what) if what in self.signature.members else Const(0, 0)
            for what in ("part", "mode")
        }
        vectors = [
            prepare(m, self.plan, self.side, index, self.codes[index], self.enable, told)
            for index in range(self.plan.tile[self.side])
        ]
        for key in self.passed.members:
            found = self._words(vectors) if key == WORDS else (vector[key] for vector in vectors)
            m.d.comb += [decoded[key][n].eq(value) for n, value in enumerate(found)]
        hand_on(m, self, SIDES[self.side], decoded)
        return m

    def _words(self, vectors: list[dict[str, Any]]) -> Iterator[Value]:
        """What a tile reads of all vectors, lane by lane."""
        for item in self.plan.sums:
            if (blocks := self.plan.blocks(item)) is not None:
                [key] = self.plan.inputs(self.side, [item])
                yield from blocks.words([vector[key] for vector in vectors], self.side)


class Cell(wiring.Component):
    """The sums at a position of the grid, and registers for what its neighbours take a cycle later.

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
    marks, weight, activation : :py:`In(marks_layout(…))`, :py:`In(passed_layout(…))`
        What arrives.
    marks_out, weight_out, activation_out : :py:`Out(…)`
        The same, a cycle later; only if ``passing``.
    initial : :py:`In(…)`
        What the sum starts from, where the arithmetic preloads.
    sums : :py:`Out(StructLayout({number: ArrayLayout(FlaggedLayout(…), …)}))`
        The sums so far; of several rows and columns row by row.
    complete : :py:`Out(1)`
        They are sums of whole groups, until the next step is added.
    """

    def __init__(self, plan: ArrayPlan, numbers: Sequence[int], *, passing: bool):
        self.plan, self.numbers, self.passing = plan, tuple(numbers), passing
        self.arriving = {"marks": marks_layout(plan)}
        for side, name in enumerate(SIDES):
            read = None if passing else [plan.sums[number] for number in numbers]
            self.arriving[name] = passed_layout(plan, side, read)
        sums = {}
        ports = {"enable": In(1), "complete": Out(1)}
        for number in numbers:
            item = plan.sums[number]
            sums[str(number)] = data.ArrayLayout(_held(plan, item), item.instances(*plan.tile))
            if item.initial is not None:
                ports["initial"] = In(shape_of(item.initial))
        if plan.joining is not None:
            ports["read_address"] = In(read_address(plan))
        ports["sums"] = Out(data.StructLayout(sums))
        for name, layout in self.arriving.items():
            ports[name] = In(layout)
            if passing:
                ports[f"{name}_out"] = Out(layout)
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        for name in self.arriving if self.passing else ():
            hand_on(m, self, name, getattr(self, name))

        # After a close the sums are complete, and the next step starts new ones.
        first = Signal(init=1)
        with m.If(self.enable & self.marks.accumulate):
            m.d.sync += first.eq(self.marks.close)
        complete = delayed(m, self.enable, first, self.plan.late, "complete", reset=True)
        m.d.comb += self.complete.eq(complete)

        for number in self.numbers:
            blocks = self.plan.blocks(self.plan.sums[number])
            form = self._elements(m, number) if blocks is None else self._tile(m, number, blocks)
            for element in form:
                m.d.comb += [
                    element.enable.eq(self.enable),
                    element.accumulate.eq(self._accumulates(number)),
                    element.first.eq(first),
                ]
        return m

    def _elements(self, m: Module, number: int) -> Iterator[wiring.Component]:
        """An element for each sum, fed with what it reads."""
        plan, item, sums = self.plan, self.plan.sums[number], self.sums[str(number)]
        rows, cols = plan.tile
        for row in range(rows if item.per_row else 1):
            for col in range(cols if item.per_col else 1):
                index = item.index(row, col, cols)
                element = element_of(plan, item)
                m.submodules[f"sum_{number}" + f"_{index}" * (len(sums) > 1)] = element
                m.d.comb += sums[index].eq(element.o)
                for side, (name, vector) in enumerate(zip(SIDES, (row, col), strict=True)):
                    for key in plan.inputs(side, [item]):
                        passed = getattr(self, name)[key]
                        m.d.comb += getattr(element, name)[key].eq(passed[vector])
                if "mode" in element.signature.members:
                    m.d.comb += element.mode.eq(self.marks.mode)
                if plan.joining is not None:
                    m.d.comb += element.read_address.eq(self.read_address)
                if item.initial is not None:
                    m.d.comb += element.initial.eq(self.initial)
                yield element

    def _tile(self, m: Module, number: int, blocks: Blocks) -> Iterator[wiring.Component]:
        """All sums in one tile. What it reads waits where other sums take longer."""
        plan = self.plan
        tile = blocks.tile_of(plan.sums[number], plan.segment, plan.late)
        m.submodules[f"sum_{number}"] = tile
        for name in SIDES:
            words, waits = getattr(self, name)[WORDS], plan.dot_latency - blocks.latency
            late = delayed(m, self.enable, words.as_value(), waits, f"{name}_words")
            m.d.comb += getattr(tile, name).eq(late)
        sums = self.sums[str(number)]
        if plan.joining is not None:
            m.d.comb += tile.read_address.eq(self.read_address)
            m.d.comb += [sums[index].eq(tile.o[index]) for index in range(len(sums))]
        else:
            m.d.comb += [sums[index].value.eq(tile.o[index]) for index in range(len(sums))]
        yield tile

    def _accumulates(self, number: int) -> Value:
        """Whether a sum takes what there is; one whose steps take a single cycle, once a step."""
        single = self.plan.cycles_of(self.plan.sums[number]) == 1
        begins = member(self.marks, "begins") if single and self.plan.cycles > 1 else Const(1, 1)
        return self.marks.accumulate & begins
