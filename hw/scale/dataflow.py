"""Blocks of different latencies put together: every value waits for what it meets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from amaranth.hdl import Module, Value

from ..arith.timing import delayed
from ..fp.pipeline import Pipelined


@dataclass(eq=False)
class Node:
    """A value that is there ``time`` cycles after the entry; ``make(m)`` builds it, once."""

    time: int
    make: Callable[[Module], Any]
    built: list[Any] = field(default_factory=list)

    def value(self, m: Module) -> Any:
        if not self.built:
            self.built.append(self.make(m))
        return self.built[0]


class Dataflow:
    """Nodes and the registers between them, which hold while ``enable`` is low.

    The graph is made first, so that latencies are known; it is built by asking for its results.
    """

    def __init__(self) -> None:
        self.enable: Value | None = None
        self.count = 0
        self.nodes: list[Node] = []

    def forget(self) -> None:
        """Start building anew."""
        for node in self.nodes:
            node.built.clear()

    def _node(self, time: int, make: Callable[[Module], Any]) -> Node:
        self.nodes.append(Node(time, make))
        return self.nodes[-1]

    def entry(self, make: Callable[[Module], Any]) -> Node:
        """A value of the entry."""
        return self._node(0, make)

    def apply(self, make: Callable[..., Any], *inputs: Node) -> Node:
        """Logic without registers: ``make(m, value, …)``."""
        time = max(node.time for node in inputs)
        return self._node(time, lambda m: make(m, *(self.late(m, node, time) for node in inputs)))

    def through(self, block: Pipelined, **inputs: Node) -> Node:
        """The output ``o`` of a block, its ports fed with ``inputs``."""
        time = max(node.time for node in inputs.values())
        self.count += 1
        name = f"step_{self.count}"

        def make(m: Module) -> Any:
            m.submodules[name] = block
            m.d.comb += block.enable.eq(self.enable)
            for port, node in inputs.items():
                m.d.comb += getattr(block, port).eq(self.late(m, node, time))
            return block.o

        return self._node(time + block.latency, make)

    def late(self, m: Module, node: Node, time: int) -> Any:
        """A node's value at a later time."""
        self.count += 1
        name = f"wait_{self.count}"
        return delayed(m, self.enable, node.value(m), time - node.time, name)
