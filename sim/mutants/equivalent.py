"""Mutants that are no faults: a proof that one gives what the core gives, in whatever state, or in
every state that is reached."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ...tools import work, yosys
from ..sliced import Gates
from .graph import Graph
from .made import SELECT, Mutant, Mutated
from .reached import Registers, never

#: Seconds in which a proof must be found.
PATIENCE = 20

#: Gates of a difference, at most: beyond, a proof is not tried.
_LARGE = 20_000

_PROVEN = re.compile(
    r"^mutant (\d+)\n(?:(?!^mutant ).*\n)*?.*no model found: SUCCESS", re.MULTILINE
)


def equivalent(made: Mutated, mutants: Sequence[Mutant]) -> tuple[int, ...]:
    """The numbers of those of ``mutants`` that are proven equivalent to the core: all outputs, and
    what all registers hold next, are equal.

    First registers are free to hold anything; where that is not enough, they hold what the core's
    can after power-up and any inputs, resets among them. Raises ToolMissing, ToolFailed.
    """
    graph, alike, differing = Graph(), list[int](), dict[int, list[tuple[int, int]]]()
    core = _ends(graph, made.netlist, 0)
    for mutant in mutants:
        ends = _ends(graph, made.netlist, mutant.number)
        pairs = sorted({(a, b) for a, b in zip(core, ends, strict=True) if a != b})
        if pairs:
            differing[mutant.number] = pairs
        else:
            alike.append(mutant.number)
    alike += _anywhere(graph, differing)
    registers = _registers(graph, made.netlist, core)
    left = {number: pairs for number, pairs in differing.items() if number not in alike}
    for number, pairs in left.items():
        if never(graph, pairs, registers):
            alike.append(number)
    return tuple(sorted(alike))


def _anywhere(graph: Graph, differing: Mapping[int, Sequence[tuple[int, int]]]) -> list[int]:
    """Those of whose pairs none differs whatever registers hold."""
    modules, script = list[str](), list[str]()
    for number, pairs in differing.items():
        name = f"mutant_{number}"
        text = graph.difference(name, pairs, _LARGE)
        if text:
            modules.append(text)
            script += [f"log mutant {number}", f"sat -prove bad 0 -timeout {PATIENCE} {name}"]
    if not modules:
        return []
    with work.folder("equivalent") as folder:
        (folder / "cones.il").write_text("".join(modules), encoding="utf-8")
        log = yosys.run(["read_rtlil cones.il", *script], folder, log="equivalent.log")
    return [int(found) for found in _PROVEN.findall(log)]


def _registers(graph: Graph, netlist: Gates, core: Sequence[int]) -> Registers:
    """The core's registers by their nodes: what each holds next, and after power-up."""
    nexts = core[-len(netlist.flops) :] if len(netlist.flops) else []
    return {
        graph.free(netlist.first + number): (literal, int(first))
        for number, (literal, first) in enumerate(zip(nexts, netlist.flops[:, 1], strict=True))
    }


def _ends(graph: Graph, netlist: Gates, number: int) -> list[int]:
    """Where a netlist's outputs and the registers' next states stand in the graph, if the input
    that chooses a mutant is ``number``."""
    fixed = {int(net): number >> bit & 1 for bit, net in enumerate(netlist.ports[SELECT])}
    place = graph.place(netlist, fixed)
    names = sorted(set(netlist.ports) - {SELECT})
    ports = [net for name in names for net in netlist.ports[name].tolist()]
    return [place[net] for net in [*ports, *netlist.flops[:, 0].tolist()]]
