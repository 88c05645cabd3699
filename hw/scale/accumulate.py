"""Exact sums over groups, for many rows and columns in turn."""

from __future__ import annotations

from math import ceil
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.flags import Reachable
from ..arith.blueprint import Blueprint
from ..arith.product import FlaggedLayout, flag_names
from ..arith.store import Store
from ..arith.timing import delayed
from ..plan.terms import NO_FLAGS
from .exact import InvertedLayout

#: The longest carry run of an exact accumulator; longer sums take another cycle each.
SEGMENT = 32


class Slot(data.StructLayout):
    """Which sum an addend goes into.

    Members: ``valid``; ``first`` (it starts the sum), ``final`` (it is the last one), ``address``
    (the address of the sum in the unit's store).
    """

    def __init__(self, slots: int):
        super().__init__(
            {"valid": 1, "first": 1, "final": 1, "address": max(slots - 1, 1).bit_length()}
        )


class ExactAccumulator(Blueprint):
    """Adds integers into many sums in turn; at most one addend a cycle.

    The sum with the addend in it leaves ``latency`` cycles with ``enable`` after it. A sum may
    be added to in every cycle. Carries wait a cycle at every :data:`SEGMENT` bits.

    Parameters
    ----------
    addend : :class:`Range`
        Bounds and unit of an addend.
    total : :class:`Range`
        Bounds and unit of a sum; it wraps if the sum goes beyond.
    addend_flags, flags : :class:`Reachable`
        Of the addends, of the sums.
    depth : :class:`int`
        Number of sums that are kept; 0 where every addend is a sum of its own.
    reads : :class:`bool`
        Whether there is a second read port, at ``read_address``.
    saturate : :class:`bool`
        Sums beyond ``total`` stay at its ends, instead of wrapping.
    staggered : :class:`bool`
        Each segment of an addend comes a cycle after the one below, of ``total``'s width and unit.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    slot : :py:`In(Slot(depth))`
        What to do with the addend.
    i : :py:`In(InvertedLayout(addend, addend_flags))`
        The addend.
    o : :py:`Out(FlaggedLayout(total, flags))`
        The sum.
    """

    #: The slot comes with its addend.
    early = 0

    def __init__(
        self,
        addend: Range,
        total: Range,
        addend_flags: Reachable,
        flags: Reachable,
        depth: int,
        *,
        reads: bool = False,
        saturate: bool = False,
        staggered: bool = False,
    ):
        self.addend, self.total, self.flags, self.depth = addend, total, flags, depth
        self.staggered = staggered
        self.addend_flags, self.reads, self.saturate = addend_flags, reads, saturate
        # A sum that saturates is looked at whole.
        count = 1 if saturate else ceil(total.width / SEGMENT)
        step = ceil(total.width / count)
        self.bounds = [(low, min(low + step, total.width)) for low in range(0, total.width, step)]
        ports = {
            "enable": In(1),
            "slot": In(Slot(depth)),
            "i": In(InvertedLayout(addend, addend_flags)),
            "o": Out(FlaggedLayout(total, flags)),
        }
        if reads:
            ports["read_address"] = In(range(max(depth, 2)))
            ports["read"] = Out(FlaggedLayout(total, flags))
        super().__init__(ports)

    @property
    def latency(self) -> int:
        return len(self.bounds)

    @property
    def segments(self) -> list[tuple[int, int]]:
        """First bit and end of an addend's parts that are added in different cycles."""
        return [(0, self.addend.width)] if self.saturate else self.bounds

    def build(self, m: Module, io: Any) -> None:
        shift = self.addend.lsb - self.total.lsb
        wide = max(self.total.width, self.addend.width + shift) + 1
        whole = Signal(wide, name="addend")
        # Bits below the addend's unit fill with the minus, as its inverse does.
        number, minus = io.i.number.value, io.i.minus
        padded = Cat(minus.replicate(shift), number)
        m.d.comb += whole.eq(padded.as_signed() if self.addend.signed else padded)

        parts, found = [], []
        carry = minus
        for index, (low, high) in enumerate(self.bounds):
            piece = whole if self.saturate else whole[low:high]
            part, carry, seen = self._segment(m, io, index, piece, carry)
            parts.append(delayed(m, io.enable, part, self.latency - 1 - index, f"sum_{index}"))
            found.append(seen)
        m.d.comb += io.o.value.eq(Cat(*parts))
        self._flags(m, io)
        if self.reads:
            m.d.comb += io.read.value.eq(Cat(*found))

    def _slot(self, m: Module, io: Any, cycles: int) -> tuple[Value, Value, Value]:
        slot = io.slot
        valid = delayed(m, io.enable, slot.valid, cycles, f"valid_{cycles}", reset=True)
        first = delayed(m, io.enable, slot.first, cycles, f"first_{cycles}")
        address = delayed(m, io.enable, slot.address, cycles, f"address_{cycles}")
        return valid, first, address

    def _segment(
        self, m: Module, io: Any, index: int, addend: Value, carry: Value
    ) -> tuple[Value, Value, Value]:
        """One segment's sum and carry, registered, and what the second port reads."""
        width = self.total.width if self.saturate else len(addend)
        late = 0 if self.staggered else index
        addend = delayed(m, io.enable, addend, late, f"addend_{index}")
        valid, first, address = self._slot(m, io, index)
        kept, seen, store = Const(0, width), Const(0, width), None
        if self.depth:
            store, kept, seen = self._store(m, io, f"segment_{index}", width, valid, first, address)
        value, carry = self._added(m, index, addend, kept, carry, width)
        if store is not None:
            m.d.comb += store.data.eq(value)
        register = Signal(width, name=f"segment_{index}", reset_less=True)
        carried = Signal(name=f"carry_{index}", reset_less=True)
        with m.If(io.enable):
            m.d.sync += [register.eq(value), carried.eq(carry)]
        return register, carried, seen

    def _added(
        self, m: Module, index: int, addend: Value, kept: Value, carry: Value, width: int
    ) -> tuple[Value, Value]:
        """The sum of a segment and its carry.

        The carry enters through a bit of its own; the addend comes bare from a register, so that
        the selection of what is kept shares a LUT with the addition.
        """
        if self.saturate and self.total.signed:
            kept = Cat(kept, kept[-1].replicate(len(addend) - width))
        total = Signal(len(addend) + 2, name=f"total_{index}")
        m.d.comb += total.eq(Cat(Const(1, 1), addend) + Cat(carry, kept))
        if not self.saturate:
            return total[1 : width + 1], total[-1]
        value = Signal(width, name="saturated")
        exact = total[1:-1].as_signed()
        low, high = self.total.low, self.total.high
        m.d.comb += value.eq(Mux(exact < low, low, Mux(exact > high, high, exact)))
        return value, Const(0, 1)

    def _store(
        self,
        m: Module,
        io: Any,
        name: str,
        width: int,
        valid: Value,
        first: Value,
        address: Value,
    ) -> tuple[Store, Value, Value]:
        """A store whose word at ``address`` is replaced; it reads as 0 where a sum starts."""
        store = Store(width, self.depth, 1 + self.reads)
        m.submodules[name] = store
        m.d.comb += [
            store.write.eq(io.enable & valid),
            store.address.eq(address),
            store.read_address_0.eq(address),
        ]
        seen = Const(0, width)
        if self.reads:
            m.d.comb += store.read_address_1.eq(io.read_address)
            seen = store.read_1
        return store, Mux(first, 0, store.read_0), seen

    def _flags(self, m: Module, io: Any) -> None:
        """Sticky flags, beside the lowest segment."""
        names = flag_names(self.flags)
        if self.flags == NO_FLAGS:
            return
        fresh = Cat(
            *(io.i.number[n] if n in flag_names(self.addend_flags) else Const(0, 1) for n in names)
        )
        total = Signal(len(names), name="flags")
        kept = Const(0, len(names))
        if self.depth:
            valid, first, address = self._slot(m, io, 0)
            store, kept, seen = self._store(m, io, "flags", len(names), valid, first, address)
            m.d.comb += store.data.eq(total)
            if self.reads:
                m.d.comb += [io.read[name].eq(seen[i]) for i, name in enumerate(names)]
        m.d.comb += total.eq(fresh | kept)
        result = delayed(m, io.enable, total, self.latency, "flags_out")
        m.d.comb += [io.o[name].eq(result[i]) for i, name in enumerate(names)]
