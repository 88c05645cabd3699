"""The accumulator over K."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..golden.bounds import Range
from ..golden.flags import Reachable
from .product import FlaggedLayout, flag_names
from .rows import plus
from .shapes import shape_of


class Accumulator(wiring.Component):
    """Adds one addend a cycle; flags are sticky until the sum starts anew.

    A sum starts with ``first``: the addend is then added to ``initial`` (0 to clear) and the flags
    are those of the addend alone. Latency is one cycle. The total never overflows as long as it
    stays within ``total``; a narrower ``total`` wraps.

    Parameters
    ----------
    addend, total : :class:`Range`
        Bounds of an addend, and of the sum.
    flags : :class:`Reachable`
        The flags that travel with the addends.
    preload : :class:`bool`
        Whether sums start from the port ``initial`` instead of 0.
    saturate : :class:`bool`
        Sums beyond ``total`` stay at its ends, instead of wrapping.

    Members
    -------
    enable : :py:`In(1)`
        Take the addend.
    first : :py:`In(1)`
        This addend starts a sum.
    i : :py:`In(FlaggedLayout(addend, flags))`
        The addend.
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
    ):
        self.addend = addend
        self.total = total
        self.flags = flags
        self.preload = preload
        self.saturate = saturate
        ports = {
            "enable": In(1),
            "first": In(1),
            "i": In(FlaggedLayout(addend, flags)),
            "o": Out(FlaggedLayout(total, flags)),
        }
        if preload:
            ports["initial"] = In(shape_of(total))
        super().__init__(ports)

    def elaborate(self, platform):
        m = Module()
        start = self.initial if self.preload else 0
        held = Mux(self.first, start, self.o.value)
        with m.If(self.enable):
            m.d.sync += self.o.value.eq(self._sum(m, held))
            for name in flag_names(self.flags):
                m.d.sync += self.o[name].eq((self.o[name] & ~self.first) | self.i[name])
        return m

    def _sum(self, m, held):
        """``held`` and the addend, within the total's bounds or modulo its width."""
        if not self.saturate:
            return plus(self.i.value, held, width=self.total.width)
        value = held + self.i.value
        low, high = self.total.low, self.total.high
        exact = Signal(value.shape(), name="exact")
        m.d.comb += exact.eq(value)
        return Mux(exact < low, low, Mux(exact > high, high, exact))
