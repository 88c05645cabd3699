"""A module's nets in the order in which they are written, and who reads which bits of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from .graph import outputs_of
from .model import (
    Assign,
    Cell,
    Module,
    Slice,
    Spec,
    Switch,
    Wire,
    constant,
    cut,
    reads,
    targets,
    width,
)
from .nodes import Node, chosen, node, sliceable, specs, trimmed


@dataclass
class Register:
    """A net that takes a value at a clock edge, as a process or as what it takes."""

    wire: str
    clock: Spec
    body: list[Assign | Switch]


@dataclass
class Flow:
    """A module, sorted by how it is written.

    Parameters
    ----------
    nodes : nets that an expression makes, each after those that it reads.
    processes : nets that a process without a clock makes, with the process.
    registers : nets that a clock moves.
    assigns : connections of parts of nets, and of outputs.
    instances, memories : cells.
    helpers : nets of which others take parts, with the net after which they are called, and how.
    """

    module: Module
    nodes: dict[str, Node] = field(default_factory=dict)
    processes: dict[str, list[Assign | Switch]] = field(default_factory=dict)
    registers: list[Register] = field(default_factory=list)
    assigns: list[Assign] = field(default_factory=list)
    instances: list[Cell] = field(default_factory=list)
    memories: list[Cell] = field(default_factory=list)
    helpers: dict[str, tuple[str, str]] = field(default_factory=dict)

    def fixed(self, modules: dict[str, Module]) -> Iterator[Spec]:
        """All that is read by others than nodes."""
        for process in self.processes.values():
            yield from reads(process)
        for register in self.registers:
            yield register.clock
            yield from reads(register.body)
        for assign in self.assigns:
            yield assign.value
        for cell in self.instances + self.memories:
            outputs = outputs_of(cell, modules)
            for name, spec in cell.ports.items():
                if name not in outputs:
                    yield spec
        for wire in self.module.ports:
            if wire.port == "output":
                yield self.module.whole(wire.name)


def flow(module: Module, modules: dict[str, Module]) -> Flow:
    """Sorts a module; what a register alone takes becomes part of it."""
    found = Flow(module, assigns=list(module.connects))
    counts: dict[str, int] = defaultdict(int)
    for spec in _read(module, modules):
        for part in spec:
            if isinstance(part, Slice):
                counts[part.wire] += 1
    bodies: dict[str, list[Assign | Switch]] = {}
    for process in module.processes:
        wires = {p.wire for spec in targets(process) for p in spec if isinstance(p, Slice)}
        assert len(wires) == 1, f"a process of {module.name} assigns {sorted(wires)}"
        bodies[wires.pop()] = process
    absorbed = set()
    for cell in module.cells:
        if cell.kind == "$dff":
            assert cell.number("CLK_POLARITY"), f"{module.name} has a register of the falling edge"
            register, taken = _register(cell, module, bodies, counts)
            if module.enable:
                register.body = [Switch(module.enable, [(("1",), register.body)])]
            found.registers.append(register)
            absorbed.add(taken)
        elif cell.instance:
            found.instances.append(cell)
        elif cell.kind.startswith("$mem"):
            found.memories.append(cell)
        else:
            (part,) = cell.ports["Y"]
            assert isinstance(part, Slice)
            _put(found, part.wire, node(cell))
    rest = {wire: process for wire, process in bodies.items() if wire not in absorbed}
    for wire, process in rest.items():
        short = chosen(process, module.whole(wire))
        if short is None:
            found.processes[wire] = process
        else:
            found.nodes[wire] = short
    # Parts of a net may depend on others of it: such nets stay processes.
    while (net := _circle(found)) is not None:
        del found.nodes[net]
        found.processes[net] = rest[net]
    _trim(found, modules)
    found.nodes = _sorted(found)
    return found


def _put(found: Flow, wire: str, made: Node) -> None:
    """Takes a node in; what Verilog takes parts of only by name becomes a net of its own."""
    module = found.module

    def net(word: str, inner: Node) -> Spec:
        name = f"{wire}${word}"
        module.wires[name] = Wire(name, inner.width)
        found.helpers[name] = wire, word
        found.nodes[name] = inner
        return module.whole(name)

    if made.kind == "low":
        (inner,) = made.operands
        assert isinstance(inner, Node)
        made = Node("=", [cut(net("wide", inner), 0, made.width)], made.width)
    elif made.kind == "[]":
        base, offset = made.operands
        assert isinstance(base, tuple)
        first = base[0]
        named = isinstance(first, Slice) and base == module.whole(first.wire)
        if constant(base) is None and not named:
            base = net("words", Node("=", [base], width(base)))
        made = Node("[]", [base, offset], made.width)
    found.nodes[wire] = made


def _read(module: Module, modules: dict[str, Module]) -> Iterator[Spec]:
    for cell in module.cells:
        outputs = outputs_of(cell, modules)
        yield from (spec for name, spec in cell.ports.items() if name not in outputs)
    for process in module.processes:
        yield from reads(process)
    for connect in module.connects:
        yield connect.value


def _register(
    cell: Cell,
    module: Module,
    bodies: dict[str, list[Assign | Switch]],
    counts: dict[str, int],
) -> tuple[Register, str]:
    """A register, and the net whose process became part of it, or nothing."""
    target, data = cell.ports["Q"], cell.ports["D"]
    (part,) = target
    assert isinstance(part, Slice)
    source = data[0].wire if len(data) == 1 and isinstance(data[0], Slice) else ""
    alone = counts[source] == 1 and source in bodies and not module.wires[source].port
    if not alone or data != module.whole(source) or target != module.whole(part.wire):
        return Register(part.wire, cell.ports["CLK"], [Assign(target, data)]), ""
    body = _onto(bodies[source], part.wire)
    first = body[0] if body else None
    if isinstance(first, Assign) and first.target == first.value:
        body = body[1:]
    return Register(part.wire, cell.ports["CLK"], body), source


def _onto(body: list[Assign | Switch], wire: str) -> list[Assign | Switch]:
    """A process that assigns another net."""
    found: list[Assign | Switch] = []
    for item in body:
        if isinstance(item, Assign):
            parts = (Slice(wire, p.low, p.width) for p in item.target if isinstance(p, Slice))
            found.append(Assign(tuple(parts), item.value))
        else:
            cases = [(patterns, _onto(inner, wire)) for patterns, inner in item.cases]
            found.append(Switch(item.select, cases))
    return found


def _trim(found: Flow, modules: dict[str, Module]) -> None:
    """Takes away high bits of sums and choices that nobody reads."""
    module = found.module
    most: dict[str, int] = defaultdict(int)

    def reading(spec: Spec) -> None:
        for part in spec:
            if isinstance(part, Slice):
                most[part.wire] = max(most[part.wire], part.low + part.width)

    for spec in found.fixed(modules):
        reading(spec)
    for wire in reversed(_sorted(found)):
        made, size = found.nodes[wire], most[wire]
        if 0 < size < made.width and not module.wires[wire].port and sliceable(made):
            found.nodes[wire] = made = trimmed(made, size)
            made.width = module.wires[wire].width = size
        for spec in specs(made):
            reading(spec)


def _sorted(found: Flow) -> dict[str, Node]:
    """Nodes, each after those that it reads; those of a register or an output together."""
    done: dict[str, Node] = {}
    for wire, left in _walk(found):
        if left:
            done[wire] = found.nodes[wire]
    return done


def _circle(found: Flow) -> str | None:
    """A net that was a process and is one of those that depend on themselves."""
    driven = [spec for body in found.module.processes for spec in targets(body)]
    processes = {part.wire for spec in driven for part in spec if isinstance(part, Slice)}
    trail: list[str] = []
    for wire, left in _walk(found, again=True):
        if left:
            trail.pop()
        elif wire in trail:
            return next(name for name in trail[trail.index(wire) :] if name in processes)
        else:
            trail.append(wire)
    return None


def _walk(found: Flow, again: bool = False) -> Iterator[tuple[str, bool]]:
    """Nodes when they are entered and left, depth first; ``again``: also when met on the way."""
    nodes: dict[str, Node] = found.nodes
    begun: set[str] = set()
    open_: set[str] = set()
    for root in nodes:
        path = [(root, False)]
        while path:
            wire, left = path.pop()
            if left:
                open_.discard(wire)
                yield wire, True
            elif wire not in begun:
                begun.add(wire)
                open_.add(wire)
                yield wire, False
                path.append((wire, True))
                reading = [part[0] for spec in specs(nodes[wire]) for part in spec]
                path += [(name, False) for name in reversed(reading) if name in nodes]
            elif again and wire in open_:
                yield wire, False
