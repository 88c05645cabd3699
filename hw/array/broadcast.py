"""The array with flow ``broadcast``: weights go to all columns, activations to all rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib import data

from ..arith.shared import instance
from ..arith.sums import Sum
from ..arith.timing import delayed
from ..datapaths import Blocks
from ..plan.array_plan import ArrayPlan
from ..plan.layouts import SIDES
from ..plan.sparse import index_key
from .prepare import prepare
from .sparse import Selector
from .steps import SUM_NAMES, Marks, StepArray, element_of

#: What is made of every row or column, by plane and form.
Vectors = list[dict[str, Any]]

#: The weights of every row, and the activations that they meet.
Met = tuple[Vectors, list[Vectors]]


class BroadcastArray(StepArray):
    """``rows`` × ``cols`` processing elements that all work on the same step.

    Streams, latency and throughput: :class:`StepArray`. What the sums start from is taken when a
    reduction's first step is added; until it is there, the whole array holds still.
    """

    scope = "every design; each operand goes to all PEs of its row or column at once"
    picks = True

    def __init__(self, plan: ArrayPlan):
        super().__init__(plan)
        #: Registers of what is made of a vector, for so many of the other side each.
        self._copies: dict[tuple[int, int, str], list[Any]] = {}

    def _waits(self, m: Module, advance: Signal, end: Marks) -> Value:
        if self.plan.initial is None:
            return Const(0, 1)
        starts = end.taken & end.first
        m.d.comb += self.initial.ready.eq(advance & starts)
        return starts & ~self.initial.valid

    def _fill(self, m: Module, advance: Signal, marks: list[Marks]) -> None:
        end = marks[self.plan.sum_latency - 1]

        # Each operand is made ready once, at the edge, and broadcast.
        operands = (
            self._prepared(m, advance, 0, self.steps[0].payload, marks[0]),
            self._prepared(m, advance, 1, self.steps[1].payload.data, marks[0]),
        )
        met = {
            registered: self._met(m, advance, operands, registered)
            for registered in {self.plan.blocks(item) is None for item in self.plan.sums}
        }
        for number, item in enumerate(self.plan.sums):
            blocks = self.plan.blocks(item)
            read = met[blocks is None]
            if blocks is not None:
                # Tiles that are sooner ready than the slowest sums begin as much earlier.
                early = self.plan.selecting + self.plan.dot_latency - blocks.latency
                now, late = marks[self.plan.sum_latency - 1 - early], self.plan.late + early
                late = 0 if self.joined else late
                for tile in self._tiles(m, number, item, blocks, late, read):
                    m.d.comb += [
                        tile.enable.eq(advance),
                        tile.accumulate.eq(now.accumulates(self.plan.cycles_of(item))),
                        tile.first.eq(now.first),
                    ]
                continue
            for index, element in self._elements(m, number, item, read):
                m.d.comb += [
                    element.enable.eq(advance),
                    element.accumulate.eq(end.accumulates(self.plan.cycles_of(item))),
                    element.first.eq(end.first),
                ]
                if self.joined:
                    m.d.comb += [
                        element.read_address.eq(self.joined.address),
                        self.joined.words[number][index].eq(element.o),
                    ]
                else:
                    m.d.comb += self.result.payload[str(number)][index].eq(element.o)
                if "mode" in element.signature.members:
                    m.d.comb += element.mode.eq(marks[self.plan.sum_latency - 2].mode)
                if item.initial is not None:
                    m.d.comb += element.initial.eq(self.initial.payload[index])

    def _prepared(
        self, m: Module, advance: Signal, side: int, codes: data.View, now: Marks
    ) -> Vectors:
        """Elements of every vector, by plane and form, registered unless blocks read the ports."""
        found, plan = [], self.plan
        many = (plan.cols, plan.rows)[side]
        for index in range(plan.cols if side else plan.rows):
            of_vector = {name: codes[name][index] for name in codes.shape().members}
            registers: dict[str, Any] = {}
            prepared = prepare(m, plan, side, index, of_vector, advance, now.told)
            found.append(registers if plan.edge else prepared)
            for key, value in prepared.items():
                self._copies[side, index, key] = [value]
                if not plan.edge:
                    continue
                name = f"{SIDES[side]}_{key}_{index}_register"
                starts = range(0, many, plan.reach(side, key))
                kept = {"attrs": {"keep": 1}} if len(starts) > 1 else {}
                copies = self._copies[side, index, key] = []
                for start in starts:
                    label = name + f"_from_{start}" * (start > 0)
                    copy = Signal(value.shape(), name=label, reset_less=True, **kept)
                    with m.If(advance):
                        m.d.sync += copy.eq(value)
                    copies.append(copy)
                registers[key] = copies[0]
        return found

    def _met(
        self,
        m: Module,
        advance: Signal,
        operands: tuple[Vectors, Vectors],
        registered: bool,
    ) -> Met:
        """The weights of every row, and the activations that they meet in every column.

        Those of sparse weights are picked; with a register, where asked, and the weights with it.
        """
        plan, (weights, activations) = self.plan, operands
        structure = plan.modes[0].structure
        if structure is None:
            return weights, [activations] * plan.rows
        met: list[Vectors] = [[] for _ in weights]
        for row, held in enumerate(weights):
            for col, windows in enumerate(activations):
                found = {}
                for key, item in plan.inputs(1).items():
                    ways = structure, item.form.layout, item.lanes, registered
                    name = f"pick_{row}_{col}_{key}" + "_late" * registered
                    make = partial(Selector, *ways)
                    pick = instance(m, name, ("pick", key, registered), make, clocked=registered)
                    m.d.comb += [pick.i.eq(windows[key]), pick.index.eq(held[index_key(key)])]
                    if registered:
                        m.d.comb += pick.enable.eq(advance)
                    found[key] = pick.o
                met[row].append(found)
        if registered:
            weights = [
                {
                    key: delayed(m, advance, value, 1, f"weight_{key}_{row}")
                    for key, value in held.items()
                    if key in plan.inputs(0)
                }
                for row, held in enumerate(weights)
            ]
        return weights, met

    def _elements(
        self, m: Module, number: int, item: Sum, operands: Met
    ) -> Iterator[tuple[int, Any]]:
        """The elements of one sum by their number in the array, fed with their operands."""
        plan, name = self.plan, SUM_NAMES[item.per_row, item.per_col]
        weights, met = operands
        rows = range(plan.rows if item.per_row else 1)
        cols = range(plan.cols if item.per_col else 1)
        for row in rows:
            for col in cols:
                label = f"{name}_{number}_{row}_{col}"
                element = instance(m, label, (name, number), partial(element_of, plan, item))
                places = (row, col)
                for side, vector in enumerate((weights[row], met[row][col])):
                    for key in plan.inputs(side, [item]):
                        port, value = getattr(element, SIDES[side])[key], vector[key]
                        copies = self._copies[side, places[side], key]
                        if value is copies[0]:
                            value = copies[places[1 - side] // plan.reach(side, key)]
                        m.d.comb += port.eq(value)
                yield item.index(row, col, plan.cols), element

    def _tiles(
        self, m: Module, number: int, item: Sum, blocks: Blocks, late: int, operands: Met
    ) -> Iterator[Any]:
        """The tiles of one sum whose products share blocks, fed and read."""
        plan = self.plan
        make = partial(blocks.tile_of, item, plan.segment, late)
        weights, met = operands
        picked = plan.modes[0].structure is not None
        rows = self._words(m, item, 0, blocks, weights, "")
        cols = {
            row: self._words(m, item, 1, blocks, met[row], f"_of_{row}" * picked)
            for row in (rows if picked else (0,))
        }
        sums = self.result.payload[str(number)]
        for row, col in product(rows, cols[0]):
            tile = instance(m, f"tile_{number}_{row}_{col}", ("tile", number), make)
            sides = rows[row], cols[row if picked else 0][col]
            for name, words in zip(SIDES, sides, strict=True):
                port = getattr(tile, name)
                m.d.comb += [port[lane].eq(value) for lane, value in enumerate(words)]
            within = product(*map(range, blocks.tile))
            for position, (r, c) in enumerate(within):
                if row + r < plan.rows and col + c < plan.cols:
                    at = item.index(row + r, col + c, plan.cols)
                    if self.joined:
                        m.d.comb += self.joined.words[number][at].eq(tile.o[position])
                    else:
                        m.d.comb += sums[at].value.eq(tile.o[position])
            if self.joined:
                m.d.comb += tile.read_address.eq(self.joined.address)
            yield tile

    def _words(
        self, m: Module, item: Sum, side: int, blocks: Blocks, vectors: Vectors, label: str
    ) -> dict[int, list[Value]]:
        """What tiles take of an operand, a word a lane, by the first of their rows or columns."""
        [key], many = self.plan.inputs(side, [item]), blocks.tile[side]
        found: dict[int, list[Value]] = {}
        for start in range(0, len(vectors), many):
            held = [vector[key] for vector in vectors[start : start + many]]
            held += [Signal.like(held[0], name="absent")] * (many - len(held))
            found[start] = []
            for lane, value in enumerate(blocks.words(held, side)):
                word = Signal(value.shape(), name=f"{SIDES[side]}_word_{start}_{lane}{label}")
                m.d.comb += word.eq(value)
                found[start].append(word)
        return found
