"""Levels of a mapped netlist: LUTs in series between registers, and carries, told apart.

yosys's ``sta`` has no arcs for carries and ``ltp`` reports false loops on mapped netlists, because
it takes every input of a CARRY4 to reach every output. Here a carry is taken bit by bit: the sum of
bit i follows inputs up to i, so a LUT between two bits of one CARRY4 is no loop.

Modules that were kept apart are looked at once; what passes through their ports combinationally is
carried over to each place where they stand.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..golden.errors import DesignError
from .carries import Chain, chains
from .families.roles import Family
from .netlist import Bit, Cell, Module, Netlist
from .paths import Graph, Weight, longer

_WEIGHTS: dict[str | None, Weight] = {
    "lut": (1, 0, 0, 0),
    "run": (0, 1, 0, 0),
    "mux": (0, 0, 1, 0),
    "dsp": (0, 0, 0, 1),
    None: (0, 0, 0, 0),
}


@dataclass(frozen=True)
class Levels:
    """The longest paths between registers or ports; each is a maximum of its own.

    Parameters
    ----------
    lut : LUTs in series. Inverters, multiplexers beside LUTs and route-throughs count 0; reading a
        LUTRAM, or an SRL at an address that changes, counts 1.
    carry : bits of the longest carry run, from the lowest that a signal enters to the highest that
        one leaves.
    carry_runs : carry runs in series on one path.
    muxf : wide multiplexers (MUXF7, PFUMX, …) in series.
    dsp : DSP blocks in series that a path crosses without meeting a register.
    """

    lut: int
    carry: int
    carry_runs: int
    muxf: int
    dsp: int


@dataclass(frozen=True)
class _Summary:
    """A module seen from outside: weights by port bit, and its longest inner path."""

    arrive: dict[tuple[str, int], Weight]
    depart: dict[tuple[str, int], Weight]
    through: dict[tuple[tuple[str, int], tuple[str, int]], Weight]
    inner: Weight
    carry: int


def levels(netlist: Netlist, top: str, family: Family) -> Levels:
    """Levels of ``top``, its ports taken as registers.

    Raises
    ------
    DesignError : a combinational loop, or a cell type that the family does not know.
    """
    summaries: dict[str, _Summary] = {}
    for name in reversed(netlist.order(top)):
        summaries[name] = _summarize(netlist.modules[name], summaries, family)
    whole = summaries[top]
    longest = whole.inner
    for weights in (whole.arrive, whole.depart, whole.through):
        for weight in weights.values():
            longest = longer(longest, weight)
    carry = max(summary.carry for summary in summaries.values())
    return Levels(longest[0], carry, longest[1], longest[2], longest[3])


def _summarize(module: Module, below: dict[str, _Summary], family: Family) -> _Summary:
    graph = Graph()
    runs = chains(module, family.roles)
    for chain in runs:
        _add_chain(graph, module, chain, family)
    for index, cell in enumerate(module.cells):
        if cell.type in below:
            _add_child(graph, cell, below[cell.type])
        elif cell.type not in family.roles:
            raise DesignError(
                f"cell type {cell.type!r} is not known to family {family.name}, "
                f"got {cell.name!r} in module {module.name!r}"
            )
        elif family.roles[cell.type].carry is None:
            _add_cell(graph, index, cell, family)
    inputs = _port_bits(module, "input")
    outputs = _port_bits(module, "output")
    try:
        arrive, depart, through, inner = graph.solve(inputs, outputs)
    except ValueError as error:
        net = module.nets.get(error.args[0], error.args[0])
        raise DesignError(
            f"registers must break every loop, got a combinational loop through {net!r} "
            f"in module {module.name!r}"
        ) from None
    carry = max((chain.bits for chain in runs), default=0)
    return _Summary(arrive, depart, through, inner, carry)


def _port_bits(module: Module, direction: str) -> dict[tuple[str, int], Bit]:
    return {
        (port, index): bit
        for port, (way, bits) in module.ports.items()
        if way in (direction, "inout")
        for index, bit in enumerate(bits)
    }


def _add_cell(graph: Graph, index: int, cell: Cell, family: Family) -> None:
    role = family.roles[cell.type]
    inputs = tuple(port for port in cell.pins if port not in cell.outputs)
    bundles = ((inputs, tuple(cell.outputs)),) if role.arcs is None else role.arcs(cell)
    weight = _WEIGHTS[role.level]
    for number, (sources, sinks) in enumerate(bundles):
        node = (index, number)
        for port in sources:
            for bit in cell.pins.get(port, ()):
                graph.arc(bit, node, weight)
        for port in sinks:
            for bit in cell.pins.get(port, ()):
                graph.arc(node, bit, _WEIGHTS[None])
    if role.arcs is not None:
        for port in inputs:
            for bit in cell.pins[port]:
                graph.end(bit, _WEIGHTS[None])


def _add_chain(graph: Graph, module: Module, chain: Chain, family: Family) -> None:
    """Nodes ``("carry", cell, i)`` stand for the carry out of each bit, inside the chain."""
    previous: tuple[str, int, int] | None = None
    run, nothing = _WEIGHTS["run"], _WEIGHTS[None]
    for index in chain.cells:
        cell = module.cells[index]
        carry = family.roles[cell.type].carry
        assert carry is not None
        entries = carry.initial if previous is not None else (carry.chain_in, *carry.initial)
        for number, position in enumerate(carry.positions):
            here = ("carry", index, number)
            ways = [cell.bit(*pin) for pin in (entries if number == 0 else ())]
            total = None if position.sum is None else cell.bit(*position.sum)
            for node in (here, total):
                if node is None:
                    continue
                pins = position.inputs if node == here else position.sums
                for bit in (*ways, *(cell.bit(*pin) for pin in pins)):
                    graph.arc(bit, node, run)
                if previous is not None:
                    graph.arc(previous, node, nothing)
            if position.carry is not None:
                graph.arc(here, cell.bit(*position.carry), nothing)
            previous = here


def _add_child(graph: Graph, cell: Cell, child: _Summary) -> None:
    for pin, weight in child.arrive.items():
        graph.start(cell.bit(*pin), weight)
    for pin, weight in child.depart.items():
        graph.end(cell.bit(*pin), weight)
    for (source, sink), weight in child.through.items():
        graph.arc(cell.bit(*source), cell.bit(*sink), weight)
    graph.inner = longer(graph.inner, child.inner)
