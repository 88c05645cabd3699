"""Whether a difference shows in any state that a core's registers can reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...tools import solvers, work
from .graph import Graph

#: A register's node -> the literal that it holds next, and its value after power-up.
Registers = Mapping[int, tuple[int, int]]

#: Seconds in which a proof must be found.
PATIENCE = 10

#: Nodes and registers of a question, at most: beyond, it is not asked.
_LARGE = 60_000


def never(graph: Graph, pairs: Sequence[tuple[int, int]], registers: Registers) -> bool:
    """Whether it is proven that no pair of literals ever differs, whatever the inputs do.

    Raises ToolMissing, ToolFailed.
    """
    nodes, held = _reach(graph, pairs, registers)
    if len(nodes) > _LARGE:
        return False
    with work.folder("reached") as folder:
        _write(folder / "reached.blif", graph, nodes, held, pairs, registers)
        return solvers.abc("reached", f"pdr,-T,{PATIENCE}", folder, kind="blif").proven


def _reach(
    graph: Graph, pairs: Sequence[tuple[int, int]], registers: Registers
) -> tuple[list[int], set[int]]:
    """All nodes that the pairs depend on over time, in order, and the registers among them."""
    roots, held = [literal >> 1 for pair in pairs for literal in pair], set[int]()
    while True:
        nodes = graph.cone(roots)
        more = {node for node in nodes if node in registers} - held
        if not more:
            return nodes, held
        held |= more
        roots += [registers[node][0] >> 1 for node in more]


def _write(
    path: Path,
    graph: Graph,
    nodes: Sequence[int],
    held: set[int],
    pairs: Sequence[tuple[int, int]],
    registers: Registers,
) -> None:
    """A machine in BLIF whose output says that a pair differs."""
    inverted = set[int]()

    def name(literal: int) -> str:
        if literal < 2:
            return "one" if literal else "zero"
        if literal & 1:
            inverted.add(literal >> 1)
        return f"{'m' if literal & 1 else 'n'}{literal >> 1}"

    inputs, lines = list[str](), list[str]()
    covers = {"and": "11 1", "xor": "10 1\n01 1"}
    for node in nodes:
        kind, a, b = graph.nodes[node]
        if kind != "free":
            lines += [f".names {name(a)} {name(b)} n{node}", covers[kind]]
        elif node in held:
            following, first = registers[node]
            lines.append(f".latch {name(following)} n{node} {first}")
        else:
            inputs.append(f"n{node}")
    before = "zero"
    for place, (a, b) in enumerate(pairs):
        lines += [f".names {name(a)} {name(b)} d{place}", covers["xor"]]
        lines += [f".names {before} d{place} o{place}", "1- 1\n-1 1"]
        before = f"o{place}"
    lines += [f".names {before} bad", "1 1"]
    for node in sorted(inverted):
        lines += [f".names n{node} m{node}", "0 1"]
    head = [".model reached", ".inputs " + " ".join(inputs), ".outputs bad"]
    lines += [".names zero", ".names one", "1", ".end", ""]
    path.write_text("\n".join([*head, *lines]), encoding="utf-8")
