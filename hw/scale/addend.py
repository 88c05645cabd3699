"""From a group's sums to one addend: a term with all its scales, exact or rounded once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from amaranth.hdl import Cat, Module, ShapeLike, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Member, Out

from ...golden.bounds import Range
from ...golden.formats import Minifloat
from ...golden.terms import Sided
from ..arith.blueprint import Blueprint
from ..arith.product import flag_names
from ..arith.timing import delayed
from ..fp import FloatToFloat, IntegerToFloat, ScaleToFloat
from ..fp.pipeline import Pipelined
from ..fp.product import FloatProduct
from ..fp.unpack import unpack
from ..plan.path import Sharing
from ..plan.plan import Plan
from ..plan.terms import TermPlan, span_groups
from .accumulate import ExactAccumulator, Slot
from .exact import ExactScale, InvertedLayout
from .term import TermSum, scale_name, scales_layout, sums_layout


class Addend(Blueprint):
    """What both kinds of addend have in common: the term before its float scales.

    Latency is ``latency`` cycles in which ``enable`` is high, throughput one addend a cycle.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    sums : :py:`In(sums_layout(plan))`
        A group's sums for one row and column.
    scales : :py:`In(scales_layout(plan.levels("group")))`
        Their scales; only where there are any.
    o : the addend.
    """

    def __init__(
        self,
        plan: Plan,
        term: TermPlan,
        result: ShapeLike,
        ports: Mapping[str, Member] | None = None,
    ):
        self.plan, self.term = plan, term
        self.total = TermSum(plan, term)
        members = {"enable": In(1), "sums": In(sums_layout(plan)), "o": Out(result)}
        if levels := plan.levels("group"):
            members["scales"] = In(scales_layout(levels))
        super().__init__({**members, **(ports or {})})

    def sum_up(self, m: Module, io: Any) -> data.View:
        """The term, ``self.total.latency`` cycles later."""
        m.submodules.total = total = self.total.component()
        m.d.comb += [total.enable.eq(io.enable), total.sums.eq(io.sums)]
        for scale in self.total.levels:
            name = scale_name(scale)
            m.d.comb += total.scales[name].eq(io.scales[name])
        return total.o

    def code(self, m: Module, io: Any, scale: Sided, cycles: int) -> Value:
        """A float scale's code, ``cycles`` later."""
        name = scale_name(scale)
        return delayed(m, io.enable, io.scales[name], cycles, name)


class ExactAddend(Addend):
    """A term times its float scales, as an integer; members as of :class:`Addend`.

    ``o`` is an :class:`InvertedLayout`.
    """

    def __init__(self, plan: Plan, term: TermPlan):
        raw = plan.arithmetic.output.format is None
        self.scale = ExactScale(term.range, term.flags, term.scales, zeroed=raw)
        self.range, self.flags = self.scale.range, self.scale.result_flags
        super().__init__(plan, term, InvertedLayout(self.range, self.flags))

    @property
    def latency(self) -> int:
        return self.total.latency + self.scale.latency

    def build(self, m: Module, io: Any) -> None:
        m.submodules.scale = scale = self.scale.component()
        m.d.comb += [
            scale.enable.eq(io.enable),
            scale.i.eq(self.sum_up(m, io)),
            io.o.eq(scale.o),
        ]
        for item in self.term.scales:
            code = self.code(m, io, item, self.total.latency)
            m.d.comb += scale.scales[scale_name(item)].eq(code)


