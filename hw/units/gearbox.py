"""Cuts a stream of bytes into chunks of another size, wherever beats begin and end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.table import look_up
from .buffer import Buffer
from .gear import Gear


class Gearbox(wiring.Component):
    """Chunks of ``gear.chunk`` bytes out of beats of ``gear.given``.

    A chunk a cycle. It is cut out of the beats that are held and the one that is offered, by a
    shifter of one step or two. Where chunks begin is known a cycle before.

    Parameters
    ----------
    gear : :class:`Gear`

    Members
    -------
    i : :py:`In(stream.Signature(8 * gear.given))`
    o : :py:`Out(stream.Signature(StructLayout({"bytes": 8 * gear.chunk, "last": 1})))`
        ``last``: of a word. Its last chunk may have fewer bytes, in the low bits.
    """

    def __init__(self, gear: Gear):
        self.gear = gear
        made = data.StructLayout({"bytes": 8 * gear.chunk, "last": 1})
        super().__init__(
            {"i": In(stream.Signature(8 * gear.given)), "o": Out(stream.Signature(made))}
        )

    def elaborate(self, platform: Any) -> Module:
        m, gear = Module(), self.gear
        rules = self._rules
        flags = {
            name: Signal(name=name, init=rule(0, gear.chunks == 1)) for name, rule in rules.items()
        }
        moves, found, goes = Signal(), Signal(), Signal()
        held = self._pair if gear.wide > gear.given else self._single
        window = Signal(16 * gear.wide)
        whole, there = held(m, flags, goes & flags["ends"])
        m.d.comb += [window.eq(whole), found.eq(there), goes.eq(moves & found)]

        # Two slots cut the path from the ready of the chunks to that of the beats; a long shift is
        # made in two steps.
        offset, last = self._places(m, goes, flags)
        m.submodules.chunks = chunks = Buffer(self.o.payload.shape())
        m.d.comb += moves.eq(chunks.i.ready)
        there, part = found, self._cut(m, window, offset, gear.left)
        if gear.left:
            # Both steps move together: whether they do comes from a register.
            kept = [Signal(len(v), reset_less=True) for v in (part, offset[: gear.left], last)]
            there = Signal()
            with m.If(moves):
                m.d.sync += [
                    there.eq(found),
                    kept[0].eq(part),
                    kept[1].eq(offset),
                    kept[2].eq(last),
                ]
            part, last = self._cut(m, kept[0], kept[1], 0), kept[2]
        m.d.comb += [
            chunks.i.valid.eq(there),
            Value.cast(chunks.i.payload).eq(Cat(part, last)),
        ]
        wiring.connect(m, chunks.o, wiring.flipped(self.o))
        return m

    @property
    def _rules(self) -> dict[str, Callable[[int, bool], bool]]:
        """What is known of a chunk a cycle before, from its offset and whether it is the last."""
        gear = self.gear
        found: dict[str, Callable[[int, bool], bool]] = {"ends": gear.ends, "beyond": gear.beyond}
        return found | ({"over": gear.over, "far": gear.far} if gear.wide > gear.given else {})

    def _single(self, m: Module, flags: dict[str, Signal], done: Value) -> tuple[Value, Value]:
        """A beat is held: what chunks are cut out of, and whether the next one's bytes are there.

        ``done``: nothing is left of the beat.
        """
        held, there = Signal(8 * self.gear.wide, reset_less=True), Signal()
        m.d.comb += self.i.ready.eq(~there | done)
        with m.If(self.i.ready):
            m.d.sync += [held.eq(self.i.payload), there.eq(self.i.valid)]
        return Cat(held, self.i.payload), there & (~flags["beyond"] | self.i.valid)

    def _pair(self, m: Module, flags: dict[str, Signal], done: Value) -> tuple[Value, Value]:
        """Two beats are held, and another: the same. Beats enter the first place that is free."""
        bits, i = 8 * self.gear.given, self.i
        first, second, third = (
            Signal(bits, name=name, reset_less=True) for name in ("first", "second", "third")
        )
        has_first, has_second, has_third = Signal(), Signal(), Signal()
        empty = Signal()
        m.d.comb += [empty.eq(~has_first | done), i.ready.eq(~has_third | empty)]
        with m.If(empty):
            m.d.sync += [
                first.eq(third),
                has_first.eq(has_third),
                has_second.eq(has_third & i.valid),
                has_third.eq(~has_third & i.valid),
            ]
        with m.Else():
            m.d.sync += [
                has_second.eq(has_second | i.valid),
                has_third.eq(has_second & (has_third | i.valid)),
            ]
        with m.If(empty | ~has_second):
            m.d.sync += second.eq(i.payload)
        with m.If(~has_third):
            m.d.sync += third.eq(i.payload)
        near = has_first & (~flags["over"] | has_second)
        there = near & (~flags["beyond"] | has_third) & (~flags["far"] | i.valid)
        return Cat(first, second, third, i.payload), there

    def _places(self, m: Module, goes: Value, flags: dict[str, Signal]) -> tuple[Signal, Signal]:
        """Where the chunk begins that is cut out now, and whether it is a word's last."""
        gear, many = self.gear, self.gear.chunks
        offset = Signal(range(max(gear.positions, 2)))
        count = Signal(range(max(many, 2)))
        last, soon = Signal(init=many == 1), Signal(init=many <= 2)
        bits = len(offset)

        def table(rule: Callable[[int, bool, bool], int], name: str, width: int = 1) -> Value:
            """What follows from the offset, and whether this chunk and the next are the last."""
            numbers = range(4 << bits)
            results = [
                rule(n & (1 << bits) - 1, bool(n >> bits & 1), bool(n >> bits + 1)) for n in numbers
            ]
            return look_up(m, Cat(offset, last, soon), results, width, name)

        counts = [(n + 1) % many for n in range(1 << len(count))]
        with m.If(goes):
            m.d.sync += offset.eq(table(lambda o, x, y: gear.after(o, x), "offset_next", bits))
            for name, rule in self._rules.items():
                m.d.sync += flags[name].eq(table(partial(_after, gear, rule), f"{name}_next"))
            if many > 1:
                after = [n == (many - 2) % many for n in counts]
                m.d.sync += [
                    count.eq(look_up(m, count, counts, len(count), "count_next")),
                    last.eq(soon),
                    soon.eq(look_up(m, count, [int(n) for n in after], 1, "soon_next")),
                ]
        return offset, last

    def _cut(self, m: Module, window: Value, offset: Value, left: int) -> Value:
        """The bytes of ``window`` from ``offset`` on, but for its ``left`` lowest bits: two bits
        choose at a time."""
        grain, size = 8 * self.gear.grain, self.gear.size(False)
        bits, found = len(offset) if self.gear.positions > 1 else 0, window
        while bits > left:
            step = min(bits - left, 2)
            bits -= step
            wide = grain * (size + (1 << bits) - 1)
            ways = [found[(n << bits) * grain :][:wide] for n in range(1 << step)]
            chosen = [Mux(offset[bits], ways[n + 1], ways[n]) for n in range(0, len(ways), 2)]
            part = Signal(wide, name=f"cut_{bits}")
            both = Mux(offset[bits + 1], chosen[1], chosen[0]) if step == 2 else chosen[0]
            m.d.comb += part.eq(both)
            found = part
        return found[: grain * (size + (1 << left) - 1)]


def _after(
    gear: Gear, rule: Callable[[int, bool], bool], offset: int, last: bool, soon: bool
) -> bool:
    """What ``rule`` says of the next chunk."""
    return rule(gear.after(offset, last), soon)
