"""From sums over all groups to results: late scales, bias, conversion, ReLU, clamp."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.formats import Integer, Minifloat
from ...golden.terms import Sided, late
from ..arith.blueprint import Blueprint
from ..arith.product import FlaggedLayout, flag_names
from ..arith.timing import delayed, select
from ..fp import (
    FixedToInteger,
    FloatAdd,
    FloatMultiply,
    FloatToFloat,
    FloatToInteger,
    IntegerToFloat,
)
from ..fp.pipeline import Pipelined
from ..fp.rules import NEAREST_EVEN
from ..fp.serial import cycles
from ..plan.path import Sharing
from ..plan.plan import Plan
from ..plan.sharing import ADDER_STAGES, slow
from ..plan.streams import payload_layout, stream_called
from . import partials
from .chain import Chain
from .collect import partials_layout
from .dataflow import Dataflow, FlowNode, Wires
from .entrance import busy, counted
from .finish import finished, settled, without_nan
from .queue import Queue
from .term import scale_name


def result_layout(plan: Plan) -> data.StructLayout:
    """A beat of results: all outputs of a row and its next columns, and the end of the tile."""
    found = plan.result
    value: FlaggedLayout | int
    if isinstance(found, Range):
        value = FlaggedLayout(found, plan.result_flags)
    else:
        value = found.bits
    count = plan.results * plan.arithmetic.outputs
    return data.StructLayout({"value": data.ArrayLayout(value, count), "last": 1})


class Tail(Blueprint):
    """Takes a partial sum of the next ``plan.results`` columns of a row a cycle; each step in the
    working format is rounded.

    Latency is ``latency`` cycles while results are taken, from the last partial sum on. The late
    scales and the bias of a reduction stay on their stream until its last row and column has
    entered. Where what comes before waits with it, results leave through a queue, so that whether
    its stages move comes from a register.

    Parameters
    ----------
    plan : :class:`Plan`
        What is computed.
    chains : sequence of :class:`Chain`
        Where the sums come from: what kind they are of.
    shared : :class:`Sharing`
        How many partial sums each has.

    Members
    -------
    sums : :py:`In(stream.Signature(partials_layout(…)))`
        The partial sums of a row and column one after the other.
    end_scale : :py:`In(stream.Signature(…))`
        Late scales and bias, where there are any.
    result : :py:`Out(stream.Signature(result_layout(plan)))`
        The results.
    """

    def __init__(self, plan: Plan, chains: list[Chain], shared: Sharing):
        self.plan, self.chains, self.shared = plan, chains, shared
        self.stream = stream_called(plan, "end_scale")
        self.working = plan.arithmetic.working
        self.flow = Dataflow()
        self.results = self._results()
        ports = {
            "sums": In(stream.Signature(partials_layout(chains, shared))),
            "result": Out(stream.Signature(result_layout(plan))),
        }
        if self.stream is not None:
            ports["end_scale"] = In(stream.Signature(payload_layout(self.stream)))
        super().__init__(ports)

    @property
    def latency(self) -> int:
        return self._depth + (not self.shared.collected)

    @property
    def _depth(self) -> int:
        """Cycles to the last register; one at least."""
        return max(1, *(node.time for node in self.results))

    # The graph: what meets what.

    def _results(self) -> list[FlowNode]:
        """A node for each output."""
        found: list[FlowNode | None] = [None] * self.plan.arithmetic.outputs
        for number, chain in enumerate(self.chains):
            node = self._scaled(self._entered(number, chain), chain)
            so_far = found[chain.item.output]
            found[chain.item.output] = node if so_far is None else self._add(so_far, node)
        return [self._output(node) for node in found if node is not None]

    def _entered(self, number: int, chain: Chain) -> FlowNode:
        """An accumulator's sum: its partial sums added up; in the working format if more acts."""

        given = self.flow.entry(lambda on: on.source.sums[str(number)])
        place = self.flow.entry(lambda on: on.source.partial)
        node = partials.tree(self.flow, self.shared.partials, given, place, self._adder())
        if not late(self.plan.arithmetic) or chain.value == self.working:
            return node
        return self._to_float(node, chain, self.working)

    def _to_float(
        self,
        node: FlowNode,
        chain: Chain,
        fmt: Minifloat,
        *,
        saturate: bool = False,
        rounding: str = NEAREST_EVEN,
    ) -> FlowNode:
        if isinstance(chain.value, Range):
            block: Pipelined = IntegerToFloat(
                chain.value, fmt, chain.flags, saturate=saturate, rounding=rounding
            )
        else:
            block = FloatToFloat(chain.value, fmt, saturate=saturate, rounding=rounding)
        return self.flow.through(block.staged(), i=node)

    def _scaled(self, node: FlowNode, chain: Chain) -> FlowNode:
        """The late scales in turn: the weight's levels as declared, then the activation's."""
        for scale in chain.item.scales:
            fmt = scale[1].format
            assert isinstance(fmt, Minifloat)
            inputs = {"a": node, "b": self._late_code(scale_name(scale), scale)}
            rows = not slow(fmt) or cycles(fmt.significand_width) > self.shared.pace
            block = FloatMultiply(self.working, fmt, self.working, rows=rows, in_time=not rows)
            if not rows:
                inputs["start"] = self.flow.entry(lambda on: on.source.start)
            node = self.flow.through(block.staged(), **inputs)
        return node

    def _add(self, a: FlowNode, b: FlowNode, fmt: Minifloat | None = None) -> FlowNode:
        return self.flow.through(self._adder(fmt), a=a, b=b)

    def _adder(self, fmt: Minifloat | None = None) -> Pipelined:
        """Adds a number of format ``fmt`` to one of the working format."""
        block = FloatAdd(self.working, fmt or self.working, self.working)
        return block.with_stages(ADDER_STAGES)

    def _late_code(self, name: str, scale: Sided | None) -> FlowNode:
        """A late scale's code for the row and column that enters, or the row's bias."""
        side = scale[0] if scale else 0

        def make(on: Wires) -> Any:
            given, found = on.source.end_scale[name], on.source
            codes = [given[number] for number in range(len(given))]
            if not side:
                return select(on.m, codes, found.row, name)
            mine = codes[found.place :: self.plan.results] if len(codes) > 1 else codes
            return select(on.m, mine, found.beat, name)

        return self.flow.entry(make)

    def _output(self, node: FlowNode) -> FlowNode:
        """Bias, conversion, ReLU and clamp."""
        output, chain = self.plan.arithmetic.output, self.chains[0]
        if output.bias is not None:
            assert isinstance(output.bias, Minifloat)
            node = self._add(node, self._late_code("bias", None), output.bias)
        fmt = self.plan.result
        if isinstance(fmt, Range):
            return self.flow.apply(self._raw, node)
        acted = late(self.plan.arithmetic)
        node = self._converted(node, self.working if acted else chain.value, chain)
        return self.flow.apply(lambda m, code: finished(m, output, fmt, code), node)

    def _converted(self, node: FlowNode, source: Range | Minifloat, chain: Chain) -> FlowNode:
        """The one conversion to the output's format."""
        output, fmt = self.plan.arithmetic.output, self.plan.result
        rounding = output.rounding
        if source == fmt:
            assert isinstance(fmt, Minifloat)
            return self.flow.apply(lambda m, code: settled(m, fmt, output, code), node)
        if output.nan == "zero" and isinstance(fmt, Minifloat):
            node = self.flow.apply(lambda m, value: without_nan(m, source, value), node)
        if isinstance(fmt, Integer):
            block: Pipelined
            if isinstance(source, Range):
                block = FixedToInteger(source, chain.flags, fmt, rounding=rounding)
            else:
                block = FloatToInteger(source, fmt, rounding=rounding)
            return self.flow.through(block.staged(), i=node)
        assert isinstance(fmt, Minifloat)
        if isinstance(source, Range):
            return self._to_float(node, chain, fmt, saturate=output.saturates, rounding=rounding)
        block = FloatToFloat(source, fmt, saturate=output.saturates, rounding=rounding)
        return self.flow.through(block.staged(), i=node)

    def _raw(self, m: Module, value: data.View) -> data.View:
        """An accumulator's value and flags as those that all outputs share."""
        bounds = self.plan.result
        assert isinstance(bounds, Range)
        result = Signal(FlaggedLayout(bounds, self.plan.result_flags), name="raw")
        m.d.comb += result.value.eq(value.value)
        for name in flag_names(self.plan.result_flags):
            if name in value.shape().members:
                m.d.comb += result[name].eq(value[name])
        return result

    # The hardware.

    def build(self, m: Module, io: Any) -> None:
        enable, enters, whole, last = Signal(), Signal(), Signal(), Signal()
        waits = whole & busy(m, self.shared, enable, enters & whole)
        there = ~waits
        if self.stream is not None:
            there = there & io.end_scale.valid
            m.d.comb += io.end_scale.ready.eq(enters & whole & last)
        m.d.comb += [io.sums.ready.eq(enable & there), enters.eq(io.sums.valid & io.sums.ready)]
        count = counted(m, self.plan, self.shared, enters, whole, last)
        count.start = Signal(name="start")
        m.d.comb += count.start.eq(io.sums.valid & there & whole)

        made = stream.Signature(result_layout(self.plan)).create()
        for place in range(self.plan.results):
            source = SimpleNamespace(place=place, sums=io.sums.payload[place], **vars(count))
            if self.stream is not None:
                source.end_scale = io.end_scale.payload
            wires = Wires(m, enable, source, self.flow, place)
            for number, node in enumerate(self.results):
                value = wires.late(node, self._depth)
                index = place * len(self.results) + number
                m.d.comb += made.payload.value[index].eq(value)
        m.d.comb += [
            made.valid.eq(delayed(m, enable, count.start, self._depth, "valid", reset=True)),
            made.payload.last.eq(delayed(m, enable, last, self._depth, "last")),
        ]
        self._leave(m, io, made, enable)

    def _leave(self, m: Module, io: Any, made: Any, enable: Signal) -> None:
        """Results leave from registers, or through a queue; the stages stand while they cannot."""
        if self.shared.collected:
            wiring.connect(m, made, wiring.flipped(io.result))
            m.d.comb += enable.eq(~made.valid | made.ready)
            return
        m.submodules.queue = queue = Queue(len(made.payload.as_value()), 2)
        m.d.comb += [
            queue.i.valid.eq(made.valid),
            queue.i.payload.eq(made.payload.as_value()),
            made.ready.eq(queue.i.ready),
            enable.eq(queue.i.ready),
            io.result.valid.eq(queue.o.valid),
            io.result.payload.eq(queue.o.payload),
            queue.o.ready.eq(io.result.ready),
        ]
