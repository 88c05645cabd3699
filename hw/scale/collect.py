"""Collects the finished sums of all units, row by row, one partial sum after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.timing import select
from ..plan.path import Sharing
from ..plan.plan import Plan
from .chain import Chain, value_layout


def partials_layout(chains: Sequence[Chain], shared: Sharing) -> data.ArrayLayout:
    """For each row and column of a beat and each accumulator, a partial sum."""
    sums = {str(n): value_layout(chain.value, chain.flags) for n, chain in enumerate(chains)}
    return data.ArrayLayout(data.StructLayout(sums), shared.results)


class Collector(wiring.Component):
    """Walks over the bank of a finished reduction while the units fill the other ones.

    The ``shared.partials`` of the next ``shared.results`` columns of a row take a cycle each. As
    many reductions may be on the way as there are banks: one more has no ``room``.

    Members
    -------
    starts : :py:`In(1)`
        A reduction starts.
    done : :py:`In(1)`
        Its last addend is in the store.
    used : :py:`In(range(partials + 1))`
        With ``done``: how many partial sums have been added to; the others count as +0.
    room : :py:`Out(1)`
        Another reduction may start.
    read_address : :py:`Out(…)`
        Read from all units.
    read : :py:`In(ArrayLayout(…, units))`
        What stands there.
    o : :py:`Out(stream.Signature(partials_layout(…)))`
        The partial sums, row by row.
    """

    def __init__(self, plan: Plan, chains: Sequence[Chain], shared: Sharing):
        self.plan, self.shared = plan, shared
        self.result = partials_layout(chains, shared)
        self.layout = self.result.elem_shape
        super().__init__(
            {
                "starts": In(1),
                "done": In(1),
                "used": In(range(shared.partials + 1)),
                "room": Out(1),
                "read_address": Out(range(max(shared.depth, 2))),
                "read": In(data.ArrayLayout(self.layout, shared.units)),
                "o": Out(stream.Signature(self.result)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        shared = self.shared
        slot = Signal(range(max(shared.slots, 2)))
        unit = Signal(range(max(shared.units // shared.results, 2)))  # the first of a beat's
        partial = Signal(range(max(shared.partials, 2)))
        bank, written = Signal(range(shared.banks)), Signal(range(shared.banks))
        started, full = Signal(range(shared.banks + 1)), Signal(range(shared.banks + 1))
        used = data.ArrayLayout(self.used.shape(), shared.banks)
        used = Signal(used, name="used_partials", reset_less=True)

        # Read when the output is free; the last read of a reduction frees its bank.
        step, whole, ends = Signal(), Signal(), Signal()
        m.d.comb += [
            step.eq((full != 0) & (~self.o.valid | self.o.ready)),
            whole.eq(partial == shared.partials - 1),
            ends.eq(whole & self._round(unit) & (slot == shared.slots - 1)),
            self.read_address.eq(shared.address(slot, partial, bank)),
            self.room.eq(started != shared.banks),
        ]
        m.d.sync += [
            started.eq(started + self.starts - (step & ends)),
            full.eq(full + self.done - (step & ends)),
        ]
        with m.If(self.done):
            m.d.sync += [written.eq(written + 1), used[written].eq(self.used)]
        self._count(m, step, whole, ends, partial, unit, slot, bank)
        self._output(m, step, unit, partial < used[bank])
        return m

    def _round(self, unit: Value) -> Value:
        """Whether the units that follow have their next sums."""
        return unit == self.shared.units // self.shared.results - 1

    def _count(
        self,
        m: Module,
        step: Value,
        whole: Value,
        ends: Value,
        partial: Signal,
        unit: Signal,
        slot: Signal,
        bank: Signal,
    ) -> None:
        """Partial sums fastest, then a beat's units, then the sums of a unit."""
        with m.If(step):
            m.d.sync += partial.eq(partial + 1)
            with m.If(whole):
                m.d.sync += [partial.eq(0), unit.eq(unit + 1)]
                with m.If(self._round(unit)):
                    m.d.sync += [unit.eq(0), slot.eq(slot + 1)]
            with m.If(ends):
                m.d.sync += [slot.eq(0), bank.eq(bank + 1)]

    def _output(self, m: Module, step: Value, unit: Value, there: Value) -> None:
        """A partial sum of each column; 0 for one that nothing has been added to."""
        shared = self.shared
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(step):
            m.d.sync += self.o.valid.eq(1)
        for place in range(shared.results):
            units = [self.read[number] for number in range(place, shared.units, shared.results)]
            chosen = select(m, units, unit, f"chosen_{place}")
            for number in self.layout.members:
                value = chosen[number]
                if shared.partials > 1:
                    value = Mux(there, value, 0)
                with m.If(step):
                    m.d.sync += self.o.payload[place][number].eq(value)
