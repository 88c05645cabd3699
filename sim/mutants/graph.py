"""A graph of conjunctions and exclusive ors in which equal nodes stand once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..sliced import Gates
from ..sliced.gates import KINDS


class Graph:
    """Nodes as literals: twice a node's number, and one more for its complement; 0 and 1 are the
    constants. A node is a conjunction, an exclusive or, or free: its kind, and the literals that
    it is of; of one that is free, its net."""

    def __init__(self) -> None:
        self.nodes: list[tuple[str, int, int]] = [("constant", 0, 0)]
        self._known: dict[tuple[str, int, int], int] = {}

    def place(self, netlist: Gates, fixed: Mapping[int, int]) -> list[int]:
        """The literal of each net; inputs and registers are free but for those ``fixed`` by net."""
        place = [0, 1]
        last = netlist.first + len(netlist.flops)
        place += [fixed.get(net, self.node("free", net, 0)) for net in range(2, last)]
        kinds, pins, at = list(KINDS), netlist.pins.tolist(), 0
        for kind, count in netlist.runs.tolist():
            name = kinds[kind]
            width = len(KINDS[name])
            for _ in range(count):
                place.append(self._gate(name, *(place[pin] for pin in pins[at : at + width])))
                at += width
        return place

    def free(self, net: int) -> int:
        """The node of an input or register."""
        return self._known["free", net, 0] >> 1

    def _gate(self, kind: str, a: int, b: int = 0, s: int = 0) -> int:
        match kind:
            case "$_AND_":
                return self.both(a, b)
            case "$_NAND_":
                return self.both(a, b) ^ 1
            case "$_OR_":
                return self.both(a ^ 1, b ^ 1) ^ 1
            case "$_NOR_":
                return self.both(a ^ 1, b ^ 1)
            case "$_ANDNOT_":
                return self.both(a, b ^ 1)
            case "$_ORNOT_":
                return self.both(a ^ 1, b) ^ 1
            case "$_XOR_":
                return self._xor(a, b)
            case "$_XNOR_":
                return self._xor(a, b) ^ 1
            case "$_MUX_":
                return self.both(self.both(a, s ^ 1) ^ 1, self.both(b, s) ^ 1) ^ 1
            case "$_NOT_":
                return a ^ 1
        return a

    def both(self, a: int, b: int) -> int:
        """The conjunction of two literals."""
        a, b = min(a, b), max(a, b)
        if a == 0 or a == b ^ 1:
            return 0
        return b if a == 1 or a == b else self.node("and", a, b)

    def _xor(self, a: int, b: int) -> int:
        sign = (a ^ b) & 1
        a, b = sorted((a & ~1, b & ~1))
        if a == b:
            return sign
        return (b if a == 0 else self.node("xor", a, b)) ^ sign

    def node(self, kind: str, a: int, b: int) -> int:
        """The literal of a node, which is new if there is none of these three."""
        key = kind, a, b
        if key not in self._known:
            self._known[key] = 2 * len(self.nodes)
            self.nodes.append(key)
        return self._known[key]

    def difference(self, name: str, pairs: Sequence[tuple[int, int]], most: int) -> str:
        """RTLIL of a module whose output ``bad`` says that the literals of a pair differ.

        Empty if it takes more than ``most`` nodes.
        """
        cone = self.cone([literal >> 1 for pair in pairs for literal in pair])
        if len(cone) > most:
            return ""
        lines = [f"module \\{name}", "wire output 1 \\bad"]
        inverted = set[int]()

        def bit(literal: int) -> str:
            if literal < 2:
                return f"1'{literal}"
            if literal & 1:
                inverted.add(literal >> 1)
            return f"\\{'m' if literal & 1 else 'n'}{literal >> 1}"

        free = [node for node in cone if self.nodes[node][0] == "free"]
        lines += [f"wire input {place} \\n{node}" for place, node in enumerate(free, 2)]
        cells = []
        for node in cone:
            kind, a, b = self.nodes[node]
            if kind != "free":
                lines.append(f"wire \\n{node}")
                cells += _cell(f"$_{kind.upper()}_", f"c{node}", bit(a), bit(b), f"\\n{node}")
        lines.append(f"wire width {len(pairs)} \\differ")
        for place, (a, b) in enumerate(pairs):
            cells += _cell("$_XOR_", f"d{place}", bit(a), bit(b), f"\\differ [{place}]")
        for node in sorted(inverted):
            lines.append(f"wire \\m{node}")
            cells += [f"cell $_NOT_ \\i{node}", f"connect \\A \\n{node}", f"connect \\Y \\m{node}",
                      "end"]  # fmt: skip
        cells += [
            "cell $reduce_or \\any",
            "parameter \\A_SIGNED 0",
            f"parameter \\A_WIDTH {len(pairs)}",
            "parameter \\Y_WIDTH 1",
            "connect \\A \\differ",
            "connect \\Y \\bad",
            "end",
        ]
        return "\n".join([*lines, *cells, "end", ""])

    def cone(self, roots: Iterable[int]) -> list[int]:
        """All nodes that ``roots`` are made of, in order."""
        found, waiting = set[int](), [root for root in roots if root]
        while waiting:
            node = waiting.pop()
            if node in found:
                continue
            found.add(node)
            kind, a, b = self.nodes[node]
            if kind != "free":
                waiting += [literal >> 1 for literal in (a, b) if literal > 1]
        return sorted(found)


def _cell(kind: str, name: str, a: str, b: str, y: str) -> list[str]:
    return [f"cell {kind} \\{name}", f"connect \\A {a}", f"connect \\B {b}", f"connect \\Y {y}",
            "end"]  # fmt: skip
