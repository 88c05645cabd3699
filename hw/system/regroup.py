"""Between two designs: results of several beats, in another order, as beats of the next."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.joins import WIDEST, Join
from ..arith.timing import delayed, select


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
        left, free, enable = Signal(range(join.leaving + 1)), Signal(), Signal()
        m.d.comb += free.eq((left == 0) | (enable & (left == 1)))
        full, marked, beats = self._collected(m, free)

        # The copy, in the new order, and how many beats of it are left.
        total = Cat(*beats)
        held = [
            Signal(self.bits, name=f"held_{n}", reset_less=True) for n in range(len(join.order()))
        ]
        place, last = Signal(range(max(join.leaving, 2))), Signal(reset_less=True)
        with m.If(full & free):
            m.d.sync += [left.eq(join.leaving), place.eq(0), last.eq(marked)]
            for register, number in zip(held, join.order().tolist(), strict=True):
                m.d.sync += register.eq(total.word_select(number, self.bits))
        with m.Elif(enable & (left != 0)):
            m.d.sync += [left.eq(left - 1), place.eq(place + 1)]

        # Handing on: a beat of it at a time, through multiplexers with registers.
        groups = [Cat(*held[n : n + self.leaves]) for n in range(0, len(held), self.leaves)]
        cycles, values = self._chosen(m, enable, groups, place)
        valid = delayed(m, enable, left != 0, cycles, "valid", reset=True)
        m.d.comb += [
            enable.eq(self.o.ready | (~valid if cycles else 0)),
            self.o.valid.eq(valid),
            self.o.payload.last.eq(delayed(m, enable, last & (left == 1), cycles, "last")),
            Value.cast(self.o.payload.values).eq(values),
        ]
        return m

    @staticmethod
    def _chosen(m: Module, enable: Value, entries: list[Value], place: Value) -> tuple[int, Value]:
        """One of ``entries``, and the cycles that its multiplexers take."""
        cycles = 0
        while len(entries) > 1:
            merged, bits = [], (WIDEST - 1).bit_length()
            for start in range(0, len(entries), WIDEST):
                name = f"chosen_{cycles}_{start}"
                part = select(m, entries[start : start + WIDEST], place, name)
                merged.append(delayed(m, enable, part, 1, name))
            entries, cycles = merged, cycles + 1
            if len(entries) > 1:
                place = delayed(m, enable, place[bits:], 1, f"place_{cycles}")
        return cycles, entries[0]

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
