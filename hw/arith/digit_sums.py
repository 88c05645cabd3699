"""Accumulators over K for each digit of a product, brought together behind them."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.flags import Reachable
from .accumulator import Accumulator
from .product import FlaggedLayout, apart_layout, flag_names
from .rows import Staggered
from .shapes import shape_of
from .timing import delayed


class DigitSums(wiring.Component):
    """Sums over K of each digit apart; they are shifted behind the sums, in a tree.

    So sums are as narrow as digits allow, and nothing is shifted in a step (TPE's OPT2, and OPT3
    where digits come one by one). Latency is that of :class:`Accumulator`, and a cycle for each
    level of the tree.

    Parameters
    ----------
    addends : bounds of the addend of each digit, its shift as ``lsb``.
    count : addends of the longest sum.
    total : bounds of the whole.
    flags : the flags that travel with the addends.
    late : cycles of the accumulators and the tree beyond the first.
    levels : of the tree.
    carry_save : see :class:`Accumulator`.

    Members
    -------
    enable, accumulate, first : :py:`In(1)`
        As in :class:`Accumulator`.
    i : :py:`In(apart_layout(addends, flags))`
        The addends.
    o : :py:`Out(FlaggedLayout(total, flags))`
        The sum so far, registered.
    """

    def __init__(
        self,
        addends: tuple[Range, ...],
        count: int,
        total: Range,
        flags: Reachable,
        *,
        late: int,
        levels: int,
        carry_save: bool,
    ):
        self.addends, self.count, self.total, self.flags = addends, count, total, flags
        self.late, self.levels, self.carry_save = late, levels, carry_save
        super().__init__(
            {
                "enable": In(1),
                "accumulate": In(1),
                "first": In(1),
                "i": In(apart_layout(addends, flags)),
                "o": Out(FlaggedLayout(total, flags)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        sums = [self._sum(m, number) for number in range(len(self.addends))]
        rows = Staggered(m, self.enable, 0, "joined")
        for level in range(self.levels):
            held = []
            for (a, low), (b, high) in zip(sums[::2], sums[1::2], strict=False):
                bounds = low + high
                held.append((rows.joined(a, low, b, high, bounds), bounds))
            held += sums[len(sums) - len(sums) % 2 :]
            sums = []
            for number, (value, bounds) in enumerate(held):
                name = f"sum_{level}_{number}"
                register = Signal(shape_of(bounds), name=name, reset_less=True)
                with m.If(self.enable):
                    m.d.sync += register.eq(value)
                sums.append((register, bounds))
        [(value, bounds)] = sums
        m.d.comb += self.o.value.eq(value << bounds.lsb)
        return m

    def _sum(self, m: Module, number: int) -> tuple[Value, Range]:
        """The accumulator of a digit, and bounds; that of the first has the flags."""
        flags, addend = Reachable(False, False) if number else self.flags, self.addends[number]
        late, total = self.late - self.levels, addend.times(self.count)
        part = Accumulator(addend, total, flags, late=late, carry_save=self.carry_save)
        m.submodules[f"digit_{number}"] = part
        m.d.comb += [
            part.enable.eq(self.enable),
            part.accumulate.eq(self.accumulate),
            part.first.eq(self.first),
            part.i.value.eq(self.i.sums[str(number)]),
        ]
        for name in flag_names(flags):
            m.d.comb += part.i[name].eq(self.i[name])
            m.d.comb += self.o[name].eq(delayed(m, self.enable, part.o[name], self.levels, name))
        return part.o.value, total
