"""A clock enable for everything that a design remembers: registers, memories, makers' blocks."""

from __future__ import annotations

from .model import Bits, Cell, Module, Slice, Spec, Wire

#: The port, and the net inside each module.
PORT = "ce"
NET = f"\\{PORT}"

#: Enables of the registers in makers' blocks begin so.
_ENABLES = "CE"


def enable(modules: list[Module]) -> None:
    """Give each of ``modules``, children first, that remembers something a port ``ce``: while it is
    low, nothing in it changes, resets included."""
    stateful: set[str] = set()
    for module in modules:
        if _remembers(module, stateful):
            stateful.add(module.name)
            _enabled(module, stateful)


def _remembers(module: Module, stateful: set[str]) -> bool:
    return any(
        cell.kind == "$dff" or _gated(cell) or cell.kind in stateful for cell in module.cells
    )


def _enabled(module: Module, stateful: set[str]) -> None:
    last = max((wire.position for wire in module.wires.values() if wire.port), default=-1)
    assert NET not in module.wires, f"{module.name} has a net called {PORT}"
    module.wires[NET] = Wire(NET, 1, port="input", position=last + 1)
    module.enable = (Slice(NET, 0, 1),)
    for cell in list(module.cells):
        if cell.kind in stateful:
            cell.ports[PORT] = module.enable
        for port in _gated(cell):
            cell.ports[port] = _both(module, cell, port)


def _gated(cell: Cell) -> list[str]:
    """The enables of a cell that is a memory's port or a maker's block, but those that never rise.

    What a module of ours is called begins with a letter of the core's name, and it has no ports
    that are called so.
    """
    if cell.kind == "$memwr_v2" or (cell.kind == "$memrd_v2" and cell.number("CLK_ENABLE")):
        return ["EN"]
    if not cell.instance:
        return []
    found = [port for port in cell.ports if port.startswith(_ENABLES)]
    return [port for port in found if not _never(cell.ports[port])]


def _never(spec: Spec) -> bool:
    return all(isinstance(part, Bits) and set(part.text) <= {"0"} for part in spec)


def _both(module: Module, cell: Cell, port: str) -> Spec:
    """A port's own enable and the module's, as wide as the port."""
    spec = cell.ports[port]
    (one,) = {_bit(part, at) for part in spec for at in range(part.width)}
    name = f"$ce_{len(module.wires)}"
    module.wires[name] = Wire(name, 1)
    widths = dict.fromkeys(("A_WIDTH", "B_WIDTH", "Y_WIDTH"), "1")
    signs = dict.fromkeys(("A_SIGNED", "B_SIGNED"), "0")
    own: Spec = (Slice(name, 0, 1),)
    ports = {"A": (one,), "B": module.enable, "Y": own}
    module.cells.append(Cell("$and", f"{name}_and", {**widths, **signs}, ports))
    return own * sum(part.width for part in spec)


def _bit(part: Slice | Bits, at: int) -> Slice | Bits:
    """A bit of a part; of an enable all bits are the same."""
    if isinstance(part, Bits):
        return Bits(part.text[at])
    return Slice(part.wire, part.low + at, 1)
