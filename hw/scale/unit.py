"""A scale unit: takes the sums of one row and column a cycle, scales and accumulates them."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Const, Module
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from ..arith.blueprint import Blueprint
from ..arith.timing import delayed
from ..plan.path import Sharing
from ..plan.plan import Plan
from .chain import Chain, ChainMarks, value_layout
from .term import scales_layout, sums_layout


def values_layout(chains: list[Chain]) -> data.StructLayout:
    """The sums of all accumulators for a row and column, by number."""
    return data.StructLayout(
        {str(n): value_layout(chain.value, chain.flags) for n, chain in enumerate(chains)}
    )


class ScaleUnit(Blueprint):
    """A chain for each accumulator, all in step.

    Latency is ``latency`` cycles with ``enable``, throughput one row and column a cycle.

    Members
    -------
    enable, sums, scales, marks, read_address : as of :class:`Chain`.
    o, read : :py:`Out(values_layout(…))`
        The sums of all chains; ``read`` where ``shared.collected``, else ``o`` and ``enable``: what
        is collected never waits.
    """

    def __init__(self, plan: Plan, shared: Sharing):
        self.plan, self.shared = plan, shared
        self.chains = [Chain(plan, item, shared) for item in plan.accumulators]
        ports = {"sums": In(sums_layout(plan)), "marks": In(ChainMarks(shared))}
        if levels := plan.levels("group"):
            ports["scales"] = In(scales_layout(levels))
        if shared.collected:
            ports["read_address"] = In(range(max(shared.depth, 2)))
            ports["read"] = Out(values_layout(self.chains))
        else:
            ports |= {"enable": In(1), "o": Out(values_layout(self.chains))}
        super().__init__(ports)

    @property
    def latency(self) -> int:
        return max(chain.latency for chain in self.chains)

    def build(self, m: Module, io: Any) -> None:
        enable = Const(1, 1) if self.shared.collected else io.enable
        for number, found in enumerate(self.chains):
            m.submodules[f"chain_{number}"] = chain = found.component()
            late = self.latency - found.latency
            m.d.comb += [
                chain.enable.eq(enable),
                chain.sums.eq(io.sums),
                chain.marks.eq(io.marks),
            ]
            if self.plan.levels("group"):
                m.d.comb += chain.scales.eq(io.scales)
            if self.shared.collected:
                m.d.comb += [
                    chain.read_address.eq(io.read_address),
                    io.read[str(number)].eq(chain.read),
                ]
            else:
                sums = delayed(m, enable, chain.o, late, f"late_{number}")
                m.d.comb += io.o[str(number)].eq(sums)
