"""Registers of a mapped netlist: how many pins each drives, and which share their controls.

The fan-out of a register is the number of cell pins that read its output, in all modules; ports of
the top count nothing. A **control set** is a clock, a clock enable and a reset that flip-flops
share: those of one slice must (UG574, "Control Signals"). Modules that were kept apart are looked
at once, and what passes their ports is carried over to each place where they stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from .families.roles import Family
from .netlist import Bit, Module, Netlist

#: Registers that drive more pins than this are told by name, unless a user says otherwise.
LIMIT = 256

#: So many of those with the greatest fan-out are kept by name.
_NAMED = 20

_CLOCKS, _ENABLES = {"C", "CK", "CLK"}, {"CE", "E", "SP"}
_DATA = {"D", "DI"}

PortBit = tuple[str, int]
#: A control of a flip-flop seen from outside its module: a constant, or a bit of a port.
Control = str | PortBit


@dataclass(frozen=True)
class Registers:
    """The flip-flops of one top.

    Parameters
    ----------
    fanouts : fan-out → how many registers have it.
    greatest : the registers with the greatest: (name, fan-out, how many times it stands).
    control_sets : distinct clocks, clock enables and resets.
    """

    fanouts: Mapping[int, int]
    greatest: tuple[tuple[str, int, int], ...]
    control_sets: int


@dataclass
class _Summary:
    """A module seen from outside.

    ``loads`` are pins that read a port inside, ``driven`` the registers that drive a port with what
    they drive inside, ``fanouts`` and ``named`` the registers of which all is known, ``sets`` the
    control sets whose every net is a port's, ``closed`` how many have a net of the module's own.
    """

    loads: Counter[PortBit] = field(default_factory=Counter)
    driven: dict[PortBit, str] = field(default_factory=dict)
    fanouts: Counter[int] = field(default_factory=Counter)
    named: Counter[tuple[str, int]] = field(default_factory=Counter)
    sets: set[tuple[Control, ...]] = field(default_factory=set)
    closed: int = 0


def registers(netlist: Netlist, top: str, family: Family) -> Registers:
    """What the flip-flops of ``top`` drive, and their control sets.

    Raises UnknownName for a top that is not there.
    """
    below: dict[str, _Summary] = {}
    for name in reversed(netlist.order(top)):
        below[name] = _summarize(netlist.modules[name], below, family, name == top)
    whole = below[top]
    ranked = sorted(whole.named.items(), key=lambda item: (-item[0][1], item[0][0]))
    greatest = tuple((name, count, times) for (name, count), times in ranked[:_NAMED])
    fanouts = dict(sorted(whole.fanouts.items()))
    return Registers(fanouts, greatest, whole.closed + len(whole.sets))


def _summarize(
    module: Module, below: Mapping[str, _Summary], family: Family, outermost: bool
) -> _Summary:
    found = _Summary()
    loads, drivers = Counter[int](), dict[int, str]()
    sets = set[tuple[Bit, ...]]()
    for cell in module.cells:
        child = below.get(cell.type)
        if child is not None:
            found.fanouts += child.fanouts
            found.named += child.named
            found.closed += child.closed
            sets |= {
                tuple(c if isinstance(c, str) else cell.bit(*c) for c in s) for s in child.sets
            }
            for pin, name in child.driven.items():
                path = f"{cell.name}/{name}"
                if isinstance(net := cell.bit(*pin), int):
                    drivers[net] = path
                else:  # nothing outside reads it
                    found.fanouts[child.loads[pin]] += 1
                    found.named[path, child.loads[pin]] += 1
            for pin, count in child.loads.items():
                if isinstance(net := cell.bit(*pin), int):
                    loads[net] += count
            continue
        for port, bits in cell.pins.items():
            if port not in cell.outputs:
                loads.update(bit for bit in bits if isinstance(bit, int))
        if cell.type in family.roles and family.roles[cell.type].kind == "ff":
            sets.add(_controls(cell.pins, cell.outputs))
            for net in (bit for port in cell.outputs for bit in cell.pins.get(port, ())):
                if isinstance(net, int):
                    drivers[net] = module.nets.get(net, cell.name)
    _close(found, module, loads, drivers, sets, outermost)
    return found


def _close(
    found: _Summary,
    module: Module,
    loads: Counter[int],
    drivers: Mapping[int, str],
    sets: set[tuple[Bit, ...]],
    outermost: bool,
) -> None:
    """What ends inside the module is counted, the rest told by the ports that it passes."""
    ports: dict[int, PortBit] = {}
    for name, (_, bits) in module.ports.items() if not outermost else ():
        for index, bit in enumerate(bits):
            if isinstance(bit, int):
                ports.setdefault(bit, (name, index))
    for net, port in ports.items():
        found.loads[port] = loads[net]
    for net, name in drivers.items():
        if net in ports:
            found.driven[ports[net]] = name
        else:
            found.fanouts[loads[net]] += 1
            found.named[name, loads[net]] += 1
    if len(found.named) > 4 * _NAMED:
        kept = sorted(found.named.items(), key=lambda item: (-item[0][1], item[0][0]))
        found.named = Counter(dict(kept[: 2 * _NAMED]))
    for each in sets:
        if all(isinstance(net, str) or net in ports for net in each):
            found.sets.add(tuple(net if isinstance(net, str) else ports[net] for net in each))
        else:
            found.closed += 1


def _controls(pins: Mapping[str, tuple[Bit, ...]], outputs: frozenset[str]) -> tuple[Bit, ...]:
    """Clock, clock enable and reset; of one that has no pin, what it always is."""
    clock, enable, reset = "x", "1", "0"
    found: list[Bit] = [clock, enable, reset]
    for port, bits in pins.items():
        if port not in outputs and port not in _DATA and bits:
            found[0 if port in _CLOCKS else 1 if port in _ENABLES else 2] = bits[0]
    return tuple(found)
