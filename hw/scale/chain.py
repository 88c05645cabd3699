"""One accumulator of a scale unit, from a group's sums to the sum over groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.flags import Reachable
from ...golden.formats import Minifloat
from ...golden.terms import late
from ..arith.blueprint import Blueprint
from ..arith.product import FlaggedLayout
from ..arith.timing import delayed, select
from ..plan.path import Sharing
from ..plan.plan import Plan
from ..plan.terms import NO_FLAGS, AccumulatorPlan
from .accumulate import ExactAccumulator
from .addend import Addend, ExactAddend, FloatAddend, FloatSum
from .exact_sum import exact_sum, sum_exact
from .float_accumulate import FloatAccumulator, FloatSingle
from .term import scales_layout, sums_layout


class ChainMarks(data.StructLayout):
    """What travels beside the sums of a row and column.

    Members: ``valid``; ``term`` whose turn it is; ``open`` and ``close``: the group starts, ends a
    span of the stage before the last; ``first``: the addend starts its partial sum; ``final``: the
    group ends the reduction; ``last``: nothing of the group follows; ``slot`` of the sum within
    the unit; ``partial`` sum and ``bank`` that it goes to.
    """

    def __init__(self, shared: Sharing):
        super().__init__(
            {
                "valid": 1,
                "term": max((shared.terms - 1).bit_length(), 1),
                "open": 1,
                "close": 1,
                "first": 1,
                "final": 1,
                "last": 1,
                "slot": max((shared.slots - 1).bit_length(), 1),
                "partial": max((shared.partials - 1).bit_length(), 1),
                "bank": max((shared.banks - 1).bit_length(), 1),
            }
        )


def value_layout(value: Range | Minifloat, flags: Reachable) -> FlaggedLayout | int:
    """How a sum travels: an integer with its flags, or a float's code."""
    return FlaggedLayout(value, flags) if isinstance(value, Range) else value.bits


def rounded_at_once(plan: Plan, item: AccumulatorPlan, shared: Sharing) -> Minifloat | None:
    """The format to which a single scaled addend can be rounded where it is scaled; None if not."""
    stage, output = plan.arithmetic.accumulate[-1], plan.arithmetic.output.format
    single = shared.alone and len(item.terms) == 1 and stage.rule == "exact"
    if not single or not item.terms[0].scales or output is None or not output.has_nan:
        return None
    target = plan.arithmetic.working if late(plan.arithmetic) else output
    return target if isinstance(target, Minifloat) and target.signed else None


