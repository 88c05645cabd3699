"""Blocks of different latencies put together: every value waits for what it meets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Module, Value

from ..arith.timing import delayed
from ..fp.pipeline import Pipelined


@dataclass(frozen=True, eq=False)
class FlowNode:
    """A value that is there ``time`` cycles after the entry; ``make`` builds it."""

    time: int
    make: Callable[[Wires], Any]


class Dataflow:
    """Makes the nodes of a graph, so that latencies are known; :class:`Wires` builds them."""

    def __init__(self) -> None:
        self.count = 0

    def entry(self, make: Callable[[Wires], Any]) -> FlowNode:
        """A value of the entry."""
        return FlowNode(0, make)

    def apply(self, make: Callable[..., Any], *inputs: FlowNode) -> FlowNode:
        """Logic without registers: ``make(m, value, …)``."""
        time = max(node.time for node in inputs)
        return FlowNode(time, lambda on: make(on.m, *(on.late(node, time) for node in inputs)))

    def through(self, block: Pipelined, **inputs: FlowNode) -> FlowNode:
        """The output ``o`` of a block, its ports fed with ``inputs``."""
        time = max(node.time for node in inputs.values())
        self.count += 1
        name = f"step_{self.count}"

        def make(on: Wires) -> Any:
            on.m.submodules[name + on.suffix] = built = block.component()
            on.m.d.comb += built.enable.eq(on.enable)
            for port, node in inputs.items():
                on.m.d.comb += getattr(built, port).eq(on.late(node, time))
            return built.o

        return FlowNode(time + block.latency, make)


class Wires:
    """A graph as it is built, by asking for its results; each node is built once.

    Parameters
    ----------
    m : what it is built into.
    enable : registers hold while low.
    source : what the entries are made of.
    place : which of several copies of the graph this is.
    """

    def __init__(self, m: Module, enable: Value, source: Any, flow: Dataflow, place: int = 0):
        self.m, self.enable, self.source = m, enable, source
        self.suffix = f"_{place}" if place else ""
        self._count = flow.count
        self._built: dict[FlowNode, Any] = {}

    def value(self, node: FlowNode) -> Any:
        """What a node gives."""
        if node not in self._built:
            self._built[node] = node.make(self)
        return self._built[node]

    def late(self, node: FlowNode, time: int) -> Any:
        """A node's value at a later time."""
        self._count += 1
        name = f"wait_{self._count}{self.suffix}"
        return delayed(self.m, self.enable, self.value(node), time - node.time, name)
