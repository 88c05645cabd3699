"""Packets in beats of few bytes become packets in beats of more."""

from __future__ import annotations

from math import gcd
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.table import look_up
from ..units.buffer import Buffer, Slot
from .turned import layout, turned

#: Grains from which on beats are turned in a cycle of its own.
APART = 5


class Widen(wiring.Component):
    """Fills beats of ``made`` bytes out of beats of ``given``, which are fewer.

    A beat is taken every cycle, from packet to packet too. A beat is turned so that each of its
    grains stands under a lane where it may enter; lanes take it where it is their turn. What goes
    beyond a full beat waits aside for the next.

    ``i.ready`` and all of ``o`` come from registers.

    Parameters
    ----------
    given, made : bytes of a beat.
    short : whether the last beat of a packet may be short, because beats that come are whole. Else
        beats that leave are whole, and of what comes last in a packet the rest is left out.

    Members
    -------
    i, o : beats as :func:`.turned.layout` has them; of ``i`` the mask is not looked at.
    """

    def __init__(self, given: int, made: int, *, short: bool):
        self.given, self.made, self.short = given, made, short
        self.grain = gcd(given, made)
        self.few, self.many = given // self.grain, made // self.grain
        self.rest = self.many % self.few if self.few > 1 else 0
        if not self.few < self.many:
            raise ValueError(f"beats must become wider, got {given} and {made} bytes")
        super().__init__(
            {
                "i": In(stream.Signature(layout(given, self.few))),
                "o": Out(stream.Signature(layout(made, self.many))),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.entrance = entrance = Buffer(self.i.payload.shape())
        wiring.connect(m, wiring.flipped(self.i), entrance.i)
        source = self._turned(m, entrance.o) if self.few >= APART else entrance.o
        self._fill(m, source)
        return m

    # Where a beat begins in the one that it fills: ``turns`` of its own size, and a few grains.

    def _place(
        self, m: Module, goes: Value, last: Value, name: str
    ) -> tuple[Signal, list[Value], Value]:
        """Those grains, the turn as one bit of many, and whether the beat fills up."""
        whole, rest = self.many // self.few, self.rest
        grains = Signal(range(max(self.few, 2)), name=f"{name}_grains")
        turn = Signal(whole + bool(rest), init=1, name=f"{name}_turn")
        numbers = range(1 << len(grains))
        fills: Value = turn[-1]
        if rest:
            far = look_up(m, grains, [int(n < rest) for n in numbers], 1, f"{name}_far")
            fills = Mux(far, turn[-1], turn[-2])
            after = look_up(m, grains, [(n - rest) % self.few for n in numbers], len(grains),
                            f"{name}_after")  # fmt: skip
            with m.If(goes & (fills | last)):
                m.d.sync += grains.eq(Mux(last, 0, after))
        with m.If(goes):
            m.d.sync += turn.eq(Mux(fills | last, 1, turn << 1))
        return grains, list(turn), fills

    def _turned(self, m: Module, source: Any) -> Any:
        """Beats turned, a cycle later."""
        m.submodules.turned = slot = Slot(source.payload.shape())
        goes = source.valid & slot.i.ready
        grains, *_ = self._place(m, goes, source.payload.last, "turned")
        m.d.comb += [
            slot.i.valid.eq(source.valid),
            source.ready.eq(slot.i.ready),
            slot.i.payload.eq(source.payload),
            slot.i.payload.data.eq(self._turn(m, source.payload.data, grains)),
        ]
        return slot.o

    def _turn(self, m: Module, beat: Value, grains: Value) -> Value:
        lanes = [beat.word_select(n, 8 * self.grain) for n in range(self.few)]
        return Cat(turned(m, lanes, grains, "lane", up=True))

    def _fill(self, m: Module, source: Any) -> None:
        """Beats into the lanes where they belong."""
        few, bits, short = self.few, 8 * self.grain, self.short
        full, last, free = Signal(), Signal(), Signal()
        m.d.comb += [free.eq(~full | self.o.ready), source.ready.eq(free)]
        goes, ends = source.valid & free, source.payload.last
        grains, turn, fills = self._place(m, goes, ends, "fill")
        beat = source.payload.data
        if 1 < few < APART:
            beat = self._turn(m, beat, grains)
        lanes = [beat.word_select(n, bits) for n in range(few)]

        # What goes beyond waits aside; at the end of a packet it leaves as a short beat.
        below, aside = self._aside(m, lanes, grains, goes, flush := Signal())
        over = fills & aside.over if self.rest else Const(0, 1)
        with m.If(free):
            m.d.sync += [
                full.eq(flush | (source.valid & (fills | ends))),
                last.eq(flush | (ends & ~over if short else ends)),
            ]
            if self.rest:
                stays = flush | (over if short else over & ~ends)
                m.d.sync += aside.full.eq(Mux(source.valid, stays, aside.full & ~flush))
            if self.rest and short:
                m.d.sync += flush.eq(source.valid & ends & (over | flush))

        word = [Signal(bits + 1, name=f"word_{j}", reset_less=True) for j in range(self.many)]
        for j, lane in enumerate(word):
            turns, n = divmod(j, few)
            here = turn[turns] & ~below[n] if turns < len(turn) else Const(0, 1)
            if turns:
                here = here | (turn[turns - 1] & below[n])
            with m.If(free & (flush | source.valid)):
                if short:
                    with m.If(turn[0] | flush):
                        m.d.sync += lane.eq(0)
                with m.If(here & ~flush):
                    m.d.sync += lane.eq(Cat(lanes[n], 1))
                if self.rest and j < few:
                    with m.If(aside.full & aside.lanes[n][-1]):
                        m.d.sync += lane.eq(aside.lanes[n])
        m.d.comb += [
            self.o.valid.eq(full),
            self.o.payload.last.eq(last),
            self.o.payload.data.eq(Cat(lane[:bits] for lane in word)),
            self.o.payload.keep.eq(Cat(lane[bits] for lane in word)),
        ]

    def _aside(
        self, m: Module, lanes: list[Value], grains: Signal, goes: Value, flush: Value
    ) -> tuple[Value, _Aside]:
        """Whether each grain lies below where the beat begins; and what lies beyond its end."""
        few, rest, bits = self.few, self.rest, 8 * self.grain
        held = [Signal(bits + 1, name=f"aside_{n}", reset_less=True) for n in range(few)]
        if not rest:
            return Const(0, few), _Aside(held, Const(0, 1))
        numbers = range(1 << len(grains))
        below = look_up(m, grains, [(1 << min(n, few)) - 1 for n in numbers], few, "below")
        left = [(1 << (n - rest) % few) - 1 for n in numbers]
        beyond = look_up(m, grains, left, few, "beyond")
        over = look_up(m, grains, [int(n != rest) for n in numbers], 1, "over")
        with m.If(goes):
            for n, lane in enumerate(held):
                moved = Cat(lanes[(n + self.many) % few], beyond[n])
                m.d.sync += lane.eq(Mux(flush, Cat(lanes[n], 1), moved))
        return below, _Aside(held, over)


class _Aside:
    """Grains that wait for the next beat.

    Parameters
    ----------
    lanes : each with a mark on top: whether it is one.
    over : whether a beat that fills up leaves some.

    Attributes
    ----------
    full : whether there are any.
    """

    def __init__(self, lanes: list[Signal], over: Value):
        self.lanes, self.over, self.full = lanes, over, Signal(name="aside")
