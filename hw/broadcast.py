"""The array with flow ``broadcast``: weights go to all columns, activations to all rows."""

from __future__ import annotations

from functools import partial
from itertools import product

from amaranth.hdl import Const, Signal

from .datapaths import Dsp
from .dsp.element import Tile
from .pe import SIDES
from .prepare import prepare
from .shared import place
from .steps import KINDS, StepArray, codes_layout, element_of, sums_layout
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
        end = marks[self.plan.sum_latency - 1]

        # Each operand is made ready once, at the edge, and broadcast.
        operands = (
            self._prepared(m, advance, 0, self.steps[0].payload, marks[0]),
            self._prepared(m, advance, 1, self.steps[1].payload.data, marks[0]),
        )
        for number, item in enumerate(self.plan.sums):
            blocks = self.plan.blocks(item)
            if blocks is not None:
                # Tiles that are sooner ready than the slowest sums begin as much earlier.
                early = self.plan.dot_latency - blocks.latency
                now, late = marks[self.plan.sum_latency - 1 - early], self.plan.late + early
                for tile in self._tiles(m, number, item, blocks, late, operands):
                    m.d.comb += [
                        tile.enable.eq(advance),
                        tile.accumulate.eq(now.accumulates(self.plan.cycles_of(item))),
                        tile.first.eq(now.first),
                    ]
                continue
            for index, element in self._elements(m, number, item, operands):
                m.d.comb += [
                    element.enable.eq(advance),
                    element.accumulate.eq(end.accumulates(self.plan.cycles_of(item))),
                    element.first.eq(end.first),
                ]
                m.d.comb += self.result.payload[str(number)][index].eq(element.o)
                if "mode" in element.signature.members:
                    m.d.comb += element.mode.eq(marks[self.plan.sum_latency - 2].mode)
                if item.initial is not None:
                    m.d.comb += element.initial.eq(self.initial.payload[index])

    def _prepared(self, m, advance, side: int, codes, now) -> list[dict]:
        """Registered elements of every vector, by plane and form."""
        found = []
        for index in range(self.plan.cols if side else self.plan.rows):
            of_vector = {name: codes[name][index] for name in codes.shape().members}
            registers = {}
            prepared = prepare(m, self.plan, side, index, of_vector, advance, now.told)
            for key, value in prepared.items():
                name = f"{SIDES[side]}_{key}_{index}_register"
                registers[key] = Signal(value.shape(), name=name, reset_less=True)
                with m.If(advance):
                    m.d.sync += registers[key].eq(value)
            found.append(registers)
        return found

    def _elements(self, m, number: int, item: Sum, operands):
        """The elements of one sum by the number of their place, fed with their operands."""
        plan, name = self.plan, KINDS[item.per_row, item.per_col]
        rows = range(plan.rows if item.per_row else 1)
        cols = range(plan.cols if item.per_col else 1)
        for row in rows:
            for col in cols:
                label = f"{name}_{number}_{row}_{col}"
                element = place(m, label, (name, number), partial(element_of, plan, item))
                for side, vector in enumerate((row, col)):
                    for key in plan.inputs(side, [item]):
                        port = getattr(element, SIDES[side])[key]
                        m.d.comb += port.eq(operands[side][vector][key])
                yield item.index(row, col, plan.cols), element

    def _tiles(self, m, number: int, item: Sum, blocks: Dsp, late: int, operands):
        """The tiles of one sum whose products share blocks, fed and read."""
        plan = self.plan
        make = partial(Tile, blocks.layout, item.total, plan.segment, late)
        sides = [self._words(m, item, side, blocks, operands[side]) for side in range(2)]
        sums = self.result.payload[str(number)]
        for row, col in product(*sides):
            tile = place(m, f"tile_{number}_{row}_{col}", ("tile", number), make)
            ports = (tile.wide, tile.narrow)[:: -1 if blocks.layout.packing.swapped else 1]
            for port, words in zip(ports, (sides[0][row], sides[1][col]), strict=True):
                m.d.comb += [port[lane].eq(value) for lane, value in enumerate(words)]
            within = product(*map(range, blocks.tile))
            for place_of, (r, c) in enumerate(within):
                if row + r < plan.rows and col + c < plan.cols:
                    at = item.index(row + r, col + c, plan.cols)
                    m.d.comb += sums[at].value.eq(tile.o[place_of])
            yield tile

    def _words(self, m, item: Sum, side: int, blocks: Dsp, vectors: list[dict]) -> dict[int, list]:
        """What tiles take of an operand, a word a lane, by the first of their rows or columns."""
        [key], many = self.plan.inputs(side, [item]), blocks.tile[side]
        found = {}
        for start in range(0, len(vectors), many):
            held = [vector[key] for vector in vectors[start : start + many]]
            held += [Signal.like(held[0], name="absent")] * (many - len(held))
            found[start] = []
            for lane, value in enumerate(blocks.words(held, side)):
                word = Signal(value.shape(), name=f"{SIDES[side]}_word_{start}_{lane}")
                m.d.comb += word.eq(value)
                found[start].append(word)
        return found
