"""The DSP48E2, one small component: what it computes, or an instance of it by name.

Everywhere but inside :func:`instances` a block is written as plain registers and arithmetic: these
simulate anywhere, and any tool maps them somehow. The two are proven equal, with the model of the
block that is kept beside the simulators.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from amaranth.hdl import Cat, ClockSignal, Const, Instance, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .packing import Geometry

_INSTANCES: ContextVar[bool] = ContextVar("instances", default=False)


@contextmanager
def instances() -> Iterator[None]:
    """Within, blocks are instances."""
    token = _INSTANCES.set(True)
    try:
        yield
    finally:
        _INSTANCES.reset(token)


#: UG579: a 27 × 18 multiplier behind a pre-adder, and 48 bits that add up.
DSP48E2 = Geometry(27, 18, 48)

#: What it is called in a netlist.
CELL = "DSP48E2"


@dataclass(frozen=True)
class Mode:
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
    """

    delay: int = 0
    cascades: bool = False
    accumulates: bool = False
    start: int = 0
    stays: int | None = None

    @property
    def latency(self) -> int:
        """Cycles from the factors to the sum."""
        return 3 + self.delay

    def twice(self, port: int) -> bool:
        """Whether a port (0: wide, 1: narrow) has two registers."""
        return self.delay > 0 or self.stays == port


class Block(wiring.Component):
    """``p = (d - a) * b``, and what the mode adds.

    Parameters
    ----------
    mode : :class:`Mode`

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
    d, a, b : :py:`In(signed(27))`, :py:`In(signed(27))`, :py:`In(signed(18))`
        The factors; ``d - a`` modulo 2**27.
    below : :py:`In(48)`
        The sum of the block below; only if it cascades. A wire of the column, no other reads it.
    above : :py:`Out(48)`
        The same for the block above.
    p : :py:`Out(48)`
        The sum.
    """

    def __init__(self, mode: Mode):
        self.mode = mode
        ports = {
            "enable": In(1),
            **({"take": In(1), "first": In(1)} if mode.accumulates else {}),
            **({"load": In(1), "swap": In(1)} if mode.stays is not None else {}),
            "d": In(signed(DSP48E2.wide)),
            "a": In(signed(DSP48E2.wide)),
            "b": In(signed(DSP48E2.narrow)),
            **({"below": In(DSP48E2.sum)} if mode.cascades else {}),
            "above": Out(DSP48E2.sum),
            "p": Out(DSP48E2.sum),
        }
        super().__init__(ports)

    def elaborate(self, platform):
        return self._instance() if _INSTANCES.get() else self._plain()

    @property
    def _takes(self) -> Value:
        return self.enable & self.take if self.mode.accumulates else self.enable

    def _enables(self, port: int) -> tuple[Value, Value]:
        """What moves the first and the second register of a port."""
        if self.mode.stays == port:
            return self.load, self.swap
        return self.enable, self.enable

    def _plain(self) -> Module:
        m, mode = Module(), self.mode
        (early_wide, late_wide), (early_narrow, late_narrow) = map(self._enables, range(2))
        wide, narrow = Signal(signed(DSP48E2.wide)), Signal(signed(DSP48E2.narrow))
        product = Signal(signed(DSP48E2.wide + DSP48E2.narrow), reset_less=True)
        total = Signal(DSP48E2.sum, reset_less=True)
        d, a = self._held(m, early_wide, self.d, "d_0"), self._held(m, early_wide, self.a, "a_0")
        b = self._held(m, early_narrow, self.b, "b_0")
        m.d.comb += [wide.eq(d - a), narrow.eq(b)]
        if mode.twice(0):
            wide = self._held(m, late_wide, wide, "wide_1")
        if mode.twice(1):
            narrow = self._held(m, late_narrow, narrow, "narrow_1")
        with m.If(self.enable):
            m.d.sync += product.eq(wide * narrow)
        # In the order of the block: what comes from below, the product, the sum so far.
        extended = Cat(product, product[-1].replicate(DSP48E2.sum - len(product)))
        added = self.below + extended if mode.cascades else extended
        if mode.accumulates:
            added = added + Mux(self.first, Const(mode.start, DSP48E2.sum), total)
        elif mode.start:
            added = added + mode.start
        with m.If(self._takes):
            m.d.sync += total.eq(added)
        m.d.comb += [self.p.eq(total), self.above.eq(total)]
        return m

    def _held(self, m: Module, enable: Value, value: Value, name: str) -> Signal:
        register = Signal(value.shape(), name=name, reset_less=True)
        with m.If(enable):
            m.d.sync += register.eq(value)
        return register

    def _instance(self) -> Module:
        m, mode = Module(), self.mode
        registers = {
            **dict.fromkeys(("AREG", "ACASCREG", "DREG", "CREG", "MREG", "PREG"), 1),
            **dict.fromkeys(("BREG", "BCASCREG"), 1 + mode.twice(1)),
            **dict.fromkeys(("INMODEREG", "OPMODEREG", "ALUMODEREG"), 0),
            **dict.fromkeys(("CARRYINREG", "CARRYINSELREG"), 0),
            "ADREG": int(mode.twice(0)),
        }
        parameters = {"AMULTSEL": "AD", "RND": Const(mode.start, DSP48E2.sum)}
        # W: the start, or the sum; Z: the block below; X and Y: the product.
        held: Value = Const(2 * bool(mode.start), 2)
        if mode.accumulates:
            held = Cat(~self.first, self.first)
        opmode = Cat(Const(0b0101, 4), Const(int(mode.cascades), 3), held)
        (early_wide, late_wide), (early_narrow, late_narrow) = map(self._enables, range(2))
        # A single register of A and B is the second.
        enables = {
            **dict.fromkeys(("A1", "A2", "D"), early_wide), "AD": late_wide,
            "B1": early_narrow, "B2": late_narrow if mode.twice(1) else early_narrow,
            "M": self.enable,
        }  # fmt: skip
        ports = {
            "A": Cat(self.a, self.a[-1].replicate(3)),
            "B": self.b,
            "D": self.d,
            "INMODE": Const(0b01100, 5),  # D - A
            "OPMODE": opmode,
            "PCIN": self.below if mode.cascades else Const(0, DSP48E2.sum),
            **{f"CE{name}": value for name, value in enables.items()},
            "CEP": self._takes,
            **_TIED,
        }
        m.submodules.block = Instance(
            CELL,
            ("i", "CLK", ClockSignal()),
            *(("p", name, value) for name, value in (registers | parameters).items()),
            *(("i", name, value) for name, value in ports.items()),
            ("o", "P", self.p),
            ("o", "PCOUT", self.above),
        )
        return m


#: Inputs that no mode here uses.
_TIED = {
    **{name: Const(0, size) for name, size in {
        "C": 48, "ACIN": 30, "BCIN": 18, "ALUMODE": 4, "CARRYIN": 1, "CARRYINSEL": 3,
        "CARRYCASCIN": 1, "MULTSIGNIN": 1,
    }.items()},
    **{f"CE{name}": Const(0, 1) for name in ("C", "ALUMODE", "CARRYIN", "CTRL", "INMODE")},
    **{f"RST{name}": Const(0, 1) for name in (
        "A", "ALLCARRYIN", "ALUMODE", "B", "C", "CTRL", "D", "INMODE", "M", "P",
    )},
}  # fmt: skip
