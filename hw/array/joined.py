"""What joins the parts of an array's sums: who is read when, and where codes leave."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from ..arith.partial_joiner import PartialJoiner, turn_layout
from ..arith.partial_word import PartialWord
from ..arith.shared import instance
from ..arith.timing import delayed
from ..plan.joining import loop_of
from ..plan.plan import Plan


class JoinedSums:
    """The parts of all sums are read in turn once a group is complete.

    Parameters
    ----------
    m, advance : where it stands, and what lets registers change.
    plan : what is joined.
    taken, first, close, last : marks of a step, whose addends can be read a cycle later.

    Members: ``address`` of the part that is read; ``words`` (by the sum's number) take what is
    there, ``codes`` are the sums; with ``ends`` these are whole in the next cycle, and ``last`` of
    a reduction.
    """

    def __init__(
        self,
        m: Module,
        advance: Signal,
        plan: Plan,
        taken: Value,
        first: Value,
        close: Value,
        last: Value,
    ):
        self.m, self.advance, self.plan = m, advance, plan
        assert plan.joining is not None
        self.joining = plan.joining
        turn, self.address = self._turns(taken, first, taken & close)
        over = turn.valid & turn.last & (turn.slot == self.joining.share - 1)
        cycles = self.joining.joins - 1
        self.ends = delayed(m, advance, over, cycles, "joined", reset=True)
        whose = Signal(name="last_joining", reset_less=True)
        with m.If(advance & taken & close):
            m.d.sync += whose.eq(last)
        self.last = delayed(m, advance, whose, cycles, "last_joined")
        self.words: dict[int, list[Signal]] = {}
        self.codes: dict[int, list[Value]] = {}
        for number in range(len(plan.sums)):
            self._joiners(number, turn)

    def _turns(self, taken: Value, first: Value, begins: Value) -> tuple[Any, Value]:
        """Whose turn it is, and the address of the part."""
        m, joining = self.m, self.joining
        loop = loop_of(self.plan, self.plan.sums[0])
        parts, share = joining.parts, joining.share
        added, used = Signal(range(parts + 1)), Signal(range(parts + 1))
        busy, bank = Signal(name="joining"), Signal(name="joining_bank")
        part, slot = Signal(range(max(parts, 2))), Signal(range(max(share, 2)), name="joining_slot")
        after = Mux(first, 1, Mux(added == parts, parts, added + 1))
        ends = part == parts - 1
        with m.If(self.advance):
            m.d.sync += part.eq(Mux(ends, 0, part + 1))
            with m.If(ends):
                m.d.sync += slot.eq(slot + 1)
                with m.If(slot == share - 1):
                    m.d.sync += busy.eq(0)
            with m.If(taken):
                m.d.sync += added.eq(after)
            with m.If(begins):
                m.d.sync += [
                    busy.eq(1), bank.eq(~bank), part.eq(0), slot.eq(0), used.eq(after)
                ]  # fmt: skip
        turn = Signal(turn_layout(share), name="turn")
        m.d.comb += [
            turn.valid.eq(busy),
            turn.slot.eq(slot),
            turn.first.eq(part == 0),
            turn.last.eq(ends),
            turn.added.eq(part < used),
        ]
        bits = (loop.stride - 1).bit_length()
        low = Cat(part, Const(0, bits))[:bits]
        return turn, Cat(low, bank)

    def _joiners(self, number: int, turn: Any) -> None:
        """The joiners of one sum's elements."""
        m, item = self.m, self.plan.sums[number]
        loop, joining = loop_of(self.plan, item), self.joining
        count = item.instances(self.plan.rows, self.plan.cols)
        shape = PartialWord(loop.plan)
        self.words[number] = [Signal(shape, name=f"part_{number}_{n}") for n in range(count)]
        self.codes[number] = []
        for start in range(0, count, joining.share):
            words = self.words[number][start : start + joining.share]
            name = f"joiner_{number}_{start}"
            make = partial(PartialJoiner, loop, joining.share, joining.parts)
            joiner = instance(m, name, ("joiner", number), make)
            m.d.comb += [joiner.enable.eq(self.advance), joiner.turn.eq(turn)]
            for index, word in enumerate(words):
                m.d.comb += joiner.words[index].eq(word)
                self.codes[number].append(joiner.o[index])
