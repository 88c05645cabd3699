"""Carry chains of a mapped module: which cells are joined, and which positions are really used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .families.roles import Carry, PinName, Position, Role
from .netlist import Bit, Cell, Module


@dataclass(frozen=True)
class Chain:
    """Carry cells joined by their dedicated wires, from low to high.

    Parameters
    ----------
    cells : indices into the module's cells.
    used : for each position of each cell, low to high, whether anything depends on it: its own
        outputs are read, or a higher position is used and the carry passes through.
    bits : length in bits of the longest run, from the lowest position that a signal enters to the
        highest that one leaves.
    """

    cells: tuple[int, ...]
    used: tuple[tuple[bool, ...], ...]
    bits: int


def shape(cell: Cell, roles: Mapping[str, Role]) -> Carry | None:
    """The carry's shape if ``cell`` is one."""
    role = roles.get(cell.type)
    return role.carry if role else None


def joined(module: Module, roles: Mapping[str, Role]) -> dict[int, int]:
    """Carry cell → the carry cell below it whose dedicated output its dedicated input reads.

    Where several cells read one dedicated output, the first has the wire and the others go
    through the fabric.
    """
    below: dict[int, int] = {}
    taken: set[int] = set()
    for index, cell in enumerate(module.cells):
        carry = shape(cell, roles)
        if carry is None:
            continue
        source = cell.bit(*carry.chain_in)
        driver = module.drivers.get(source) if isinstance(source, int) else None
        if driver is None or driver.cell in taken:
            continue
        lower = shape(module.cells[driver.cell], roles)
        if lower is not None and lower.chain_out == (driver.port, driver.bit):
            below[index] = driver.cell
            taken.add(driver.cell)
    return below


def chains(module: Module, roles: Mapping[str, Role]) -> list[Chain]:
    """All chains of a module, in the order of their lowest cells."""
    below = joined(module, roles)
    above = {low: high for high, low in below.items()}
    found = []
    for index, cell in enumerate(module.cells):
        if shape(cell, roles) is not None and index not in below:
            cells = [index]
            while cells[-1] in above:
                cells.append(above[cells[-1]])
            found.append(_chain(module, cells, roles))
    return found


def _chain(module: Module, indices: list[int], roles: Mapping[str, Role]) -> Chain:
    entered: list[bool] = []
    left: list[bool] = []
    widths: list[int] = []
    for index, following in zip(indices, [*indices[1:], None], strict=True):
        cell = module.cells[index]
        carry = shape(cell, roles)
        assert carry is not None
        ways_in: tuple[PinName, ...] = carry.initial
        if index == indices[0]:
            ways_in = (carry.chain_in, *ways_in)
        for position in carry.positions:
            entered.append(any(_is_net(cell.bit(*pin)) for pin in (*ways_in, *position.inputs)))
            left.append(_leaves(module, cell, position, carry, following))
            ways_in = ()
        widths.append(len(carry.positions))
    top = max((i for i, out in enumerate(left) if out), default=-1)
    low = next((i for i, signal in enumerate(entered) if signal), top + 1)
    used, start = [], 0
    for width in widths:
        used.append(tuple(start + i <= top for i in range(width)))
        start += width
    return Chain(tuple(indices), tuple(used), max(0, top - low + 1))


def _leaves(
    module: Module, cell: Cell, position: Position, carry: Carry, following: int | None
) -> bool:
    """Whether a signal leaves the chain at this position, other than to the cell above."""
    if position.sum is not None and module.is_read(cell.bit(*position.sum)):
        return True
    if position.carry is None:
        return False
    net = cell.bit(*position.carry)
    if position.carry != carry.chain_out or following is None:
        return module.is_read(net)
    return isinstance(net, int) and (
        net in module.outputs or any(pin.cell != following for pin in module.readers.get(net, []))
    )


def _is_net(bit: Bit) -> bool:
    return isinstance(bit, int)
