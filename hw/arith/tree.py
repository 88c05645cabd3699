"""Adder trees whose every node is as wide as its proven bounds."""

from __future__ import annotations

from math import ceil, log2
from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from .shapes import shape_of


def tree_levels(count: int) -> int:
    """Levels of two-input adders that sum ``count`` addends."""
    return ceil(log2(count)) if count > 1 else 0


def tree_latency(count: int, pipeline: int) -> int:
    """Registers on the way through the tree: one every ``pipeline`` levels and one at the end."""
    return ceil(tree_levels(count) / pipeline)


class AdderTree(wiring.Component):
    """Exact sum of ``count`` addends of one range.

    A register follows every ``pipeline`` levels and the last; latency is ``latency`` cycles in
    which ``enable`` is high, throughput one sum a cycle.

    Parameters
    ----------
    addend : :class:`Range`
        Bounds of each addend.
    count : :class:`int`
        Number of addends.
    pipeline : :class:`int`
        Levels of adders between two registers.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i : :py:`In(ArrayLayout(…, count))`
        The addends.
    o : :py:`Out(…)`
        Their sum.
    """

    def __init__(self, addend: Range, count: int, pipeline: int = 1):
        self.addend = addend
        self.count = count
        self.pipeline = pipeline
        self.range = addend.times(count)
        super().__init__(
            {
                "enable": In(1),
                "i": In(data.ArrayLayout(shape_of(addend), count)),
                "o": Out(shape_of(self.range)),
            }
        )

    @property
    def latency(self) -> int:
        return tree_latency(self.count, self.pipeline)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        nodes = [(self.i[index], self.addend) for index in range(self.count)]
        levels = tree_levels(self.count)
        for level in range(1, levels + 1):
            registered = level % self.pipeline == 0 or level == levels
            nodes = self._level(m, nodes, level, registered)
        m.d.comb += self.o.eq(nodes[0][0])
        return m

    def _level(
        self, m: Module, nodes: list[tuple[Value, Range]], level: int, registered: bool
    ) -> list[tuple[Value, Range]]:
        """Add neighbours; an odd node passes through the same register."""
        sums = [
            (a + b, range_a + range_b)
            for (a, range_a), (b, range_b) in zip(nodes[::2], nodes[1::2], strict=False)
        ]
        sums += nodes[len(nodes) - len(nodes) % 2 :]
        result = []
        for index, (value, bounds) in enumerate(sums):
            node = Signal(shape_of(bounds), name=f"sum_{level}_{index}", reset_less=registered)
            if registered:
                with m.If(self.enable):
                    m.d.sync += node.eq(value)
            else:
                m.d.comb += node.eq(value)
            result.append((node, bounds))
        return result
