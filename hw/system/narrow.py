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

    All of ``o`` comes from registers, and ``i.ready`` follows from registers alone.

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
        m, moves = Module(), Signal()
        m.submodules.exit = leave = Buffer(self.o.payload.shape())
        wiring.connect(m, leave.o, wiring.flipped(self.o))
        state = _State(m, self)
        self._take(m, state, moves)
        self._cut(m, state, moves, leave.i)
        return m

    def _take(self, m: Module, s: _State, moves: Signal) -> None:
        """What is left of the beat before moves down, or the next takes its place."""
        i, few, many = self.i, self.few, self.many
        goes = s.valid & moves
        m.d.comb += i.ready.eq(~s.full | (s.final & moves))
        with m.If(~s.full | (goes & s.final)):
            m.d.sync += [s.full.eq(i.valid & s.more), s.begin.eq(Mux(s.more, s.entry, 0))]
            m.d.sync += [s.ended.eq(i.payload.last), s.final.eq(~at(s.kept, s.entry, few, few))]
            for lanes, values in ((s.held, s.fresh), (s.there, s.kept)):
                m.d.sync += [lane.eq(value) for lane, value in zip(lanes, values, strict=True)]
            with m.If(i.valid):
                m.d.sync += s.entry.eq(Mux(i.payload.last, 0, s.after))
            with m.If(s.direct & moves):
                m.d.sync += s.full.eq(i.valid & ~s.alone)
                m.d.sync += s.final.eq(~at(s.kept, Const(0), 1, 2 * few))
                for lanes, values in ((s.held, s.fresh), (s.there, s.kept)):
                    m.d.sync += [lane.eq(v) for lane, v in zip(lanes, values[few:], strict=False)]
                m.d.sync += [lane.eq(0) for lane in s.there[many - few :]]
        with m.Elif(goes):
            m.d.sync += s.final.eq(~at(s.there, s.begin, few, 2 * few))
            for lanes in (s.held, s.there):
                for lane, value in zip(lanes, [*lanes[few:], *[Const(0)] * few], strict=True):
                    m.d.sync += lane.eq(value)

    def _cut(self, m: Module, s: _State, moves: Signal, leave: Any) -> None:
        """Out of the window a beat, turned so that its first grain is in the lowest lane."""
        few, bits = self.few, 8 * self.grain
        shape = data.StructLayout({"beat": self.o.payload.shape(), "places": range(max(few, 2))})
        window = Signal(shape)
        lanes, marks = self._window(m, s)
        m.d.comb += [
            window.beat.data.eq(Cat(lanes)),
            window.beat.keep.eq(Cat(marks)),
            window.beat.last.eq(
                Mux(
                    s.direct,
                    s.alone & self.i.payload.last,
                    s.final & (s.ended | (s.joins & ~s.more)),
                )
            ),
            window.places.eq(s.begin),
        ]
        if few >= APART:
            m.submodules.window = beats = Slot(shape)
            m.d.comb += [
                beats.i.valid.eq(s.valid),
                beats.i.payload.eq(window),
                moves.eq(beats.i.ready),
                beats.o.ready.eq(leave.ready),
                leave.valid.eq(beats.o.valid),
            ]
            window = beats.o.payload
        else:
            m.d.comb += [leave.valid.eq(s.valid), moves.eq(leave.ready)]
        values, keep = window.beat.data, window.beat.keep
        whole: list[Value] = [Cat(values.word_select(n, bits), keep[n]) for n in range(few)]
        if s.rest:
            whole = turned(m, whole, window.places, "lane")
        m.d.comb += [
            leave.payload.data.eq(Cat(lane[:bits] for lane in whole)),
            leave.payload.keep.eq(Cat(lane[bits] for lane in whole)),
            leave.payload.last.eq(window.beat.last),
        ]

    def _window(self, m: Module, s: _State) -> tuple[list[Value], list[Value]]:
        """The grains from ``begin`` on, each in the lane of its number in a circle of few, and
        which of them there are."""
        few, many, rest = self.few, self.many, s.rest
        up = look_up(m, s.begin, [(1 << min(n, few)) - 1 for n in s.numbers], few, "up")
        lanes, marks = list[Value](), list[Value]()
        for n in range(few):
            own: Value = s.held[n]
            above: Value = s.held[n + few] if n + few < many else Const(0, 8 * self.grain)
            new: Value = Const(0, 1)
            if rest and n < rest:
                new = s.crosses & s.far & up[n]
                lane = Mux(s.crosses & s.far, masked(s.fresh[n + few - rest], s.ended), above)
                lane = Mux(up[n], lane, own)
            elif rest:
                new = s.crosses & (s.far | up[n])
                lane = Mux(up[n], above, own)
                lane = Mux(new, masked(s.fresh[n - rest], s.ended), lane)
            else:
                lane = Mux(up[n], above, own)
            lanes.append(Mux(s.direct, s.fresh[n], lane))
            marks.append(~(new & s.ended))
        return lanes, marks


class _State:
    """What a :class:`Narrow` holds of the beat before, and what follows from it.

    Parameters
    ----------
    m : the module that has it.
    of : whose it is.

    Attributes
    ----------
    rest : grains by which a beat is no multiple of those that leave.
    fresh, kept : the grains that are offered, and which of them count.
    held, there : those that are left; ``full`` whether there are any.
    begin, entry : where the next grain lies in them, and will lie in the beat that is offered.
    ended, final : whether they are a packet's last; whether one beat more comes of them.
    joins, crosses : whether that beat needs grains of the next; whether it goes beyond.
    direct : whether a beat leaves at once: nothing is held. ``alone`` if that is all of it.
    more : whether the beat that is offered has more than what ``joins`` takes. A packet's last beat
        may be used up together with the one before.
    """

    def __init__(self, m: Module, of: Narrow):
        i, few, many, bits = of.i, of.few, of.many, 8 * of.grain
        rest = self.rest = many % few if few > 1 else 0
        self.fresh = [i.payload.data.word_select(n, bits) for n in range(many)]
        self.kept: list[Value] = [Const(1, 1)] * many if of.short else list(i.payload.keep)
        self.held = [Signal(bits, name=f"held_{n}", reset_less=True) for n in range(many)]
        self.there = [Signal(name=f"there_{n}", reset_less=True) for n in range(many)]
        self.full, self.ended, self.final = Signal(), Signal(), Signal()
        self.begin, self.entry = Signal(range(max(few, 2))), Signal(range(max(few, 2)))
        self.numbers = range(1 << len(self.begin))
        self.far = look_up(m, self.begin, [int(n < rest) for n in self.numbers], 1, "far")
        exact = look_up(m, self.begin, [int(n == rest) for n in self.numbers], 1, "exact")
        after = [(n - rest) % few for n in self.numbers]
        self.after = look_up(m, self.entry, after, len(self.entry), "after")
        self.joins, self.crosses, self.direct = Signal(), Signal(), Signal()
        self.more, self.alone, self.valid = Signal(), Signal(), Signal()
        m.d.comb += [
            self.joins.eq(self.final & ~self.ended & ~exact if rest else 0),
            self.crosses.eq(self.final & ~exact if rest and of.short else self.joins),
            self.direct.eq(~self.full if rest and not of.short else 0),
            self.more.eq(~i.payload.last | at(self.kept, self.entry, few, 0)),
            self.alone.eq(~at(self.kept, Const(0), 1, few)),
            self.valid.eq(Mux(self.full, ~self.joins | i.valid, self.direct & i.valid)),
        ]
