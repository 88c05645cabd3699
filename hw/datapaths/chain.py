"""Dot products as chains of rows: each lane adds itself to what the lanes before it gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ..product import FlaggedLayout
from ..rows import plus
from ..shapes import shape_of
from ..tree import AdderTree, tree_latency
from .base import Codes, Datapath

#: Lanes in a chain: longer ones need fewer LUTs, and more registers for the lanes that wait.
LENGTH = 4


class Row(NamedTuple):
    """A product: ``magnitude``, negative if ``sign``. Each bit a function of few registers."""

    magnitude: Value
    sign: Value


@dataclass(frozen=True)
class Chained(Datapath):
    """Codes are encoded, a register follows; then each lane of a chain adds a row a cycle.

    A lane's codes come a cycle after those of the lane before it in its chain. A datapath says how
    it encodes two codes, and what row the result stands for.
    """

    @property
    def layout(self) -> data.StructLayout:
        """An encoded product."""
        raise NotImplementedError

    @property
    def width(self) -> int:
        """Bits of a row's magnitude."""
        raise NotImplementedError

    def encode(self, m: Module, weight: Value, activation: Value) -> Value:
        """The bits of ``layout`` for two codes."""
        raise NotImplementedError

    def row(self, m: Module, encoded) -> Row:
        """What a registered ``encoded`` product adds."""
        raise NotImplementedError

    @property
    def chains(self) -> list[list[int]]:
        """The lanes of each chain, in order; the longest first."""
        count = -(-self.lanes // LENGTH)
        return [list(range(self.lanes))[start::count] for start in range(count)]

    @property
    def depth(self) -> int:
        """Lanes of the longest chain."""
        return len(self.chains[0])

    def delay(self, position: int, chain: list[int]) -> int:
        """Cycles by which a lane comes late; all chains end together."""
        return (self.depth - len(chain) + position) // self.pipeline

    @property
    def forms(self):
        delays = [0] * self.lanes
        for chain in self.chains:
            for position, lane in enumerate(chain):
                delays[lane] = self.delay(position, chain)
        return Codes(self.weight, tuple(delays)), Codes(self.activation, tuple(delays))

    @property
    def latency(self):
        rows = self.delay(self.depth - 1, self.chains[0]) + 1
        return 1 + rows + tree_latency(len(self.chains), self.pipeline)

    def component(self):
        return ChainedDot(self)


class ChainedDot(wiring.Component):
    """Exact dot product of codes. Never overflows. Latency and throughput: :class:`Datapath`.

    Parameters
    ----------
    plan : :class:`Chained`
        Formats, lanes, and how products are encoded.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    weight, activation : :py:`In(ArrayLayout(bits, lanes))`
        The codes, each lane's as late as ``plan.forms`` says.
    o : :py:`Out(FlaggedLayout(…))`
        The sum in units of ``2**(weight.lsb + activation.lsb)``.
    """

    def __init__(self, plan: Chained):
        self.plan = plan
        weight, activation = plan.forms
        super().__init__(
            {
                "enable": In(1),
                "weight": In(weight.layouts),
                "activation": In(activation.layouts),
                "o": Out(FlaggedLayout(plan.range, plan.flags)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        tree = AdderTree(plan.product.times(plan.depth), len(plan.chains), plan.pipeline)
        m.submodules.tree = tree
        m.d.comb += [tree.enable.eq(self.enable), self.o.value.eq(tree.o)]
        for number, chain in enumerate(plan.chains):
            total: Value = Const(0, 1)
            for position, lane in enumerate(chain):
                row = self._row(m, lane)
                last = position == len(chain) - 1
                value = self._added(total, row, position + 1, last)
                late = plan.delay(position, chain)
                held = last or plan.delay(position + 1, chain) > late
                total = self._kept(m, value, held, f"sum_{number}_{position}")
            m.d.comb += tree.i[number].eq(total)
        return m

    def _row(self, m, lane: int) -> Row:
        """A lane's product, encoded and registered."""
        plan = self.plan
        encoded = Signal(plan.layout, name=f"encoded_{lane}", reset_less=True)
        inner = Module()
        m.submodules[f"encode_{lane}"] = inner
        value = Signal(plan.layout, name="value")
        inner.d.comb += value.eq(plan.encode(inner, self.weight[lane], self.activation[lane]))
        with m.If(self.enable):
            m.d.sync += encoded.eq(value)
        return plan.row(m, encoded)

    def _added(self, total: Value, row: Row, count: int, last: bool):
        """The sum of ``count`` rows.

        A row is ones' complement where negative, its sign the carry; instead of extending the sign
        the inverted sign stands on top, 2**width too much. The last row of a chain has in its upper
        bits what takes that away for all.
        """
        plan, width = self.plan, self.plan.width
        signed = plan.product.signed
        bits = row.magnitude ^ row.sign.replicate(width) if signed else row.magnitude
        if not signed:
            bounds = plan.product.times(count)
            return plus(total, bits, 0, width=bounds.width), shape_of(bounds)
        bounds = plan.product.times(count)
        if last:
            size = bounds.width
            above = size - width
            without = -count & ((1 << above) - 1)
            top = Mux(row.sign, Const(without, above), Const((without + 1) % (1 << above), above))
        else:
            biased = Range(0, bounds.low + (count << width), bounds.high + (count << width))
            bounds, size, top = biased, biased.width, ~row.sign
        return plus(total, Cat(bits, top), row.sign, width=size), shape_of(bounds)

    def _kept(self, m, found, held: bool, name: str):
        value, shape = found
        total = Signal(shape, name=name, reset_less=held)
        if held:
            with m.If(self.enable):
                m.d.sync += total.eq(value)
        else:
            m.d.comb += total.eq(value)
        return total
