"""A DSP block whose adder is cut into parts: what it computes, or an instance of it by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .block import instance, instantiated
from .kinds import Kind


@dataclass(frozen=True)
class AdderMode:
    """What an adder does, always.

    Parameters
    ----------
    parts : as many numbers side by side, 2 or 4.
    cascades : whether it adds what the block below it leaves.
    accumulates : whether it adds its own sum, unless one starts.
    """

    parts: int
    cascades: bool = False
    accumulates: bool = False

    #: Cycles from what is added to the sum.
    latency = 2


class Adder(wiring.Component):
    """``p = a + c``, and what the mode adds, in each part without carries from the others.

    Parameters
    ----------
    kind : the maker's block that does it.
    mode : :class:`AdderMode`

    Members
    -------
    enable, take, first, below, above, p : as of :class:`Block`
    a, c : :py:`In(sum)`
        What is added.
    """

    def __init__(self, kind: Kind, mode: AdderMode):
        self.kind, self.mode = kind, mode
        size = kind.geometry.sum
        super().__init__(
            {
                "enable": In(1),
                **({"take": In(1), "first": In(1)} if mode.accumulates else {}),
                "a": In(size),
                "c": In(size),
                **({"below": In(size)} if mode.cascades else {}),
                "above": Out(size),
                "p": Out(size),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        if not instantiated():
            return self._plain()
        assert self.kind.parts is not None
        return instance(self.kind.cell, self.kind.parts(self))

    @property
    def takes(self) -> Value:
        """Whether the sum changes."""
        return self.enable & self.take if self.mode.accumulates else self.enable

    def _plain(self) -> Module:
        m, mode, size = Module(), self.mode, self.kind.geometry.sum
        held = [Signal(size, name=f"{name}_0", reset_less=True) for name in "ac"]
        with m.If(self.enable):
            m.d.sync += [held[0].eq(self.a), held[1].eq(self.c)]
        total = Signal(size, reset_less=True)
        addends: list[Value] = list(held)
        if mode.cascades:
            addends.append(self.below)
        if mode.accumulates:
            addends.append(Mux(self.first, Const(0, size), total))
        width = size // mode.parts
        sums = []
        for start in range(0, size, width):
            part: Value = Const(0, width)
            for addend in addends:
                part = part + addend[start : start + width]
            sums.append(part[:width])
        with m.If(self.takes):
            m.d.sync += total.eq(Cat(*sums))
        m.d.comb += [self.p.eq(total), self.above.eq(total)]
        return m