class FloatAddend(Addend):
    """A term, summed over the groups of a span, times its float scales: rounded once.

    Members as of :class:`Addend`; ``o`` is a code of ``format``. ``slot`` tells, where a span has
    several groups, which of them starts it. With ``exact``, a product that is zero is +0, as an
    integer's is. ``saturate`` as of :class:`ScaleToFloat`.
    """

    def __init__(
        self,
        plan: Plan,
        term: TermPlan,
        shared: Sharing,
        format: Minifloat,
        *,
        saturate: bool = False,
        exact: bool = False,
    ):
        self.groups, self.saturate, self.exact = span_groups(plan.arithmetic), saturate, exact
        self.scale_levels = term.scales
        self.block = self._block(plan, term, format).staged()
        self.inner: ExactAccumulator | None = None
        ports: dict[str, Member] = {}
        if self.groups > 1:
            self.inner = ExactAccumulator(
                term.range, self._values(plan, term), term.flags, term.flags, shared.slots
            )
            ports["slot"] = In(Slot(shared.slots))
        super().__init__(plan, term, format.bits, ports)

    def _values(self, plan: Plan, term: TermPlan) -> Range:
        """Bounds of a span's sum; an integer stage wraps it."""
        stage = plan.stage
        if stage.rule == "int" and stage.format is not None:
            return Range(term.range.lsb, stage.format.low, stage.format.high)
        return term.range.times(self.groups)

    def _block(self, plan: Plan, term: TermPlan, format: Minifloat) -> Pipelined:
        """What applies the scales and rounds."""
        formats = tuple(cast(Minifloat, level.format) for _, level in term.scales)
        if plan.aligned:
            source = plan.stage.format
            assert isinstance(source, Minifloat)
            if not formats:
                return FloatToFloat(source, format)
            return FloatProduct(source, formats, format, rows=True)
        values = self._values(plan, term)
        if not formats:
            return IntegerToFloat(values, format, term.flags)
        return ScaleToFloat(values, formats, format, term.flags, saturate=self.saturate, rows=True)

    @property
    def before(self) -> int:
        """Cycles until the span's sum is there."""
        if self.plan.aligned:
            return 0
        return self.total.latency + (self.inner.latency if self.inner else 0)

    @property
    def latency(self) -> int:
        return self.before + self.block.latency

    def build(self, m: Module, io: Any) -> None:
        m.submodules.block = block = self.block.component()
        m.d.comb += [block.enable.eq(io.enable), io.o.eq(block.o)]
        if self.exact:
            minus = block.o[-1] & ~self._zero(m, io, block)
            m.d.comb += io.o.eq(Cat(block.o[:-1], minus))
        if self.plan.aligned:
            [part] = self.term.parts
            m.d.comb += block.i.eq(io.sums[str(part.sums[0])].value)
        else:
            value = self.sum_up(m, io)
            value = value if self.inner is None else self._sum_span(m, io, value, self.inner)
            # An integer stage's wrap is the cut to its width.
            m.d.comb += block.i.value.eq(value.value)
            m.d.comb += [block.i[name].eq(value[name]) for name in flag_names(self.term.flags)]
        for index, item in enumerate(self.scale_levels):
            m.d.comb += block.scales[str(index)].eq(self.code(m, io, item, self.before))

    def _zero(self, m: Module, io: Any, block: Any) -> Value:
        """Whether the product is exactly zero, when it is there."""
        zero = Signal(name="zero")
        m.d.comb += zero.eq(~block.i.value.any())
        for index, (_, level) in enumerate(self.scale_levels):
            assert isinstance(level.format, Minifloat)
            part = unpack(m, level.format, block.scales[str(index)])
            zero = zero | part.zero
        return delayed(m, io.enable, zero, self.block.latency, "zero")

    def _sum_span(self, m: Module, io: Any, value: data.View, found: ExactAccumulator) -> data.View:
        """The sum over the span's groups so far."""
        m.submodules.inner = inner = found.component()
        cycles = self.total.latency
        m.d.comb += [
            inner.enable.eq(io.enable),
            inner.i.number.eq(value),
            inner.i.minus.eq(0),
            inner.slot.valid.eq(delayed(m, io.enable, io.slot.valid, cycles, "valid", reset=True)),
            inner.slot.first.eq(delayed(m, io.enable, io.slot.first, cycles, "first")),
            inner.slot.address.eq(delayed(m, io.enable, io.slot.address, cycles, "slot")),
        ]
        return inner.o


class FloatSum(Addend):
    """An aligned sum as it is: the array's own float; members as of :class:`Addend`."""

    latency = 0

    def __init__(self, plan: Plan, term: TermPlan):
        assert plan.stage.format is not None
        super().__init__(plan, term, plan.stage.format.bits)

    def build(self, m: Module, io: Any) -> None:
        [part] = self.term.parts
        m.d.comb += io.o.eq(io.sums[str(part.sums[0])].value)