class Chain(Blueprint):
    """Scales a group's sums and adds them up over the groups.

    Latency is ``latency`` cycles with ``enable``, throughput one row and column a cycle.

    Parameters
    ----------
    plan : :class:`Plan`
        The array's sums.
    item : :class:`AccumulatorPlan`
        What is accumulated.
    shared : :class:`Sharing`
        How many sums a unit keeps.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    sums, scales : as of :class:`Addend`.
    marks : :py:`In(Marks(shared))`
        What to do with them.
    o : :py:`Out(value_layout(self.value, self.flags))`
        The sum with the addend in it.
    read_address, read : further sums, at once; only where ``shared.collected``.
    """

    def __init__(self, plan: Plan, item: AccumulatorPlan, shared: Sharing):
        self.plan, self.item, self.shared = plan, item, shared
        stage = plan.arithmetic.accumulate[-1]
        self.floating = stage.rule in ("fp", "aligned")
        reads = shared.collected
        self.value: Range | Minifloat
        self.addends: Sequence[Addend]
        self.accumulator: ExactAccumulator | FloatAccumulator | FloatSingle
        if stage.rule == "aligned":
            assert isinstance(stage.format, Minifloat)
            self.value, self.flags = stage.format, NO_FLAGS
            self.addends = [FloatSum(plan, item.terms[0])]
            self.accumulator = FloatSingle(stage.format)
        elif (fmt := rounded_at_once(plan, item, shared)) is not None:
            # A single exact addend is rounded as its scales are applied: the same bits for less.
            self.floating = True
            self.value, self.flags = fmt, NO_FLAGS
            saturate = plan.arithmetic.output.saturates and fmt == plan.arithmetic.output.format
            self.addends = [
                FloatAddend(plan, item.terms[0], shared, fmt, saturate=saturate, exact=True)
            ]
            self.accumulator = FloatSingle(fmt)
        elif self.floating:
            assert isinstance(stage.format, Minifloat)
            self.value, self.flags = stage.format, NO_FLAGS
            self.addends = [FloatAddend(plan, t, shared, stage.format) for t in item.terms]
            self.accumulator = FloatAccumulator(stage.format, shared.depth, reads=reads)
        else:
            assert item.total is not None
            self.value, self.flags = item.total, item.flags
            self.addends = exact = [ExactAddend(plan, term) for term in item.terms]
            bounds, flags = exact_sum(exact)
            several = len(exact) > 1
            if several:  # their sum comes in segments of the accumulator's unit and width
                bounds = bounds + Range(item.total.lsb, 0, 0) if stage.saturates else item.total
            self.accumulator = ExactAccumulator(
                bounds,
                item.total,
                flags,
                item.flags,
                shared.depth,
                reads=reads,
                saturate=stage.saturates,
                staggered=several,
            )
        self.front = max(addend.latency for addend in self.addends)
        ports = {
            "enable": In(1),
            "sums": In(sums_layout(plan)),
            "marks": In(ChainMarks(shared)),
            "o": Out(value_layout(self.value, self.flags)),
        }
        if levels := plan.levels("group"):
            ports["scales"] = In(scales_layout(levels))
        if reads:
            ports["read_address"] = In(range(max(shared.depth, 2)))
            ports["read"] = Out(value_layout(self.value, self.flags))
        super().__init__(ports)

    @property
    def before(self) -> int:
        """Cycles until an addend reaches the accumulator."""
        return self.front + (len(self.addends) > 1 and not self.floating)

    @property
    def latency(self) -> int:
        return self.before + self.accumulator.latency

    def build(self, m: Module, io: Any) -> None:
        values = [self._addend(m, io, index) for index in range(len(self.addends))]
        m.submodules.accumulator = accumulator = self.accumulator.component()
        m.d.comb += [
            accumulator.enable.eq(io.enable),
            accumulator.i.eq(self._merged(m, io, values)),
            io.o.eq(accumulator.o),
        ]
        if self.shared.collected:
            m.d.comb += [
                accumulator.read_address.eq(io.read_address),
                io.read.eq(accumulator.read),
            ]
        self._slot(m, io, accumulator.slot)

    def _addend(self, m: Module, io: Any, index: int) -> Value:
        """A term with its scales."""
        found = self.addends[index]
        m.submodules[f"addend_{index}"] = addend = found.component()
        m.d.comb += [addend.enable.eq(io.enable), addend.sums.eq(io.sums)]
        if self.plan.levels("group"):
            m.d.comb += addend.scales.eq(io.scales)
        if isinstance(found, FloatAddend) and found.inner is not None:
            m.d.comb += [
                addend.slot.valid.eq(io.marks.valid & (io.marks.term == index)),
                addend.slot.first.eq(io.marks.open),
                addend.slot.address.eq(io.marks.slot),
            ]
        return addend.o

    def _merged(self, m: Module, io: Any, values: list[Value]) -> Value:
        """The addend: the sum of exact ones, or the float whose turn it is."""
        values = [
            delayed(m, io.enable, value, self.front - addend.latency, f"term_{index}")
            for index, (value, addend) in enumerate(zip(values, self.addends, strict=True))
        ]
        if len(values) == 1:
            return values[0]
        if isinstance(self.accumulator, ExactAccumulator):
            exact = [addend for addend in self.addends if isinstance(addend, ExactAddend)]
            into = self.accumulator
            return sum_exact(m, io.enable, exact, values, into.addend, into.segments)
        return select(m, values, delayed(m, io.enable, io.marks.term, self.front, "turn"))

    def _slot(self, m: Module, io: Any, slot: data.View) -> None:
        """The marks, as late as the addend, or as early as the accumulator wants them."""
        marks = Signal(ChainMarks(self.shared), name="late")
        valid = io.marks.valid & io.marks.close
        if len(self.addends) < self.shared.terms:
            valid = valid & (io.marks.term < len(self.addends))
        cycles = self.before - self.accumulator.early
        late = {
            name: delayed(m, io.enable, io.marks[name], cycles, name)
            for name in ("first", "slot", "partial", "bank")
        }
        late["valid"] = delayed(m, io.enable, valid, cycles, "valid", reset=True)
        m.d.comb += [marks[name].eq(value) for name, value in late.items()]
        m.d.comb += [
            slot.valid.eq(marks.valid),
            slot.first.eq(marks.first),
            slot.address.eq(self.shared.address(marks.slot, marks.partial, marks.bank)),
        ]
