"""A DSP block, one small component: what it computes, or an instance of it by name.

Everywhere but inside :func:`instances` a block is written as plain registers and arithmetic: these
simulate anywhere, and any tool maps them somehow. The two are proven equal, with the model of the
block that is kept beside the simulators.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Const, Instance, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .kinds import Kind
from .kinds.kind import Ports

_INSTANCES: ContextVar[bool] = ContextVar("instances", default=False)


@contextmanager
def instances() -> Iterator[None]:
    """Within, blocks are instances."""
    token = _INSTANCES.set(True)
    try:
        yield
    finally:
        _INSTANCES.reset(token)


def instantiated() -> bool:
    """Whether blocks are instances here."""
    return _INSTANCES.get()


def instance(cell: str, ports: Ports) -> Module:
    """A module with nothing but an instance."""
    m = Module()
    m.submodules.block = Instance(
        cell,
        *(("p", name, value) for name, value in ports.parameters.items()),
        *(("i", name, value) for name, value in ports.inputs.items()),
        *(("o", name, value) for name, value in ports.outputs.items()),
    )
    return m


@dataclass(frozen=True)
class BlockMode:
    """What a block does, always.

    Parameters
    ----------
    delay : cycles that its factors wait in the block beyond the least, 0 or 1.
    cascades : whether it adds what the block below it leaves.
    accumulates : whether it adds its own sum, unless one starts.
    start : what a sum starts from; of one that does not accumulate, every sum.
    stays : the port (0: wide, 1: narrow) whose factor stays until the next is swapped in; what is
        loaded waits for that in a register of its own. The factors of the other port do not wait
        for it.
    chooses : whether the wide factor is ``d`` or ``a``, as a bit says that comes with them; else
        their difference.
    """

    delay: int = 0
    cascades: bool = False
    accumulates: bool = False
    start: int = 0
    stays: int | None = None
    chooses: bool = False

    @property
    def latency(self) -> int:
        """Cycles from the factors to the sum."""
        return 3 + self.delay

    def twice(self, port: int) -> bool:
        """Whether a port (0: wide, 1: narrow) has two registers."""
        return self.delay > 0 or self.stays == port


class Block(wiring.Component):
    """``p = (d - a) * b``, or ``(choose ? d : a) * b``, and what the mode adds.

    Parameters
    ----------
    kind : the maker's block that does it.
    mode : :class:`BlockMode`

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    take : :py:`In(1)`
        Add; only if it accumulates.
    first : :py:`In(1)`
        The sum starts anew with what is added in this cycle; only if it accumulates.
    load, swap : :py:`In(1)`
        Take a factor that is to stay; multiply by it from now on. Only if one stays, and then
        whatever ``enable`` is.
    d, a, b : :py:`In(signed(wide))`, :py:`In(signed(wide))`, :py:`In(signed(narrow))`
        The factors; ``d - a`` in as many bits. A block that does not subtract ignores ``a``.
    choose : :py:`In(1)`
        The wide factor is ``d``; only if it chooses.
    below : :py:`In(sum)`
        The sum of the block below; only if it cascades. A wire of the column, no other reads it.
    above : :py:`Out(sum)`
        The same for the block above; only of a kind that cascades.
    p : :py:`Out(sum)`
        The sum.
    """

    def __init__(self, kind: Kind, mode: BlockMode):
        self.kind, self.mode = kind, mode
        size = kind.geometry
        ports = {
            "enable": In(1),
            **({"take": In(1), "first": In(1)} if mode.accumulates else {}),
            **({"load": In(1), "swap": In(1)} if mode.stays is not None else {}),
            "d": In(signed(size.wide)),
            "a": In(signed(size.wide)),
            "b": In(signed(size.narrow)),
            **({"choose": In(1)} if mode.chooses else {}),
            **({"below": In(size.sum)} if mode.cascades else {}),
            **({"above": Out(size.sum)} if size.cascades else {}),
            "p": Out(size.sum),
        }
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        return self._instance() if instantiated() else self._plain()

    @property
    def takes(self) -> Value:
        """Whether the sum changes."""
        return self.enable & self.take if self.mode.accumulates else self.enable

    def enables(self, port: int) -> tuple[Value, Value]:
        """What moves the first and the second register of a port."""
        if self.mode.stays == port:
            return self.load, self.swap
        return self.enable, self.enable

    def _plain(self) -> Module:
        m, mode, size = Module(), self.mode, self.kind.geometry
        (early_wide, late_wide), (early_narrow, late_narrow) = map(self.enables, range(2))
        wide = Signal(signed(size.wide), name="wide")
        narrow = Signal(signed(size.narrow), name="narrow")
        product = Signal(signed(size.wide + size.narrow), reset_less=True)
        total = Signal(size.sum, reset_less=True)
        d, a = self._held(m, early_wide, self.d, "d_0"), self._held(m, early_wide, self.a, "a_0")
        b = self._held(m, early_narrow, self.b, "b_0")
        m.d.comb += [wide.eq(d - a if size.subtracts else d), narrow.eq(b)]
        if mode.chooses:
            choose = self._held(m, early_wide, self.choose, "choose_0")
            m.d.comb += wide.eq(Mux(choose, d, a))
        if mode.twice(0):
            wide = self._held(m, late_wide, wide, "wide_1")
        if mode.twice(1):
            narrow = self._held(m, late_narrow, narrow, "narrow_1")
        with m.If(self.enable):
            m.d.sync += product.eq(wide * narrow)
        # In the order of the models: the product, what comes from below, the sum so far.
        extended = Cat(product, product[-1].replicate(size.sum - len(product)))
        added = extended + self.below if mode.cascades else extended
        if mode.accumulates:
            added = added + Mux(self.first, Const(mode.start, size.sum), total)
        elif mode.start:
            added = added + mode.start
        with m.If(self.takes):
            m.d.sync += total.eq(added)
        m.d.comb += self.p.eq(total)
        if size.cascades:
            m.d.comb += self.above.eq(total)
        return m

    def _held(self, m: Module, enable: Value, value: Value, name: str) -> Signal:
        register = Signal(value.shape(), name=name, reset_less=True)
        with m.If(enable):
            m.d.sync += register.eq(value)
        return register

    def _instance(self) -> Module:
        found = self.kind.ports(self)
        m = instance(self.kind.cell, found)
        if self.kind.geometry.cascades and "PCOUT" not in found.outputs:
            m.d.comb += self.above.eq(self.p)  # there is no wire of the column
        return m
