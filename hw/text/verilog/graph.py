"""Who drives and who reads the nets of a module, and which modules and nets nobody needs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from .model import Assign, Bits, Cell, Module, Slice, Spec, Switch, cut, joined, reads, targets
from .nodes import SIMPLE

#: Outputs of makers' cells.
_OUTPUT = re.compile(
    r"O|CO|P\d*|[ABP]COUT|CARRY(CAS)?COUT|CARRYOUT|MULTSIGNOUT|Z|DOUT|SO[AB]|ACCUMCO"
)

#: What drives nets: an operator, register, memory port or instance; a process; a connection.
Driver = Cell | list[Assign | Switch] | Assign

Resolve = Callable[[Spec], Spec]


@dataclass
class Interface:
    """What of a module's ports is read inside and what drives its outputs outside."""

    inputs: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)


def outputs_of(cell: Cell, modules: dict[str, Module]) -> list[str]:
    """The ports through which a cell drives."""
    if cell.kind in modules:
        wires = modules[cell.kind].wires
        return [name for name in cell.ports if wires["\\" + name].port == "output"]
    if cell.instance:
        return [name for name in cell.ports if _OUTPUT.fullmatch(name)]
    if cell.kind.startswith("$memrd"):
        return ["DATA"]
    return [name for name in ("Y", "Q") if name in cell.ports]


class Graph:
    """A module's nets: drivers and what is live, given which outputs others read."""

    def __init__(self, module: Module, modules: dict[str, Module]):
        self.module, self.modules = module, modules
        self.drivers: dict[str, list[Driver]] = defaultdict(list)
        for cell in module.cells:
            for name in outputs_of(cell, modules):
                self._drives(cell.ports[name], cell)
        for process in module.processes:
            for spec in set(targets(process)):
                self._drives(spec, process)
        for connect in module.connects:
            self._drives(connect.target, connect)

        self.sources = {id(d): self._wires(d, None) for ds in self.drivers.values() for d in ds}

    def _drives(self, spec: Spec, driver: Driver) -> None:
        for part in spec:
            if isinstance(part, Slice) and not any(d is driver for d in self.drivers[part.wire]):
                self.drivers[part.wire].append(driver)

    def _wires(self, driver: Driver, known: Interface | None) -> list[str]:
        """The nets that a driver reads; of an instance, what its module reads."""
        if isinstance(driver, list):
            specs = reads(driver)
        elif isinstance(driver, Assign):
            specs = iter((driver.value,))
        else:
            outputs = outputs_of(driver, self.modules)
            specs = (
                spec
                for name, spec in driver.ports.items()
                if name not in outputs and (known is None or "\\" + name in known.inputs)
            )
        return [part.wire for spec in specs for part in spec if isinstance(part, Slice)]

    def live(self, read: dict[str, Interface]) -> tuple[set[str], set[int]]:
        """Nets that matter for the outputs that are read, and the drivers (by id) behind them."""
        module, own = self.module, read.get(self.module.name)
        names = [w.name for w in module.wires.values() if w.port == "output"]
        pending = [name for name in names if own is None or name in own.outputs]
        found: set[str] = set()
        seen: set[int] = set()
        for cell in module.cells:
            # A write port matters where its memory does; memories without readers do not occur.
            if cell.kind.startswith("$memwr"):
                pending += self._visit(cell, seen, read)
        while pending:
            name = pending.pop()
            if name in found:
                continue
            found.add(name)
            for driver in self.drivers.get(name, ()):
                pending += self._visit(driver, seen, read)
        return found, seen

    def _visit(self, driver: Driver, seen: set[int], read: dict[str, Interface]) -> list[str]:
        if id(driver) in seen:
            return []
        seen.add(id(driver))
        if isinstance(driver, Cell) and driver.kind in read:
            return self._wires(driver, read[driver.kind])
        found = self.sources.get(id(driver))
        return self._wires(driver, None) if found is None else found


def prune(modules: list[Module]) -> None:
    """Takes away what no output of the last module depends on: nets, cells, ports of others."""
    named = {module.name: module for module in modules}
    top = modules[-1].name
    read = {
        m.name: Interface(
            {w.name for w in m.ports if w.port == "input"},
            {w.name for w in m.ports if w.port == "output"},
        )
        for m in modules
    }
    graphs = {module.name: Graph(module, named) for module in modules}
    for _ in range(2):
        for module in modules:
            live, _ = graphs[module.name].live(read)
            if module.name != top:
                read[module.name].inputs &= live
        wanted: dict[str, set[str]] = defaultdict(set)
        for module in reversed(modules):
            live, seen = graphs[module.name].live(read)
            for cell in module.cells:
                if cell.kind in named and id(cell) in seen:
                    for port in outputs_of(cell, named):
                        if any(isinstance(p, Slice) and p.wire in live for p in cell.ports[port]):
                            wanted[cell.kind].add("\\" + port)
        for name, outputs in wanted.items():
            read[name].outputs &= outputs
    for module in reversed(modules):
        _prune(graphs[module.name], read, top)


