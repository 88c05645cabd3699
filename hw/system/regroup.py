"""Between two designs: results of several beats, in another order, as beats of the next."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.joins import Join


class Regroup(wiring.Component):
    """Collects what is regrouped at a time, and hands it on while it collects the next.

    Full rate: ``join.cycles`` cycles for each ``join.elements`` elements along K. Latency is
    ``join.latency`` cycles from the last beat collected to the first handed on.

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
        left, goes, free = Signal(range(join.leaving + 1)), Signal(), Signal()
        m.d.comb += free.eq((left == 0) | (goes & (left == 1)))
        full, marked, beats = self._collected(m, free)

        # Handing on: the values in their new order, a beat at a time.
        order = join.order()
        each = self.arrives
        values = [beats[n // each][self.bits * (n % each) :][: self.bits] for n in order.tolist()]
        held = [Signal(self.bits, name=f"held_{n}", reset_less=True) for n in range(len(values))]
        last = Signal(reset_less=True)
        m.d.comb += [
            goes.eq(self.o.valid & self.o.ready),
            self.o.valid.eq(left != 0),
            self.o.payload.last.eq(last & (left == 1)),
        ]
        m.d.comb += [self.o.payload.values[n].eq(held[n]) for n in range(self.leaves)]
        with m.If(full & free):
            m.d.sync += [left.eq(join.leaving), last.eq(marked)]
            m.d.sync += [register.eq(value) for register, value in zip(held, values, strict=True)]
        with m.Elif(goes):
            m.d.sync += left.eq(left - 1)
            for register, following in zip(held, held[self.leaves :], strict=False):
                m.d.sync += register.eq(following)
        return m

    def _collected(self, m: Module, free: Value) -> tuple[Value, Value, list[Value]]:
        """Whether all beats are there, the mark of the last, and the beats; they go when ``free``.

        A single one waits where it comes from.
        """
        join = self.join
        if not join.collects:
            m.d.comb += self.i.ready.eq(free)
            given = self.i.payload
            return self.i.valid, given.last, [Value.cast(given.values)]
        beats = [Signal(self.bits * self.arrives, name=f"beat_{n}", reset_less=True)
                 for n in range(join.arriving)]  # fmt: skip
        marked, full = Signal(reset_less=True), Signal()
        count = Signal(range(join.arriving))
        m.d.comb += self.i.ready.eq(~full | free)
        with m.If(full & free):
            m.d.sync += full.eq(0)
        with m.If(self.i.valid & self.i.ready):
            for number, beat in enumerate(beats):
                with m.If(count == number):
                    m.d.sync += beat.eq(self.i.payload.values)
            m.d.sync += [marked.eq(self.i.payload.last), count.eq(count + 1)]
            with m.If(count == join.arriving - 1):
                m.d.sync += [full.eq(1), count.eq(0)]
        return full, marked, [*beats]
