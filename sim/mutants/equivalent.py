"""Mutants that are no faults: a proof that one gives what the core gives, in whatever state."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...tools import work, yosys
from ..sliced import Gates
from .graph import Graph
from .made import SELECT, Mutant, Mutated

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

    Registers are free to hold anything meanwhile: what differs in a state alone that is never
    reached is not proven. Raises ToolMissing, ToolFailed.
    """
    graph, alike = Graph(), list[int]()
    core = _ends(graph, made.netlist, 0)
    modules, script = list[str](), list[str]()
    for mutant in mutants:
        ends = _ends(graph, made.netlist, mutant.number)
        pairs = [(a, b) for a, b in zip(core, ends, strict=True) if a != b]
        if not pairs:
            alike.append(mutant.number)
            continue
        name = f"mutant_{mutant.number}"
        text = graph.difference(name, pairs, _LARGE)
        if text:
            modules.append(text)
            script += [f"log mutant {mutant.number}",
                       f"sat -prove bad 0 -timeout {PATIENCE} {name}"]  # fmt: skip
    if modules:
        with work.folder("equivalent") as folder:
            (folder / "cones.il").write_text("".join(modules), encoding="utf-8")
            log = yosys.run(["read_rtlil cones.il", *script], folder, log="equivalent.log")
        alike += [int(found) for found in _PROVEN.findall(log)]
    return tuple(sorted(alike))


def _ends(graph: Graph, netlist: Gates, number: int) -> list[int]:
    """Where a netlist's outputs and the registers' next states stand in the graph, if the input
    that chooses a mutant is ``number``."""
    fixed = {int(net): number >> bit & 1 for bit, net in enumerate(netlist.ports[SELECT])}
    place = graph.place(netlist, fixed)
    names = sorted(set(netlist.ports) - {SELECT})
    ports = [net for name in names for net in netlist.ports[name].tolist()]
    return [place[net] for net in [*ports, *netlist.flops[:, 0].tolist()]]