def _prune(graph: Graph, read: dict[str, Interface], top: str) -> None:
    module = graph.module
    live, seen = graph.live(read)
    module.cells = [c for c in module.cells if id(c) in seen or c.kind.startswith("$meminit")]
    module.processes = [p for p in module.processes if id(p) in seen]
    module.connects = [c for c in module.connects if id(c) in seen]
    for cell in module.cells:
        known = read.get(cell.kind)
        if known is not None:
            kept = known.inputs | known.outputs
            cell.ports = {n: spec for n, spec in cell.ports.items() if "\\" + n in kept}
    for name, wire in list(module.wires.items()):
        own = read[module.name]
        port = wire.port and (module.name == top or name in own.inputs | own.outputs)
        if name not in live and not port:
            del module.wires[name]
        elif wire.port and not port:
            wire.port = ""


def simplified(module: Module) -> dict[str, list[tuple[str, Spec]]]:
    """Puts what a net is the same as in its place, and drops choices between equals.

    Returns the names that were given to slices: wire -> (name, what it is).
    """
    aliases: dict[str, Spec] = {}
    known: dict[Spec, Spec] = {}

    def resolve(spec: Spec) -> Spec:
        if spec not in known:
            known[spec] = _resolved(spec, aliases)
        return known[spec]

    rest = []
    for connect in module.connects:
        target = connect.target
        first = target[0] if len(target) == 1 else None
        if (
            isinstance(first, Slice)
            and not (wire := module.wires[first.wire]).port
            and first.width == wire.width
        ):
            aliases[wire.name] = connect.value
        else:
            rest.append(connect)
    module.connects = rest
    # A choice between nothings, where a width is 0, has no wire.
    module.cells = [cell for cell in module.cells if cell.ports.get("Y") != ()]
    named = dict(aliases)
    while True:
        before = sum(1 for cell in module.cells if cell.ports)
        known.clear()
        for cell in module.cells:
            _simpler(cell, resolve, aliases, module)
        if before == sum(1 for cell in module.cells if cell.ports):
            break
    known.clear()
    module.cells = [c for c in module.cells if c.ports]
    for cell in module.cells:
        cell.ports = {name: resolve(spec) for name, spec in cell.ports.items()}
    for connect in module.connects:
        connect.value = resolve(connect.value)
    for process in module.processes:
        _rewrite(process, resolve)
    found: dict[str, list[tuple[str, Spec]]] = defaultdict(list)
    for name, spec in named.items():
        spec = resolve(spec)
        for index, part in enumerate(reversed(spec)):
            if isinstance(part, Slice):
                own = name if len(spec) == 1 else f"{name}_{index}"
                found[part.wire].append((own, (part,)))
    return found


def _resolved(spec: Spec, aliases: dict[str, Spec]) -> Spec:
    if not any(isinstance(part, Slice) and part.wire in aliases for part in spec):
        return spec
    parts: list[Slice | Bits] = []
    for part in spec:
        if isinstance(part, Slice) and part.wire in aliases:
            parts += _resolved(cut(aliases[part.wire], part.low, part.width), aliases)
        else:
            parts.append(part)
    return joined(parts)


def _simpler(cell: Cell, resolve: Resolve, aliases: dict[str, Spec], module: Module) -> None:
    """Puts what a cell's result is the same as in its place."""
    if not cell.ports or cell.kind not in SIMPLER:
        return
    target = cell.ports["Y"]
    (part,) = target
    cell.ports = {name: spec if name == "Y" else resolve(spec) for name, spec in cell.ports.items()}
    same = SIMPLER[cell.kind](cell)
    if same is not None:
        assert isinstance(part, Slice)
        cell.ports = {}
        if module.wires[part.wire].port:
            module.connects.append(Assign(target, same))
        else:
            aliases[part.wire] = same


def _chosen(cell: Cell) -> Spec | None:
    """A choice between equals is no choice, one between 0 and 1 is its condition."""
    low, high = cell.ports["A"], cell.ports["B"]
    if low == high:
        return low
    if (low, high) == ((Bits("0"),), (Bits("1"),)):
        return cell.ports["S"]
    if (low, high) == ((Bits("1"),), (Bits("0"),)):
        cell.kind, cell.ports = "$not", {"A": cell.ports["S"], "Y": cell.ports["Y"]}
        cell.parameters = {"A_SIGNED": "0", "A_WIDTH": "1", "Y_WIDTH": "1"}
    return None


SIMPLER: dict[str, Callable[[Cell], Spec | None]] = {"$mux": _chosen, **SIMPLE}


def _rewrite(body: list[Assign | Switch], resolve: Resolve) -> None:
    for item in body:
        if isinstance(item, Assign):
            item.value = resolve(item.value)
        else:
            item.select = resolve(item.select)
            for _, inner in item.cases:
                _rewrite(inner, resolve)
