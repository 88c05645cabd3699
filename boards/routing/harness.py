"""The harness of a design: shift registers and a signature, so that three pins suffice.

Every input of the core but its clock comes from a flip-flop of one long shift register, every
output goes to a flip-flop; parities of four, with a flip-flop each, fold these to one bit that
leaves. It is written as cells of the family around the mapped netlist, after synthesis: nothing
can be optimized because of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .router import Router

#: The top module, and the instance of the core in it.
TOP, CORE = "harness", "core"

#: Ports of the top.
PORTS = ("clk", "bits_in", "bit_out")

#: How its cells are called, and whose a routed cell is: the router adds some of its own.
_CELLS = ("drive_", "catch_", "parity_", "fold_")

_PAD = "pad_"

#: How nextpnr calls what it adds to a cell of the core, on Gowin.
_ADDED = re.compile(r"_(?:(?:HEAD|TAIL|DUMMY)_ALULC|passthrough_lut\$)$")

#: The clock of every core.
CLOCK = "clk"


@dataclass(frozen=True)
class Harness:
    """A harness, and how many cells of it.

    Parameters
    ----------
    netlist : in the format of ``write_json``: that of the core and the top.
    flip_flops, luts : of the harness alone.
    driven, caught : of each port of the core, the flip-flops before or behind its bits.
    """

    netlist: Mapping[str, Any]
    flip_flops: int
    luts: int
    driven: Mapping[str, tuple[str, ...]]
    caught: Mapping[str, tuple[str, ...]]


def harness(netlist: Mapping[str, Any], core: str, router: Router) -> Harness:
    """The harness of the module ``core`` of a mapped netlist."""
    return _Maker(router).make(netlist, core)


def owner(cell: str) -> str:
    """``core``, ``harness`` or ``router``: whose a cell of the routed netlist is, by its name."""
    if cell.startswith(f"{CORE}."):
        return "router" if _ADDED.search(cell) else "core"
    return "harness" if cell.startswith(_CELLS) else "router"


class _Maker:
    def __init__(self, router: Router):
        self.router = router
        self.nets = 1  # bits are numbered from 2 on
        self.cells: dict[str, dict[str, Any]] = {}
        self.held: dict[str, int] = {}
        self.clock, self.enters = self._net(), self._net()

    def make(self, netlist: Mapping[str, Any], core: str) -> Harness:
        ports = netlist["modules"][core]["ports"]
        wires: dict[str, list[int]] = {}
        driven, caught = dict[str, tuple[str, ...]](), dict[str, tuple[str, ...]]()
        last, leaving = self.enters, list[int]()
        for name, port in ports.items():
            bits = range(len(port["bits"]))
            if name == CLOCK:
                wires[name] = [self.clock]
            elif port["direction"] == "input":
                driven[name] = tuple(f"drive_{name}_{bit}" for bit in bits)
                wires[name] = []
                for cell in driven[name]:
                    last = self._flip_flop(cell, last)
                    wires[name].append(last)
            else:
                caught[name] = tuple(f"catch_{name}_{bit}" for bit in bits)
                wires[name] = [self._net() for _ in bits]
                leaving += map(self._flip_flop, caught[name], wires[name])
        signature = self._fold(leaving)
        pins = self._pads((self.clock, self.enters), signature)
        ways = {name: port["direction"] for name, port in ports.items()}
        self.cells[CORE] = {
            "type": core,
            "parameters": {},
            "attributes": {},
            "port_directions": ways,
            "connections": wires,
        }
        top = {
            "attributes": {"top": f"{1:032b}"},
            "ports": {
                name: {"direction": way, "bits": [bit]}
                for name, way, bit in zip(
                    PORTS,
                    ("input", "input", "output"),
                    pins,
                    strict=True,
                )
            },
            "cells": self.cells,
            "netnames": {
                CLOCK: {"bits": [self.clock], "attributes": {}},
                **{name: {"bits": [net], "attributes": {}} for name, net in self.held.items()},
            },
        }
        kinds = [cell["type"] for cell in self.cells.values()]
        luts = kinds.count(self.router.xor.type)
        modules = {name: self._timed(module) for name, module in netlist["modules"].items()}
        return Harness(
            {**netlist, "modules": {**modules, TOP: top}},
            kinds.count(self.router.flip_flop.type),
            luts,
            driven,
            caught,
        )

    def _timed(self, module: Mapping[str, Any]) -> dict[str, Any]:
        cells = {name: self.router.timed(cell) for name, cell in module["cells"].items()}
        return {**module, "cells": cells}

    def _pads(self, inputs: tuple[int, int], output: int) -> tuple[int, int, int]:
        """The nets outside of the pads, which are those inside where the router inserts them."""
        outside = list[int]()
        for name, net in zip(PORTS, (*inputs, output), strict=True):
            leaf = self.router.leave if net == output else self.router.enter
            pin = self._net() if leaf else net
            if leaf:
                ends = ([net], pin) if net == output else ([pin], net)
                self.cells[f"{_PAD}{name}"] = leaf.cell(*ends, self.clock)
            outside.append(pin)
        clock, enters, leaves = outside
        return clock, enters, leaves

    def _net(self) -> int:
        self.nets += 1
        return self.nets

    def _flip_flop(self, name: str, data: int) -> int:
        self.held[name] = held = self._net()
        self.cells[name] = self.router.flip_flop.cell([data], held, self.clock)
        return held

    def _fold(self, bits: list[int]) -> int:
        """Parities of four, a flip-flop behind each, until one bit is left."""
        step = 0
        while len(bits) > 1:
            fewer = []
            for number, start in enumerate(range(0, len(bits), 4)):
                parity = self._net()
                cell = self.router.xor.cell(bits[start : start + 4], parity, self.clock)
                self.cells[f"parity_{step}_{number}"] = cell
                fewer.append(self._flip_flop(f"fold_{step}_{number}", parity))
            bits, step = fewer, step + 1
        return bits[0]
