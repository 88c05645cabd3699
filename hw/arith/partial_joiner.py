"""What the parts of aligned sums make together: one more step, whose addends come one by one."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .partial_rounding import Marked, Rounding, packed
from .partial_sums import PartialLoop
from .partial_word import PartialWord, distance, infinite, nought, own_top, shifted
from .rows import plus
from .shapes import shape_of
from .timing import delayed, select


def turn_layout(count: int) -> data.StructLayout:
    """Which part is there: that of sum ``slot``, the ``first``, the ``last`` one; whether anything
    was ``added`` to it."""
    slot = max((count - 1).bit_length(), 1)
    return data.StructLayout({"valid": 1, "slot": slot, "first": 1, "last": 1, "added": 1})


class PartialJoiner(wiring.Component):
    """Takes the parts of ``count`` sums in turn, ``parts`` of each; gives codes.

    The rule is :func:`macsmith.golden.aligned.joined`. The greatest exponent is found as the parts
    come, while they wait; then all are moved to it and added. A sum's code stands at the output
    ``latency`` cycles after its last part, until the next one's.

    Parameters
    ----------
    loop : :class:`PartialLoop`
        What makes the parts.
    count, parts : :class:`int`
        Sums in turn, parts of each that can be more than zero.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    words : :py:`In(ArrayLayout(PartialWord(plan), count))`
        A part of each sum.
    turn : :py:`In(turn_layout(count))`
        Whose is taken.
    o : :py:`Out(ArrayLayout(format.bits, count))`
        The sums' codes.
    """

    def __init__(self, loop: PartialLoop, count: int, parts: int):
        self.loop, self.plan, self.count, self.parts = loop, loop.plan, count, parts
        super().__init__(
            {
                "enable": In(1),
                "words": In(data.ArrayLayout(PartialWord(self.plan), count)),
                "turn": In(turn_layout(count)),
                "o": Out(data.ArrayLayout(self.plan.format.bits, count)),
            }
        )

    @staticmethod
    def cycles(loop: PartialLoop, parts: int) -> int:
        """Cycles from a sum's last part to its code."""
        return parts + 7 + _rounding(loop, parts).latency

    @property
    def latency(self) -> int:
        return self.cycles(self.loop, self.parts)

    def elaborate(self, platform: Any) -> Module:
        m, plan = Module(), self.plan

        # The part whose turn it is. Those that nothing was added to are zero.
        chosen = select(m, [Value.cast(word) for word in self.words], self.turn.slot, "chosen")
        word = Signal(PartialWord(plan), name="part", reset_less=True)
        with m.If(self.enable):
            m.d.sync += word.eq(Mux(self.turn.added, chosen, Value.cast(nought(plan))))

        # The greatest exponent of a sum's parts, while these wait.
        most, marked = self._over_all(m, word)
        waits = self.parts + 1
        negative, significand, exponent = (
            self._late(m, word[name], waits, f"waiting_{name}")
            for name in ("negative", "significand", "exponent")
        )

        # All of them in its unit, added up.
        top = own_top(plan)
        far = self._late(m, distance(m, most, exponent, top, plan), 1, "far")
        negative, significand = (
            self._late(m, value, 1, "moving") for value in (negative, significand)
        )
        moved = shifted(m, significand, far, negative, top, plan)
        addend, carry = self._late(m, moved, 1, "moved"), self._late(m, negative, 1, "carry")
        total = self._total(m, addend, carry, len(moved))

        made = self._rounding.write(
            m,
            self.enable,
            total,
            Const(0, 1),
            self._late(m, most, 3, "most_of_total"),
            Marked(*(self._late(m, value, 2, "marked") for value in marked)),
        )
        # What is beyond the format is found a cycle before the code.
        told = Signal(PartialWord(plan), name="told")
        m.d.comb += [told.eq(made), told.infinite.eq(infinite(plan, made))]
        last = data.View(told.shape(), self._late(m, Value.cast(told), 1, "last"))
        self._hand_over(m, packed(plan, last))
        return m

    @property
    def _rounding(self) -> Rounding:
        return _rounding(self.loop, self.parts)

    def _late(self, m: Module, value: Value, cycles: int, name: str) -> Value:
        return delayed(m, self.enable, value, cycles, name)

    def _over_all(self, m: Module, word: data.View) -> tuple[Value, Marked]:
        """The greatest exponent of all parts, for as many cycles as there are parts, from two after
        the last one on; and what NaN and infinities make of them, a cycle later."""
        first, last = (self._late(m, self.turn[name], 1, name) for name in ("first", "last"))
        shape = shape_of(PartialWord(self.plan).exponents)
        so_far, most = Signal(shape, name="so_far"), Signal(shape, name="most")
        beyond = infinite(self.plan, word)
        here = Cat(word.nan, beyond & ~word.negative, beyond & word.negative)
        here, begins = self._late(m, here, 1, "here"), self._late(m, first, 1, "flags_begin")
        flags, all_flags = Signal(3, name="flags"), Signal(3, name="all_flags")
        greater = first | (word.exponent > so_far)
        with m.If(self.enable):
            m.d.sync += [
                so_far.eq(Mux(greater, word.exponent, so_far)),
                flags.eq(here | Mux(begins, 0, flags)),
            ]
            with m.If(self._late(m, last, 1, "whole")):
                m.d.sync += most.eq(so_far)
            with m.If(self._late(m, last, 2, "all_told")):
                m.d.sync += all_flags.eq(flags)
        nan, positive, negative = all_flags
        return most, Marked(nan | (positive & negative), positive | negative, negative)

    def _total(self, m: Module, addend: Value, carry: Value, width: int) -> Value:
        """The sum of the parts so far."""
        first = self._late(m, self.turn.first, self.parts + 4, "begins")
        total = Signal(_width(self.loop, self.parts), name="total")
        before = total & ~first.replicate(len(total))
        with m.If(self.enable):
            m.d.sync += total.eq(plus(addend, before.as_signed(), carry, width=len(total)))
        return total

    def _hand_over(self, m: Module, code: Value) -> None:
        """Each code to the register of its sum."""
        cycles = self.latency - 1
        ends = self._late(m, self.turn.valid & self.turn.last, cycles, "ends")
        slot = self._late(m, self.turn.slot, cycles, "slot")
        for index in range(self.count):
            held = Signal(len(code), name=f"code_{index}", reset_less=True)
            with m.If(self.enable & ends & (slot == index)):
                m.d.sync += held.eq(code)
            m.d.comb += self.o[index].eq(held)


def _width(loop: PartialLoop, parts: int) -> int:
    """Bits of the sum of all parts."""
    plan = loop.plan
    one = max(plan.fraction - own_top(plan), 0) + plan.format.significand_width
    return one + 1 + (parts - 1).bit_length()


def _rounding(loop: PartialLoop, parts: int) -> Rounding:
    return Rounding(loop.plan, _width(loop, parts))
