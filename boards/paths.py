"""Longest paths through a directed acyclic graph whose arcs carry several weights at once.

Each component of a weight is maximized on its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

#: (LUTs, carry runs, wide multiplexers, DSP blocks)
Weight = tuple[int, int, int, int]
Node = Hashable
PortBit = tuple[str, int]

ZERO: Weight = (0, 0, 0, 0)


def longer(a: Weight, b: Weight) -> Weight:
    """The component-wise maximum."""
    return (max(a[0], b[0]), max(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))


def after(a: Weight, b: Weight) -> Weight:
    """The component-wise sum."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])


class Graph:
    """Arcs between nodes; nets are nodes, and so is anything hashable that is no string.

    A string is a constant, and arcs from and to constants are left out.
    """

    def __init__(self) -> None:
        self.arcs: dict[Node, list[tuple[Node, Weight]]] = {}
        self.starts: dict[Node, Weight] = {}
        self.ends: dict[Node, Weight] = {}
        self.inner = ZERO

    def arc(self, source: Node, sink: Node, weight: Weight) -> None:
        """A path from ``source`` to ``sink``."""
        if not isinstance(source, str) and not isinstance(sink, str):
            self.arcs.setdefault(source, []).append((sink, weight))

    def start(self, node: Node, weight: Weight) -> None:
        """A register inside a child starts a path that arrives at ``node`` with ``weight``."""
        if not isinstance(node, str):
            self.starts[node] = longer(self.starts.get(node, ZERO), weight)

    def end(self, node: Node, weight: Weight) -> None:
        """A path from ``node`` ends at a register, ``weight`` further on."""
        if not isinstance(node, str):
            self.ends[node] = longer(self.ends.get(node, ZERO), weight)

    def order(self) -> list[Node]:
        """All nodes, sources before sinks; :exc:`ValueError` with a net on a loop, if any."""
        waiting: dict[Node, int] = {}
        for source, sinks in self.arcs.items():
            waiting.setdefault(source, 0)
            for sink, _ in sinks:
                waiting[sink] = waiting.get(sink, 0) + 1
        ready = [node for node, count in waiting.items() if count == 0]
        for node in ready:
            for sink, _ in self.arcs.get(node, ()):
                waiting[sink] -= 1
                if waiting[sink] == 0:
                    ready.append(sink)
        if len(ready) < len(waiting):
            raise ValueError(self._on_loop({node for node, count in waiting.items() if count}))
        return ready

    def solve(
        self, inputs: Mapping[PortBit, Node], outputs: Mapping[PortBit, Node]
    ) -> tuple[
        dict[PortBit, Weight],
        dict[PortBit, Weight],
        dict[tuple[PortBit, PortBit], Weight],
        Weight,
    ]:
        """Longest paths from registers to outputs, from inputs to registers, through, and inside.

        A path may start at any node: one that no register drives starts at an input or a register
        that :meth:`start` did not name, with weight zero.
        """
        order = self.order()
        input_bits: dict[Node, list[PortBit]] = {}
        for bit, node in inputs.items():
            input_bits.setdefault(node, []).append(bit)
        arrivals = self._forward(order, set(input_bits))
        departures = self._backward(order)
        inner = self.inner
        for node, end in self.ends.items():
            if node in arrivals:
                inner = longer(inner, after(arrivals[node], end))
        arrive = {
            bit: arrivals[node]
            for bit, node in outputs.items()
            if not isinstance(node, str) and node in arrivals
        }
        depart = {
            bit: departures[node]
            for node, bits in input_bits.items()
            if node in departures
            for bit in bits
        }
        through = self._through(order, input_bits, outputs)
        return arrive, depart, through, inner

    def _forward(self, order: list[Node], inputs: set[Node]) -> dict[Node, Weight]:
        """Longest paths from registers; nodes that only inputs or constants reach are absent."""
        sinks = {sink for arcs in self.arcs.values() for sink, _ in arcs}
        reached = dict(self.starts)
        for node in {*self.arcs, *self.ends} - sinks - inputs:
            reached.setdefault(node, ZERO)
        for node in order:
            if node in reached:
                for sink, weight in self.arcs.get(node, ()):
                    arrival = after(reached[node], weight)
                    reached[sink] = longer(reached.get(sink, arrival), arrival)
        return reached

    def _backward(self, order: list[Node]) -> dict[Node, Weight]:
        """Longest paths to registers; nodes that reach only outputs are absent."""
        reaches = dict(self.ends)
        for node in reversed(order):
            for sink, weight in self.arcs.get(node, ()):
                if sink in reaches:
                    departure = after(weight, reaches[sink])
                    reaches[node] = longer(reaches.get(node, departure), departure)
        return reaches

    def _through(
        self,
        order: list[Node],
        inputs: Mapping[Node, list[PortBit]],
        outputs: Mapping[PortBit, Node],
    ) -> dict[tuple[PortBit, PortBit], Weight]:
        """Longest paths from each input to each output that it reaches without a register."""
        leads_out = {node for node in outputs.values() if not isinstance(node, str)}
        for node in reversed(order):
            if any(sink in leads_out for sink, _ in self.arcs.get(node, ())):
                leads_out.add(node)
        from_inputs: dict[Node, dict[Node, Weight]] = {
            node: {node: ZERO} for node in inputs if node in leads_out
        }
        for node in order:
            for sink, weight in self.arcs.get(node, ()) if node in from_inputs else ():
                if sink not in leads_out:
                    continue
                known = from_inputs.setdefault(sink, {})
                for source, so_far in from_inputs[node].items():
                    path = after(so_far, weight)
                    known[source] = longer(known.get(source, path), path)
        return {
            (bit, out): weight
            for out, node in outputs.items()
            for source, weight in from_inputs.get(node, {}).items()
            for bit in inputs[source]
        }

    def _on_loop(self, stuck: set[Node]) -> Node:
        """A net on a loop: walk backwards among the nodes that never became ready."""
        before: dict[Node, Node] = {}
        for source in stuck:
            for sink, _ in self.arcs.get(source, ()):
                if sink in stuck:
                    before[sink] = source
        node, seen = next(iter(before)), set[Node]()
        while node not in seen:
            seen.add(node)
            node = before[node]
        while not isinstance(node, int):
            node = before[node]
        return node
