"""Takes all sums of a group at once and hands them to the scale units one after the other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from ..arith.blueprint import Blueprint
from ..arith.timing import delayed
from ..plan.layouts import sums_layout as group_layout
from ..plan.path import Sharing
from ..plan.plan import Plan
from ..plan.streams import payload_layout, stream_called
from ..plan.terms import span_groups
from .chain import ChainMarks
from .choose import choose, registers
from .term import scales_layout, sums_layout


class Drain(Blueprint):
    """Copies a group's sums and walks over them, row by row, ``shared.units`` at a time.

    The array goes on at once. A group's scales stay on their stream until its last sum is taken;
    those that were there for its first sums count as there for the others.
    Latency is ``latency`` cycles with ``enable`` from the copy to the first sums at the output;
    throughput as :class:`Sharing` has it.

    Parameters
    ----------
    plan : :class:`Plan`
        The array's sums.
    shared : :class:`Sharing`
        The units and their order.

    Members
    -------
    enable : :py:`In(1)`
        What comes after moves.
    room : :py:`In(1)`
        A reduction may start.
    group : :py:`In(stream.Signature(…))`
        The array's sums.
    scale : :py:`In(stream.Signature(…))`
        The group's scales, if there are any.
    starts : :py:`Out(1)`
        The first sums of a reduction leave for the multiplexers.
    marks : :py:`Out(Marks(shared))`
        What the sums are.
    sums : :py:`Out(ArrayLayout(sums_layout(plan), units))`
        The sums of a row and column for each unit.
    scales : :py:`Out(ArrayLayout(scales_layout(…), units))`
        Their scales.
    """

    def __init__(self, plan: Plan, shared: Sharing):
        self.plan, self.shared = plan, shared
        self.stream = stream_called(plan, "scale")
        ports = {
            "enable": In(1),
            "room": In(1),
            "group": In(stream.Signature(group_layout(plan))),
            "starts": Out(1),
            "marks": Out(ChainMarks(shared)),
            "sums": Out(data.ArrayLayout(sums_layout(plan), shared.units)),
        }
        if self.stream is not None:
            ports["scale"] = In(stream.Signature(payload_layout(self.stream)))
            layout = scales_layout(plan.levels("group"))
            ports["scales"] = Out(data.ArrayLayout(layout, shared.units))
        super().__init__(ports)

    @property
    def latency(self) -> int:
        """The copy, and the multiplexers' registers."""
        return 1 + registers(self.shared.slots)

    def build(self, m: Module, io: Any) -> None:
        busy, go, step, closes = Signal(), Signal(), Signal(), Signal()
        first, final = Signal(init=1), Signal(reset_less=True)
        counters = self._counters(m, step)
        start = first & counters.begins
        there = io.scale.valid | ~counters.begins if self.stream is not None else Const(1, 1)
        m.d.comb += [
            go.eq(busy & there & (io.room | ~start) & ~self._waits(m, io, step, closes, counters)),
            step.eq(go & io.enable),
            io.starts.eq(step & start),
        ]

        # The copy, taken as the last sums of the one before leave.
        held = Signal(io.group.payload.shape(), reset_less=True)
        # Where they are not its first, too, they wait for nothing but what comes after: no scales,
        # no room. So fewer LUTs stand before ``ready`` than before a step.
        leaves = step if self.shared.slots == 1 else io.enable
        m.d.comb += io.group.ready.eq(~busy | (leaves & counters.ends))
        with m.If(step & counters.ends):
            m.d.sync += [busy.eq(0), first.eq(final)]
        with m.If(io.group.ready):
            m.d.sync += [
                busy.eq(io.group.valid),
                held.eq(io.group.payload),
                final.eq(io.group.payload.last),
            ]
        if self.stream is not None:
            m.d.comb += io.scale.ready.eq(step & counters.ends)
        self._mark(m, io, step, go, final, closes, counters)
        self._choose_all(m, io, held, counters.outer, counters.inner)

    def _counters(self, m: Module, step: Value) -> SimpleNamespace:
        """Where the walk stands: columns fastest, then rows, then terms.

        Besides ``outer``, ``inner``, ``term`` and ``slot``, registered for what waits for them:
        ``begins`` and ``ends`` of the group, ``opens`` and ``passed``: the first and the last slot
        of a term.
        """
        shared = self.shared
        found = SimpleNamespace(
            outer=Signal(range(max(shared.outer, 2)), name="outer"),
            inner=Signal(range(max(shared.inner, 2)), name="inner"),
            term=Signal(range(max(shared.terms, 2)), name="term"),
            slot=Signal(range(max(shared.slots, 2)), name="slot"),
            begins=Signal(name="begins", init=1),
            ends=Signal(name="ends", init=shared.slots * shared.terms == 1),
            opens=Signal(name="opens", init=1),
            passed=Signal(name="passed", init=shared.slots == 1),
        )
        last_term = found.term == shared.terms - 1
        with m.If(step):
            m.d.sync += [
                found.inner.eq(found.inner + 1),
                found.slot.eq(found.slot + 1),
                found.begins.eq(found.ends),
                found.opens.eq(found.passed),
            ]
            with m.If(found.inner == shared.inner - 1):
                m.d.sync += [found.inner.eq(0), found.outer.eq(found.outer + 1)]
            with m.If(found.passed):
                m.d.sync += [found.outer.eq(0), found.slot.eq(0)]
                m.d.sync += found.term.eq(Mux(last_term, 0, found.term + 1))
            if shared.slots > 1:
                nearly = found.slot == shared.slots - 2
                m.d.sync += [found.passed.eq(nearly), found.ends.eq(nearly & last_term)]
            elif shared.terms > 1:
                m.d.sync += found.ends.eq(found.term == shared.terms - 2)
        return found

    def _waits(
        self, m: Module, io: Any, step: Value, closes: Value, counters: SimpleNamespace
    ) -> Value:
        """Whether a pass that brings addends is too early: ``shared.apart`` cycles after the last
        such pass, all addends of that one are in their sums."""
        wait = self.shared.apart - self.shared.slots
        if wait <= 0:
            return Const(0, 1)
        left = Signal(range(wait + 1), name="left")
        with m.If(io.enable & (left != 0)):
            m.d.sync += left.eq(left - 1)
        with m.If(step & counters.passed & closes):
            m.d.sync += left.eq(wait)
        return (left != 0) & counters.opens & closes

    def _mark(
        self,
        m: Module,
        io: Any,
        step: Value,
        go: Value,
        final: Value,
        closes: Signal,
        counters: SimpleNamespace,
    ) -> None:
        """The marks of this slot, delayed as the sums are."""
        marks = Signal(ChainMarks(self.shared), name="now")
        opens, ends_span = self._span(m, step & counters.ends, final)
        m.d.comb += closes.eq(ends_span)
        ends = step & counters.ends & final
        bank, partial, wrapped = self._partials(m, step & counters.passed & closes, ends)
        m.d.comb += [
            marks.valid.eq(go),
            marks.term.eq(counters.term),
            marks.open.eq(opens),
            marks.close.eq(closes),
            marks.first.eq(~wrapped),
            marks.final.eq(final),
            marks.last.eq(counters.ends),
            marks.slot.eq(counters.slot),
            marks.partial.eq(partial),
            marks.bank.eq(bank),
        ]
        cycles = self.latency - 1
        for name in marks.shape().members:
            late = delayed(m, io.enable, marks[name], cycles, f"mark_{name}", reset=name == "valid")
            m.d.comb += io.marks[name].eq(late)

    def _span(self, m: Module, passed: Value, final: Value) -> tuple[Value, Value]:
        """Whether this group is the first, the last of a span of the stage before the last."""
        groups = span_groups(self.plan.arithmetic)
        if groups == 1:
            return Const(1, 1), Const(1, 1)
        count = Signal(range(groups), name="group_in_span")
        closes = Signal(name="closes")
        m.d.comb += closes.eq(final | (count == groups - 1))
        with m.If(passed):
            m.d.sync += count.eq(Mux(closes, 0, count + 1))
        return count == 0, closes

    def _partials(self, m: Module, passed: Value, ends: Value) -> tuple[Value, Value, Value]:
        """The bank, the partial sum that takes this addend, and whether it has taken one before."""
        shared = self.shared
        bank = Signal(range(max(shared.banks, 2)), name="bank")
        partial = Signal(range(max(shared.partials, 2)), name="partial")
        wrapped = Signal(name="wrapped")
        with m.If(passed):
            m.d.sync += partial.eq(partial + 1)
            with m.If(partial == shared.partials - 1):
                m.d.sync += [partial.eq(0), wrapped.eq(1)]
        with m.If(ends):
            m.d.sync += [partial.eq(0), wrapped.eq(0)]
            if shared.banks > 1:
                m.d.sync += bank.eq(bank + 1)
        return bank, partial, wrapped

    def _choose_all(self, m: Module, io: Any, held: data.View, outer: Value, inner: Value) -> None:
        """Each unit's sums and scales, by multiplexers."""
        shared, cycles = self.shared, self.latency - 1
        for unit in range(shared.units):
            slots = [
                [shared.slot(unit, o, i) for i in range(shared.inner)] for o in range(shared.outer)
            ]
            for number, item in enumerate(self.plan.sums):
                keys = [[item.index(*slot, shared.cols) for slot in row] for row in slots]
                given, name = held[str(number)], f"sum_{unit}_{number}"
                chosen = choose(m, io.enable, cycles, given, keys, (outer, inner), name)
                m.d.comb += io.sums[unit][str(number)].eq(chosen)
            for field in self.stream.fields if self.stream else ():
                assert field.side is not None
                one = field.count == 1
                keys = [[0 if one else slot[field.side] for slot in row] for row in slots]
                codes = io.scale.payload[field.name]
                name = f"scale_{unit}_{field.name}"
                chosen = choose(m, io.enable, cycles, codes, keys, (outer, inner), name)
                m.d.comb += io.scales[unit][field.name].eq(chosen)
