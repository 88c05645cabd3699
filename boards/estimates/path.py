"""The longest path from register to register of a mapped design, as one path."""

from __future__ import annotations

from dataclasses import dataclass

from ..carries import chains
from ..families.roles import Family
from ..flat import flatten

# What a cell lets through is known there; the counts of quality.csv have a digest of that file.
from ..levels import _add_cell as add_cell
from ..levels import _add_chain as add_chain
from ..netlist import Bit, Module, Netlist
from ..paths import ZERO, Graph, Node, Weight


@dataclass(frozen=True)
class Delays:
    """What a path takes, in ns: once, for each LUT with the net before it, for each carry run with
    the net before it, and from each bit of a run to the next."""

    fixed: float
    lut: float
    run: float
    bit: float


@dataclass(frozen=True)
class Path:
    """What stands on a path.

    Parameters
    ----------
    lut, carry_runs : LUTs and carry runs in series.
    carry_bits : steps from one bit of a run to the next, of all runs.
    muxf, dsp : wide multiplexers, and DSP blocks that it crosses.
    """

    lut: int = 0
    carry_runs: int = 0
    carry_bits: int = 0
    muxf: int = 0
    dsp: int = 0

    def delay(self, delays: Delays) -> float:
        """In ns; a wide multiplexer and a DSP block take nothing here."""
        return (
            delays.fixed
            + delays.lut * self.lut
            + delays.run * self.carry_runs
            + delays.bit * self.carry_bits
        )


#: A path's delay in ns, and then what a :class:`Path` has: paths are compared from left to right.
Ranked = tuple[float, int, int, int, int, int]


def longest(netlist: Netlist, top: str, family: Family, delays: Delays) -> Path | None:
    """The path of most delay from a register to a register; None if there is none.

    What begins or ends at a port of ``top`` is left out. Paths of the same delay: that of more
    LUTs, and so on.
    """
    module = flatten(netlist, top)
    graph, sums = _graph(module, family), _sums(module, family)
    inputs = {
        bit for way, bits in module.ports.values() if way in ("input", "inout") for bit in bits
    }
    entered = {sink for arcs in graph.arcs.values() for sink, _ in arcs}
    best: dict[Node, Ranked] = dict.fromkeys(
        {*graph.arcs, *graph.ends} - entered - inputs, (0.0, 0, 0, 0, 0, 0)
    )
    for node in graph.order():
        if (so_far := best.get(node)) is None:
            continue
        for sink, weight in graph.arcs.get(node, ()):
            found = _after(so_far, weight, _is_step(node, sink, sums), delays)
            if sink not in best or found > best[sink]:
                best[sink] = found
    ended = [best[node] for node in graph.ends if node in best]
    return Path(*max(ended)[1:]) if ended else None


def _after(so_far: Ranked, weight: Weight, step: bool, delays: Delays) -> Ranked:
    """A path and an arc more."""
    delay, lut, runs, bits, muxf, dsp = so_far
    if step:
        return delay + delays.bit, lut, runs, bits + 1, muxf, dsp
    if weight == ZERO:
        return so_far
    more = delays.lut * weight[0] + delays.run * weight[1]
    return (
        delay + more, lut + weight[0], runs + weight[1], bits, muxf + weight[2], dsp + weight[3]
    )  # fmt: skip


def _graph(module: Module, family: Family) -> Graph:
    """Nets and bits of carries, with the arcs between them."""
    graph = Graph()
    for chain in chains(module, family.roles):
        add_chain(graph, module, chain, family)
    for index, cell in enumerate(module.cells):
        if family.roles[cell.type].carry is None:
            add_cell(graph, index, cell, family)
    return graph


def _sums(module: Module, family: Family) -> set[Bit]:
    """The nets that carries add up."""
    found: set[Bit] = set()
    for cell in module.cells:
        if (carry := family.roles[cell.type].carry) is not None:
            found |= {cell.bit(*place.sum) for place in carry.positions if place.sum is not None}
    return found


def _is_step(node: Node, sink: Node, sums: set[Bit]) -> bool:
    """Whether an arc leads from a bit of a carry to the next, or to the sum of the next."""
    return (
        isinstance(node, tuple) and node[0] == "carry" and (isinstance(sink, tuple) or sink in sums)
    )
