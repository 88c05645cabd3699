"""The longest path from register to register of a mapped design, as one path."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import log2

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
    """What a path takes, in ns.

    Parameters
    ----------
    fixed : once.
    lut, run, mux : for each LUT, carry run, wide multiplexer; with the net before it, unless
        ``net`` has that.
    bit : from each bit of a run to the next.
    net, fan : for each net, and for each doubling of the pins that it drives.
    block : once more, if it begins at a DSP block.
    """

    fixed: float
    lut: float
    run: float
    bit: float
    mux: float = 0.0
    net: float = 0.0
    fan: float = 0.0
    block: float = 0.0


@dataclass(frozen=True)
class Path:
    """What stands on a path.

    Parameters
    ----------
    lut, carry_runs : LUTs and carry runs in series.
    carry_bits : steps from one bit of a run to the next, of all runs.
    muxf, dsp : wide multiplexers, and DSP blocks that it crosses.
    nets : those in wires of the fabric. A register takes its data from the LUT or carry beside it
        without one, and so does a multiplexer.
    doublings : over these nets, the base-2 logarithms of the pins that each drives, added up.
    blocks : 1 if it begins at a DSP block.
    """

    lut: int = 0
    carry_runs: int = 0
    carry_bits: int = 0
    muxf: int = 0
    dsp: int = 0
    nets: int = field(default=0, compare=False)
    doublings: float = field(default=0.0, compare=False)
    blocks: int = field(default=0, compare=False)

    def delay(self, delays: Delays) -> float:
        """In ns; a DSP block that it crosses takes nothing here."""
        return (
            delays.fixed
            + delays.lut * self.lut
            + delays.run * self.carry_runs
            + delays.bit * self.carry_bits
            + delays.mux * self.muxf
            + delays.net * self.nets
            + delays.fan * self.doublings
            + delays.block * self.blocks
        )


#: A path's delay in ns, and then what a :class:`Path` has: paths are compared from left to right.
Ranked = tuple[float, int, int, int, int, int, int, float, int]

_CLOCK = re.compile("C|CK|W?CLK[0-9A-Z]?|WCK")
_DATA = ("D", "DI")


def longest(
    netlist: Netlist, top: str, family: Family, delays: Delays, *, ports: bool = False
) -> Path | None:
    """The path of most delay from a register to a register; None if there is none.

    Paths of the same delay: that of more LUTs, and so on.

    Parameters
    ----------
    ports : take the ports of ``top`` but its clocks as registers; else what begins or ends at one
        is left out.
    """
    module = flatten(netlist, top)
    graph, sums, wires = _graph(module, family), _sums(module, family), _Wires(module, family)
    left_out = wires.clocks if ports else module.inputs
    entered = {sink for arcs in graph.arcs.values() for sink, _ in arcs}
    ends = {*graph.ends, *(module.outputs if ports else ())}
    best: dict[Node, Ranked] = {
        node: _begun(wires.from_block(node), delays)
        for node in {*graph.arcs, *ends} - entered - left_out
    }
    for node in graph.order():
        if (so_far := best.get(node)) is None:
            continue
        for sink, weight in graph.arcs.get(node, ()):
            found = _after(so_far, weight, _is_step(node, sink, sums), delays)
            if wires.leads(node, weight):
                found = _over(found, wires.doublings(node), delays)
            if sink not in best or found > best[sink]:
                best[sink] = found
    ended = [
        _over(best[node], wires.doublings(node), delays) if wires.ends(node) else best[node]
        for node in ends
        if node in best
    ]
    return Path(*max(ended)[1:]) if ended else None


def _begun(block: bool, delays: Delays) -> Ranked:
    """A path of nothing yet."""
    return delays.block * block, 0, 0, 0, 0, 0, 0, 0.0, int(block)


def _after(so_far: Ranked, weight: Weight, step: bool, delays: Delays) -> Ranked:
    """A path and an arc more."""
    delay, lut, runs, bits, muxf, dsp, nets, doublings, blocks = so_far
    if step:
        return delay + delays.bit, lut, runs, bits + 1, muxf, dsp, nets, doublings, blocks
    if weight == ZERO:
        return so_far
    more = delays.lut * weight[0] + delays.run * weight[1] + delays.mux * weight[2]
    return (
        delay + more, lut + weight[0], runs + weight[1], bits, muxf + weight[2], dsp + weight[3],
        nets, doublings, blocks,
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


def _over(so_far: Ranked, doublings: float, delays: Delays) -> Ranked:
    """A path and a net of the fabric more."""
    more = delays.net + delays.fan * doublings
    delay, lut, runs, bits, muxf, dsp, nets, so_many, blocks = so_far
    return delay + more, lut, runs, bits, muxf, dsp, nets + 1, so_many + doublings, blocks


class _Wires:
    """The nets of a module: which of them the wires of the fabric carry, and to how many pins."""

    def __init__(self, module: Module, family: Family):
        self.module, self.family = module, family
        self.clocks = {
            bit
            for bit, pins in module.readers.items()
            if any(_CLOCK.fullmatch(pin.port) and self._clocked(pin.cell) for pin in pins)
        }

    def doublings(self, net: Node) -> float:
        """The base-2 logarithm of the pins that a net drives."""
        assert isinstance(net, int)
        pins = len(self.module.readers.get(net, ())) + (net in self.module.outputs)
        return log2(max(pins, 1))

    def from_block(self, node: Node) -> bool:
        """Whether a DSP block drives a node."""
        return isinstance(node, int) and self._kind(node) == "dsp"

    def leads(self, node: Node, weight: Weight) -> bool:
        """Whether a wire leads from a node to the cell of this weight behind it."""
        if not isinstance(node, int) or weight == ZERO:
            return False
        return not (weight[2] and self._kind(node) in ("lut", "mux"))

    def ends(self, node: Node) -> bool:
        """Whether a wire leads from a node to a register, or to a port."""
        if not isinstance(node, int):
            return False
        beside = self._kind(node) in ("lut", "carry", "mux")
        registers = [pin for pin in self.module.readers.get(node, ()) if self._clocked(pin.cell)]
        data = [pin for pin in registers if pin.port in _DATA and self._kind_of(pin.cell) == "ff"]
        return not (beside and len(data) == len(registers) == 1) or node in self.module.outputs

    def _kind(self, net: int) -> str:
        """What drives a net."""
        driver = self.module.drivers.get(net)
        return "" if driver is None else self._kind_of(driver.cell)

    def _kind_of(self, cell: int) -> str:
        return self.family.roles[self.module.cells[cell].type].kind

    def _clocked(self, cell: int) -> bool:
        return self._kind_of(cell) in ("ff", "srl", "lutram", "dsp", "memory")
