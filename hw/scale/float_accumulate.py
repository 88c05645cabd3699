"""Sums of floats over groups, for many rows and columns in turn: each addition is rounded."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ...golden.formats import Minifloat
from ..arith.blueprint import Blueprint
from ..arith.store import Store
from ..arith.timing import delayed
from ..fp import FloatAdd
from ..plan.sharing import ADDER_STAGES
from .accumulate import Slot


class FloatAccumulator(Blueprint):
    """Adds floats into many sums in turn, each rounded; at most one addend a cycle.

    Sums start from +0. A sum may be added to again ``sharing.ADDER_LOOP`` cycles later.

    Parameters
    ----------
    format : :class:`Minifloat`
        Of addends and sums.
    depth : :class:`int`
        Number of sums that are kept; 0 where every addend is a sum of its own.
    reads : :class:`bool`
        Whether there is a second read port, at ``read_address``.

    Members
    -------
    enable, slot : as of :class:`ExactAccumulator`; the slot ``early`` cycles before its addend.
    i : :py:`In(format.bits)`
        The addend's code.
    o : :py:`Out(format.bits)`
        The sum's.
    """

    def __init__(self, format: Minifloat, depth: int, *, reads: bool = False):
        self.format, self.depth, self.reads = format, depth, reads
        ports = {
            "enable": In(1),
            "slot": In(Slot(depth)),
            "i": In(format.bits),
            "o": Out(format.bits),
        }
        if reads:
            ports["read_address"] = In(range(max(depth, 2)))
            ports["read"] = Out(format.bits)
        super().__init__(ports)

    @property
    def early(self) -> int:
        """Cycles in which the sum is read, before its addend is there."""
        return 1 if self.depth else 0

    @property
    def latency(self) -> int:
        return ADDER_STAGES if self.depth else 0

    def build(self, m: Module, io: Any) -> None:
        if not self.depth:
            # The sum of +0 and the addend: the addend, but for -0.
            minus_zero = io.i == 1 << (self.format.bits - 1)
            m.d.comb += io.o.eq(Mux(minus_zero, 0, io.i))
            return
        adder = FloatAdd(self.format, self.format, self.format, stages=ADDER_STAGES)
        m.submodules.add = add = adder.component()
        m.submodules.store = store = Store(self.format.bits, self.depth, 1 + self.reads)
        slot, enable, cycles = io.slot, io.enable, self.early + self.latency
        before = Signal(self.format.bits, name="before", reset_less=True)
        with m.If(enable):
            m.d.sync += before.eq(Mux(slot.first, 0, store.read_0))
        m.d.comb += [
            add.enable.eq(enable),
            store.read_address_0.eq(slot.address),
            add.a.eq(before),
            add.b.eq(io.i),
            io.o.eq(add.o),
            store.data.eq(add.o),
            store.address.eq(delayed(m, enable, slot.address, cycles, "address")),
            store.write.eq(enable & delayed(m, enable, slot.valid, cycles, "valid", reset=True)),
        ]
        if self.reads:
            m.d.comb += [store.read_address_1.eq(io.read_address), io.read.eq(store.read_1)]


class FloatSingle(Blueprint):
    """Takes the accumulator's place where every addend is a sum of its own."""

    early = latency = 0

    def __init__(self, format: Minifloat):
        slot = In(Slot(0))
        super().__init__(
            {"enable": In(1), "slot": slot, "i": In(format.bits), "o": Out(format.bits)}
        )

    def build(self, m: Module, io: Any) -> None:
        m.d.comb += io.o.eq(io.i)
