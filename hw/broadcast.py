"""The array with flow ``broadcast``: weights go to all columns, activations to all rows."""

from __future__ import annotations

from amaranth.hdl import Const, Signal

from .pe import SIDES
from .steps import KINDS, StepArray, codes_layout, decode, element_of, sums_layout
from .sums import Sum

__all__ = ["BroadcastArray", "codes_layout", "sums_layout"]


class BroadcastArray(StepArray):
    """``rows`` × ``cols`` processing elements that all work on the same step.

    Streams, latency and throughput: :class:`StepArray`. What the sums start from is taken when a
    reduction's first step is added; until it is there, the whole array holds still.
    """

    def _waits(self, m, advance, end):
        if self.plan.initial is None:
            return Const(0, 1)
        starts = end.taken & end.first
        m.d.comb += self.initial.ready.eq(advance & starts)
        return starts & ~self.initial.valid

    def _fill(self, m, advance, marks):
        end = marks[-1]

        # Each operand is decoded once, at the edge, and broadcast.
        operands = (
            self._decoded(m, advance, 0, self.weight.payload),
            self._decoded(m, advance, 1, self.activation.payload.data),
        )
        for number, item in enumerate(self.plan.sums):
            for place, element in enumerate(self._elements(m, number, item, operands)):
                m.d.comb += [
                    element.enable.eq(advance),
                    element.accumulate.eq(end.taken),
                    element.first.eq(end.first),
                    self.result.payload[str(number)][place].eq(element.o),
                ]
                if item.initial is not None:
                    m.d.comb += element.initial.eq(self.initial.payload[place])

    def _decoded(self, m, advance, side: int, codes) -> list[dict]:
        """Registered decoded elements of every vector, by plane."""
        found = []
        for index in range(self.plan.cols if side else self.plan.rows):
            of_vector = {name: codes[name][index] for name in codes.shape().members}
            registers = {}
            for plane, decoded in decode(m, self.plan, side, index, of_vector).items():
                name = f"{SIDES[side]}_{plane}_{index}"
                registers[plane] = Signal(decoded.shape(), name=name, reset_less=True)
                with m.If(advance):
                    m.d.sync += registers[plane].eq(decoded)
            found.append(registers)
        return found

    def _elements(self, m, number: int, item: Sum, operands):
        """The elements of one sum, in the order of its places, fed with their operands."""
        plan, name = self.plan, KINDS[item.per_row, item.per_col]
        rows = range(plan.rows if item.per_row else 1)
        cols = range(plan.cols if item.per_col else 1)
        for row in rows:
            for col in cols:
                element = element_of(plan, item)
                m.submodules[f"{name}_{number}_{row}_{col}"] = element
                for side, vector in enumerate((row, col)):
                    for plane in item.planes(side):
                        port = getattr(element, SIDES[side])[str(plane)]
                        m.d.comb += port.eq(operands[side][vector][plane])
                yield element
