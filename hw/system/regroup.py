"""Between two designs: results of several beats, in another order, as beats of the next."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.joins import Join


class Regroup(wiring.Component):
    """Collects what is regrouped at a time, and hands it on while it collects the next.

    Full rate: ``join.cycles`` cycles for each ``join.elements`` elements along K. Latency is 2
    cycles from the last beat collected to the first handed on.

    Parameters
    ----------
    join : :class:`Join`
    bits : width of a value.

    Members
    -------
    i, o : beats of values and ``last``, dense.
    """

    def __init__(self, join: Join, bits: int):
        self.join, self.bits = join, bits
        total = join.elements * join.vectors
        self.arrives, self.leaves = total // join.arriving, total // join.leaving
        layouts = {
            name: data.StructLayout({"values": data.ArrayLayout(bits, count), "last": 1})
            for name, count in (("i", self.arrives), ("o", self.leaves))
        }
        super().__init__(
            {"i": In(stream.Signature(layouts["i"])), "o": Out(stream.Signature(layouts["o"]))}
        )

    def elaborate(self, platform: Any) -> Module:
        m, join = Module(), self.join
        beats = [Signal(self.bits * self.arrives, name=f"beat_{n}", reset_less=True)
                 for n in range(join.arriving)]  # fmt: skip
        marked, full = Signal(reset_less=True), Signal()
        count = Signal(range(max(join.arriving, 2)))
        moves = Signal()

        # Collecting: each beat into its slot; the last one fills.
        m.d.comb += self.i.ready.eq(~full | moves)
        with m.If(moves):
            m.d.sync += full.eq(0)
        with m.If(self.i.valid & self.i.ready):
            for number, beat in enumerate(beats):
                with m.If(count == number):
                    m.d.sync += beat.eq(self.i.payload.values)
            m.d.sync += [marked.eq(self.i.payload.last), count.eq(count + 1)]
            with m.If(count == join.arriving - 1):
                m.d.sync += [full.eq(1), count.eq(0)]

        # Handing on: the values in their new order, a beat at a time.
        order = join.order()
        each = self.arrives
        values = [beats[n // each][self.bits * (n % each) :][: self.bits] for n in order.tolist()]
        held = [Signal(self.bits, name=f"held_{n}", reset_less=True) for n in range(len(values))]
        left, last = Signal(range(join.leaving + 1)), Signal(reset_less=True)
        goes = Signal()
        m.d.comb += [
            goes.eq(self.o.valid & self.o.ready),
            moves.eq(full & ((left == 0) | (goes & (left == 1)))),
            self.o.valid.eq(left != 0),
            self.o.payload.last.eq(last & (left == 1)),
        ]
        m.d.comb += [self.o.payload.values[n].eq(held[n]) for n in range(self.leaves)]
        with m.If(moves):
            m.d.sync += [left.eq(join.leaving), last.eq(marked)]
            m.d.sync += [register.eq(value) for register, value in zip(held, values, strict=True)]
        with m.Elif(goes):
            m.d.sync += left.eq(left - 1)
            for register, following in zip(held, held[self.leaves :], strict=False):
                m.d.sync += register.eq(following)
        return m
