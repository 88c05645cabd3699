"""The array with flow ``broadcast``: weights go to all columns, activations to all rows."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .aligned import AlignedElement
from .decoder import Decoder
from .pe import ProcessingElement, result_layout
from .plan import Plan
from .shapes import DecodedLayout, shape_of


class BroadcastArray(wiring.Component):
    """``rows`` × ``cols`` processing elements fed by two streams of steps.

    A step takes ``lanes`` elements of every row from ``weight`` and of every column from
    ``activation``, when both are valid. ``last`` in the activation ends the reduction: its results
    leave together, ``plan.latency`` cycles after the step was taken. Throughput is one step a
    cycle, without bubbles between reductions; when a result is not taken, the whole array holds
    still.

    Parameters
    ----------
    plan : :class:`Plan`
        Formats, shape and widths.

    Members
    -------
    weight : :py:`In(stream.Signature(ArrayLayout(ArrayLayout(bits, lanes), rows)))`
        Codes, row 0 and lane 0 in the low bits.
    activation : :py:`In(stream.Signature(StructLayout({"data": …, "last": 1})))`
        Codes, column 0 and lane 0 in the low bits, and the end of the reduction.
    initial : :py:`In(stream.Signature(ArrayLayout(…, rows * cols)))`
        What the sums start from, once a reduction; only where the arithmetic preloads.
    result : :py:`Out(stream.Signature(ArrayLayout(FlaggedLayout(…), rows * cols)))`
        The results, column 0 of row 0 in the low bits.
    """

    def __init__(self, plan: Plan):
        self.plan = plan
        weights = _codes(plan.weight.bits, plan.lanes, plan.rows)
        activations = _codes(plan.activation.bits, plan.lanes, plan.cols)
        results = data.ArrayLayout(result_layout(plan), plan.rows * plan.cols)
        steps = data.StructLayout({"data": activations, "last": 1})
        ports = {"weight": In(stream.Signature(weights)), "activation": In(stream.Signature(steps))}
        if plan.initial is not None:
            starts = data.ArrayLayout(shape_of(plan.initial), plan.rows * plan.cols)
            ports["initial"] = In(stream.Signature(starts))
        ports["result"] = Out(stream.Signature(results))
        super().__init__(ports)

    def _element(self):
        aligned = self.plan.stage.rule == "aligned"
        return AlignedElement(self.plan) if aligned else ProcessingElement(self.plan)

    def elaborate(self, platform):
        m = Module()
        weight, activation, result = self.weight, self.activation, self.result

        # A step is taken when both operands are there and nothing holds the array.
        advance = Signal()
        step = Signal()
        m.d.comb += [
            step.eq(weight.valid & activation.valid),
            weight.ready.eq(activation.valid & advance),
            activation.ready.eq(weight.valid & advance),
        ]
        taken, first, last = self._follow_steps(m, advance, step)

        # The result stands in the accumulators until it is taken.
        waiting = taken & first & ~self.initial.valid if self.plan.initial is not None else 0
        m.d.comb += advance.eq((~result.valid | result.ready) & ~waiting)
        with m.If(advance):
            m.d.sync += result.valid.eq(taken & last)
        with m.Elif(result.ready):
            m.d.sync += result.valid.eq(0)
        if self.plan.initial is not None:
            m.d.comb += self.initial.ready.eq(advance & taken & first)

        # Each operand is decoded once, at the edge, and broadcast.
        rows = self._decode(m, advance, self.plan.weight, weight.payload, "weight")
        cols = self._decode(m, advance, self.plan.activation, activation.payload.data, "activation")
        for index in range(self.plan.rows * self.plan.cols):
            row, col = divmod(index, self.plan.cols)
            m.submodules[f"pe_{row}_{col}"] = pe = self._element()
            m.d.comb += [
                pe.enable.eq(advance),
                pe.accumulate.eq(taken),
                pe.first.eq(first),
                pe.weight.eq(rows[row]),
                pe.activation.eq(cols[col]),
                result.payload[index].eq(pe.o),
            ]
            if self.plan.initial is not None:
                m.d.comb += pe.initial.eq(self.initial.payload[index])
        return m

    def _follow_steps(self, m, advance, step):
        """Delay a step's marks until its sum reaches the accumulators: taken, first, last."""
        first = Signal(init=1)
        with m.If(advance & step):
            m.d.sync += first.eq(self.activation.payload.last)
        marks = step, first, self.activation.payload.last
        for stage in range(self.plan.latency - 1):
            delayed = [
                Signal(name=f"{name}_{stage}", reset_less=name != "taken")
                for name in ("taken", "first", "last")
            ]
            with m.If(advance):
                m.d.sync += [after.eq(before) for after, before in zip(delayed, marks, strict=True)]
            marks = delayed
        return marks

    def _decode(self, m, advance, fmt, vectors, name):
        """Registered decoded elements of every vector."""
        infinite, result = self.plan.infinite, []
        for index, vector in enumerate(vectors):
            lanes = data.ArrayLayout(DecodedLayout(fmt, infinite=infinite), self.plan.lanes)
            register = Signal(lanes, name=f"{name}_{index}", reset_less=True)
            for lane in range(self.plan.lanes):
                decoder = Decoder(fmt, infinite=infinite)
                m.submodules[f"{name}_decoder_{index}_{lane}"] = decoder
                m.d.comb += decoder.code.eq(vector[lane])
                with m.If(advance):
                    m.d.sync += register[lane].eq(decoder.o)
            result.append(register)
        return result


def _codes(bits: int, lanes: int, vectors: int) -> data.ArrayLayout:
    return data.ArrayLayout(data.ArrayLayout(bits, lanes), vectors)
