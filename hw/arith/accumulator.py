"""The accumulator over K."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.flags import Reachable
from .product import FlaggedLayout, flag_names
from .rows import Staggered, plus
from .shapes import shape_of


class Accumulator(wiring.Component):
    """Adds one addend a cycle; flags are sticky until the sum starts anew.

    A sum starts with ``first``: the addend is then added to ``initial`` (0 to clear) and the flags
    are those of the addend alone. The total never overflows as long as it stays within ``total``; a
    narrower ``total`` wraps. A wide sum is added in segments, each a cycle after the one below; or
    it is kept as sum and carry, which are added where they leave. Latency is one cycle, and
    ``late`` more.

    Parameters
    ----------
    addend, total : :class:`Range`
        Bounds of an addend, and of the sum.
    flags : :class:`Reachable`
        The flags that travel with the addends.
    preload : :class:`bool`
        Whether sums start from the port ``initial`` instead of 0.
    saturate : :class:`bool`
        Sums beyond ``total`` stay at its ends, instead of wrapping; these have no segments.
    segment : :class:`int`
        Bits of a segment; 0 for a sum in one piece.
    staggered : :class:`bool`
        Whether addends come in segments already.
    late : :class:`int`
        Cycles after which all segments are there, or more.
    carry_save : :class:`bool`
        Carries run only behind the sum: one cycle more.
    short : :class:`bool`
        Whether a bit is missing to addends, which a carry adds; not where sums saturate or save
        carries.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    accumulate : :py:`In(1)`
        Take the addend.
    first : :py:`In(1)`
        This addend starts a sum.
    i : :py:`In(FlaggedLayout(addend, flags))`
        The addend.
    missing : :py:`In(1)`
        The bit that is missing to it; only with ``short``.
    initial : :py:`In(…)`
        What the sum starts from; only with ``preload``.
    o : :py:`Out(FlaggedLayout(total, flags))`
        The sum so far, registered.
    """

    def __init__(
        self,
        addend: Range,
        total: Range,
        flags: Reachable,
        *,
        preload: bool = False,
        saturate: bool = False,
        segment: int = 0,
        staggered: bool = False,
        late: int = 0,
        carry_save: bool = False,
        short: bool = False,
    ):
        self.addend = addend
        self.total = total
        self.flags = flags
        self.preload = preload
        self.saturate = saturate
        self.segment = segment
        self.staggered = staggered
        self.late = late
        self.carry_save = carry_save
        self.short = short
        ports = {
            "enable": In(1),
            "accumulate": In(1),
            "first": In(1),
            "i": In(FlaggedLayout(addend, flags)),
            "o": Out(FlaggedLayout(total, flags)),
        }
        if preload:
            ports["initial"] = In(shape_of(total))
        if short:
            ports["missing"] = In(1)
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        sums = Staggered(m, self.enable, self.segment, "segment")
        held = Signal(self.o.shape(), name="held")
        self._flags(m, held)
        if self.carry_save:
            value = self._saved(m, sums, held.value)
        elif self.segment:
            value = self._segments(m, sums, held.value)
        else:
            value = held.value
            start = self.initial if self.preload else 0
            with m.If(self.enable & self.accumulate):
                m.d.sync += value.eq(self._sum(m, Mux(self.first, start, value)))
            value = sums.late(value, self.late)
        m.d.comb += self.o.value.eq(value)
        for name in flag_names(self.flags):
            m.d.comb += self.o[name].eq(sums.late(held[name], self.late))
        return m

    def _flags(self, m: Module, held: data.View) -> None:
        with m.If(self.enable & self.accumulate):
            for name in flag_names(self.flags):
                m.d.sync += held[name].eq((held[name] & ~self.first) | self.i[name])

    @property
    def _missing(self) -> Value:
        return self.missing if self.short else Const(0, 1)

    def _sum(self, m: Module, held: Value) -> Value:
        """``held`` and the addend, within the total's bounds or modulo its width."""
        if not self.saturate:
            return plus(self.i.value, held, self._missing, width=self.total.width)
        value = held + self.i.value
        low, high = self.total.low, self.total.high
        exact = Signal(value.shape(), name="exact")
        m.d.comb += exact.eq(value)
        return Mux(exact < low, low, Mux(exact > high, high, exact))

    def _saved(self, m: Module, sums: Staggered, held: Value) -> Value:
        """Sum and carry: a full adder a bit; then their sum, aligned."""
        width, addend = len(held), self.i.value
        carry = Signal(width, name="carry")
        addend = _slice(addend, 0, width)
        start = self.initial.as_unsigned() if self.preload else 0
        a, b, c = addend, Mux(self.first, start, held), Mux(self.first, 0, carry)
        with m.If(self.enable & self.accumulate):
            m.d.sync += [held.eq(a ^ b ^ c), carry.eq(((a & b) | (a & c) | (b & c)) << 1)]
        cuts = sums.cuts(width)
        late = [sums.late(value, time) for value in (held, carry) for time in range(len(cuts))]
        first, second = late[: len(cuts)], late[len(cuts) :]
        total = sums.plus(*(
            Cat(value[low:high] for value, (low, high) in zip(values, cuts, strict=True))
            for values in (first, second)
        ), width=width)  # fmt: skip
        return Cat(
            sums.late(total[low:high], self.late - time) for time, (low, high) in enumerate(cuts)
        )

    def _segments(self, m: Module, sums: Staggered, held: Value) -> Value:
        """Each segment of ``held`` takes its part a cycle after the one below; all, aligned."""
        width, addend = len(held), self.i.value
        cuts = sums.cuts(width)
        if self.staggered:
            addend = sums.extended(addend, width)
        accumulate, first, found = self.accumulate, self.first, []
        carry = self._missing
        for time, (low, high) in enumerate(cuts):
            more = high < width
            part = held[low:high]
            bits = addend if self.staggered else sums.late(addend, time)
            bits = _slice(bits, low, high)
            start = sums.late(self.initial[low:high], time) if self.preload else 0
            total = plus(bits, Mux(first, start, part), carry, width=high - low + more)
            with m.If(self.enable & accumulate):
                m.d.sync += part.eq(total[: high - low])
            found.append(sums.late(part, self.late - time))
            if more:
                carry = sums.late(total[high - low], 1)
                accumulate, first = sums.late(accumulate, 1), sums.late(first, 1)
        return Cat(*found)


def _slice(value: Value, low: int, high: int) -> Value:
    """Bits of a number, beyond its end too; unsigned."""
    top = value[-1] if value.shape().signed else Const(0, 1)
    return Cat(value[low:high], top.replicate(max(high - max(low, len(value)), 0)))
