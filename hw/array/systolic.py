"""The array with flow ``systolic_os``: operands move between neighbours, sums stay."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib import data, wiring

from ..arith.shared import instance
from ..arith.timing import delayed
from ..plan.layouts import SIDES
from .cell import Cell, Edge
from .steps import SUM_NAMES, Marks, StepArray


class SystolicArray(StepArray):
    """``rows`` × ``cols`` cells; weights move from column to column, activations from row to row.

    Where products share DSP blocks, a cell works for a tile of rows and columns, and r and c
    below count cells.

    Streams and throughput: :class:`StepArray`. Row r and column c work r + c cycles behind the
    first: vectors are delayed at the edge, and sums behind the cells, so that they leave together.
    Sums that rows or columns share stand in the last row or column, where they wait the least.

    A sum waits in a register that takes it when its group is complete, or in a delay line where
    the next group can be complete before this one has left (``spacing``). Reductions of any length
    whose results leave one by one, ``rows * cols`` cycles for each, are taken so far apart that
    registers do: never does a result come later for it.

    What the sums start from is taken with a reduction's first step, which waits for it: so results
    never wait for later inputs.
    """

    scope = "all but sparse weights; operands move from PE to PE, sums stay"

    @property
    def spaced(self) -> bool:
        """Whether the ends of reductions are kept apart."""
        plan = self.plan
        return plan.serial and plan.group_steps is None and plan.shortest <= plan.skew

    @property
    def spacing(self) -> int:
        """Cycles from the end of a group to the next, at the least."""
        return self.plan.skew + 1 if self.spaced else self.plan.shortest

    def _admits(self, m: Module, advance: Signal, now: Marks) -> Value:
        weight, activation = self.steps
        if self.plan.initial is not None:
            there = weight.valid & activation.valid
            m.d.comb += self.initial.ready.eq(now.first & there & advance)
            return ~now.first | self.initial.valid
        if not self.spaced:
            return Const(1, 1)
        wait = Signal(range(self.spacing))
        with m.If(advance & now.taken & now.close):
            m.d.sync += wait.eq(self.spacing - 1)
        with m.Elif(advance & wait.any()):
            m.d.sync += wait.eq(wait - 1)
        return ~now.close | ~wait.any()

    def _fill(self, m: Module, advance: Signal, marks: list[Marks]) -> None:
        """Cells row by row: each takes what the one before and the one above hand on.

        Whatever a cell takes comes from a register of an edge or a cell, the activations' before
        the weights' in the order of creation, and all that it gives is named here: so all cells
        come out as the same module.
        """
        plan, (rows, cols) = self.plan, self.plan.grid
        above = [
            self._edge(m, advance, 1, col, self.steps[1].payload.data, marks[col].told)
            for col in range(cols)
        ]
        for row in range(rows):
            mark = marks[plan.step_latency + row]
            mark = mark._replace(mode=marks[plan.step_latency + row - 1].mode)
            left = self._edge(m, advance, 0, row, self.steps[0].payload, marks[row].told, mark)
            for col in range(cols):
                arriving = above[col] | left
                for name, numbers in self._standing(row, col):
                    cell = self._cell(m, advance, name, numbers, (row, col), arriving)
                    self._hand_over_sums(m, advance, cell, numbers, row, col)
                above[col] = _wires(m, cell, f"{row}_{col}")
                left = {name: above[col][name] for name in left}

    def _edge(
        self,
        m: Module,
        advance: Signal,
        side: int,
        index: int,
        codes: data.View,
        told: dict[str, Value],
        mark: Marks | None = None,
    ) -> dict[str, Signal]:
        """What enters at a row or column of cells, ``index`` cycles later than at the first."""
        name = f"{('row', 'column')[side]}_edge_{index}"
        edge = instance(m, name, ("edge", side), partial(Edge, self.plan, side))
        m.d.comb += edge.enable.eq(advance)
        many, there = self.plan.tile[side], (self.plan.rows, self.plan.cols)[side]
        for position, vector in enumerate(range(index * many, min((index + 1) * many, there))):
            for array in codes.shape().members:
                line = f"{name}_{array}" + f"_{position}" * (many > 1)
                late = delayed(m, advance, codes[array][vector], index, line)
                m.d.comb += edge.codes[position][array].eq(late)
        ports = edge.signature.members
        m.d.comb += [getattr(edge, what).eq(value) for what, value in told.items() if what in ports]
        if mark is not None:
            m.d.comb += [edge.marks.accumulate.eq(mark.taken), edge.marks.close.eq(mark.close)]
            for what in ("begins", "mode"):
                if what in edge.marks.shape().members:
                    m.d.comb += edge.marks[what].eq(getattr(mark, what))
        return _wires(m, edge, name)

    def _standing(self, row: int, col: int) -> Iterator[tuple[str, list[int]]]:
        """The cells at a position of the grid, with the sums that they form; ``pe`` comes last."""
        last_row, last_col = (
            n == many - 1 for n, many in zip((row, col), self.plan.grid, strict=True)
        )
        for (per_row, per_col), name in reversed(SUM_NAMES.items()):
            numbers = [
                number
                for number, item in enumerate(self.plan.sums)
                if (item.per_row, item.per_col) == (per_row, per_col)
            ]
            here = (per_row or last_row) and (per_col or last_col)
            if name == "pe" or (numbers and here):
                yield name, numbers

    def _cell(
        self,
        m: Module,
        advance: Signal,
        name: str,
        numbers: list[int],
        where: tuple[int, int],
        arriving: dict[str, Signal],
    ) -> Any:
        make = partial(Cell, self.plan, numbers, passing=name == "pe")
        cell = instance(m, f"{name}_{where[0]}_{where[1]}", ("cell", name, *numbers), make)
        m.d.comb += cell.enable.eq(advance)
        for what in ("marks", *SIDES):
            for member in getattr(cell, what).shape().members:
                m.d.comb += getattr(cell, what)[member].eq(arriving[what][member])
        return cell

    def _hand_over_sums(
        self, m: Module, advance: Signal, cell: Any, numbers: list[int], row: int, col: int
    ) -> None:
        """The sums of a cell, when all others are there too; and what they start from."""
        plan, cycles = self.plan, self.plan.skew - row - col
        if self.joined is not None:
            m.d.comb += cell.read_address.eq(self.joined.address)
        complete = Signal(name=f"complete_{row}_{col}")
        m.d.comb += complete.eq(cell.complete)
        for number, within, index in self._sums_of(numbers, row, col):
            label = f"{number}_{index}"
            if plan.sums[number].initial is not None:
                start, early = self.initial.payload[index], plan.sum_latency - 1 - cycles
                m.d.comb += cell.initial.eq(delayed(m, advance, start, early, f"start_{label}"))
            value = cell.sums[str(number)][within]
            if self.joined is not None:
                m.d.comb += self.joined.words[number][index].eq(value)
                continue
            if 0 < cycles < self.spacing:
                late = Signal(value.shape(), name=f"held_{label}", reset_less=True)
                with m.If(complete):
                    m.d.sync += late.eq(value)
            else:
                late = delayed(m, advance, value, cycles, f"line_{label}")
            m.d.comb += self.result.payload[str(number)][index].eq(late)

    def _sums_of(self, numbers: list[int], row: int, col: int) -> Iterator[tuple[int, int, int]]:
        """The sums of a cell that there are: which, its position in the cell, and among all."""
        plan, (rows, cols) = self.plan, self.plan.tile
        for number, r, c in product(numbers, range(rows), range(cols)):
            item, at = plan.sums[number], (row * rows + r, col * cols + c)
            own = (item.per_row or not r) and (item.per_col or not c)
            if own and at[0] < plan.rows and at[1] < plan.cols:
                yield number, item.index(r, c, cols), item.index(*at, plan.cols)


def _wires(m: Module, component: wiring.Component, label: str) -> dict[str, Signal]:
    """What a component hands on: {marks, weight, activation: wire}."""
    found = {}
    for port, member in component.signature.members.items():
        if port.endswith("_out"):
            name = port.removesuffix("_out")
            found[name] = Signal(member.shape, name=f"{name}_from_{label}")
            m.d.comb += found[name].eq(getattr(component, port))
    return found
