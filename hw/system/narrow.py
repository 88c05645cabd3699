"""Packets in beats of many bytes become packets in beats of fewer."""

from __future__ import annotations

from math import gcd
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.table import look_up
from ..units.buffer import Buffer, Slot
from .turned import at, layout, masked, turned

#: Grains from which on beats are turned in a cycle of its own.
APART = 5


class Narrow(wiring.Component):
    """Cuts beats of ``made`` bytes out of beats of ``given``, which are more.

    A beat leaves every cycle, from packet to packet too: what is left of one that came, and what
    is missing of the next, become one beat.

    ``i.ready`` and all of ``o`` come from registers, but for a path from the exit's register.

    Parameters
    ----------
    given, made : bytes of a beat.
    short : whether the last beat of a packet may be short, because beats that come are whole. Else
        beats that leave are whole, and of the last beat of a packet those grains are taken that
        its mask keeps.

    Members
    -------
    i, o : beats as :func:`.turned.layout` has them.
    """

    def __init__(self, given: int, made: int, *, short: bool):
        self.given, self.made, self.short = given, made, short
        self.grain = gcd(given, made)
        self.many, self.few = given // self.grain, made // self.grain
        if not self.few < self.many:
            raise ValueError(f"beats must become narrower, got {given} and {made} bytes")
        super().__init__(
            {
                "i": In(stream.Signature(layout(given, self.many))),
                "o": Out(stream.Signature(layout(made, self.few))),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, i, few, many, bits = Module(), self.i, self.few, self.many, 8 * self.grain
        rest = many % few if few > 1 else 0
        m.submodules.exit = leave = Buffer(self.o.payload.shape())
        wiring.connect(m, leave.o, wiring.flipped(self.o))
        shape = data.StructLayout({"beat": self.o.payload.shape(), "places": range(max(few, 2))})
        source = i.payload.data
        fresh = [source.word_select(n, bits) for n in range(many)]
        kept = [Const(1, 1)] * many if self.short else list(i.payload.keep)

        # What is left of the beat before moves down; ``begin`` is where its next grain lies.
        held = [Signal(bits, name=f"held_{n}", reset_less=True) for n in range(many)]
        there = [Signal(name=f"there_{n}", reset_less=True) for n in range(many)]
        full, ended, final = Signal(), Signal(reset_less=True), Signal(reset_less=True)
        begin, entry = (Signal(range(max(few, 2)), name=name) for name in ("begin", "entry"))
        moves, goes, valid = Signal(), Signal(), Signal()
        numbers = range(1 << len(begin))
        far = look_up(m, begin, [int(n < rest) for n in numbers], 1, "far")
        exact = look_up(m, begin, [int(n == rest) for n in numbers], 1, "exact")
        after = look_up(m, entry, [(n - rest) % few for n in numbers], len(entry), "after")
        joins, more, direct = Signal(), Signal(), Signal()
        alone = ~at(kept, Const(0), 1, few)
        m.d.comb += [
            joins.eq(final & ~ended & ~exact if rest else 0),
            # A packet's last beat may be used up together with the one before: then nothing is
            # left, and what comes next leaves at once.
            direct.eq(~full if rest and not self.short else 0),
            valid.eq(Mux(full, ~joins | i.valid, direct & i.valid)),
            more.eq(~i.payload.last | at(kept, entry, few, 0)),
            goes.eq(valid & moves),
            i.ready.eq(~full | (final & moves)),
        ]
        with m.If(~full | (goes & final)):
            m.d.sync += [full.eq(i.valid & more), begin.eq(Mux(more, entry, 0))]
            m.d.sync += [ended.eq(i.payload.last), final.eq(~at(kept, entry, few, few))]
            for lanes, values in ((held, fresh), (there, kept)):
                m.d.sync += [lane.eq(value) for lane, value in zip(lanes, values, strict=True)]
            with m.If(i.valid):
                m.d.sync += entry.eq(Mux(i.payload.last, 0, after))
            with m.If(direct & moves):
                m.d.sync += [full.eq(i.valid & ~alone), final.eq(~at(kept, Const(0), 1, 2 * few))]
                for lanes, values in ((held, fresh), (there, kept)):
                    m.d.sync += [lane.eq(v) for lane, v in zip(lanes, values[few:], strict=False)]
                m.d.sync += [lane.eq(0) for lane in there[many - few :]]
        with m.Elif(goes):
            m.d.sync += final.eq(~at(there, begin, few, 2 * few))
            for lanes in (held, there):
                for lane, value in zip(lanes, [*lanes[few:], *[Const(0)] * few], strict=True):
                    m.d.sync += lane.eq(value)

        # The window from ``begin`` on, each grain in the lane of its number in a circle of few.
        up = look_up(m, begin, [(1 << min(n, few)) - 1 for n in numbers], few, "up")
        lanes, marks = list[Value](), list[Value]()
        crosses = Signal()
        m.d.comb += crosses.eq(final & ~exact if rest and self.short else joins)
        for n in range(few):
            above: Value = held[n + few] if n + few < many else Const(0, bits)
            own: Value = held[n]
            if not rest:
                new: Value = Const(0, 1)
            elif n < rest:
                new = crosses & far & up[n]
                above = Mux(crosses & far, masked(fresh[n + few - rest], ended), above)
            else:
                new = crosses & (far | up[n])
            lane = Mux(up[n], above, own)
            if rest and n >= rest:
                lane = Mux(new, masked(fresh[n - rest], ended), lane)
            lanes.append(Mux(direct, fresh[n], lane))
            marks.append(~(new & ended))
        window = Signal(shape)
        last = Mux(direct, alone & i.payload.last, final & (ended | (joins & ~more)))
        m.d.comb += [
            window.beat.data.eq(Cat(lanes)),
            window.beat.keep.eq(Cat(marks)),
            window.beat.last.eq(last),
            window.places.eq(begin),
        ]
        if few >= APART:
            m.submodules.window = beats = Slot(shape)
            m.d.comb += [
                beats.i.valid.eq(valid),
                beats.i.payload.eq(window),
                moves.eq(beats.i.ready),
                beats.o.ready.eq(leave.i.ready),
                leave.i.valid.eq(beats.o.valid),
            ]
            window = beats.o.payload
        else:
            m.d.comb += [leave.i.valid.eq(valid), moves.eq(leave.i.ready)]
        data_, keep = window.beat.data, window.beat.keep
        whole = [Cat(data_.word_select(n, bits), keep[n]) for n in range(few)]
        if rest:
            whole = turned(m, whole, window.places, "lane")
        m.d.comb += [
            leave.i.payload.data.eq(Cat(lane[:bits] for lane in whole)),
            leave.i.payload.keep.eq(Cat(lane[bits] for lane in whole)),
            leave.i.payload.last.eq(window.beat.last),
        ]
        return m
