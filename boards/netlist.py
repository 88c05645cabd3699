"""The mapped netlist that yosys writes with ``write_json``, as plain Python objects.

A bit is an ``int`` (the number of a net, unique within its module) or one of the strings
``"0" "1" "x" "z"``. Modules that were kept apart stay apart: most analyses look at each module
once and multiply by :meth:`Netlist.instances`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ..golden.errors import DesignError, UnknownName

Bit = int | str


class Pin(NamedTuple):
    """One bit of one port of one cell."""

    cell: int
    port: str
    bit: int


@dataclass(frozen=True)
class Cell:
    """One instance: of a primitive, or of a module that was kept apart."""

    name: str
    type: str
    parameters: Mapping[str, str]
    pins: Mapping[str, tuple[Bit, ...]]
    outputs: frozenset[str]

    def bit(self, port: str, index: int = 0) -> Bit:
        """What one bit of a port is connected to; ``"x"`` if to nothing."""
        bits = self.pins.get(port, ())
        return bits[index] if index < len(bits) else "x"

    def value(self, parameter: str, default: int) -> int:
        """A numeric parameter, which yosys writes as a string of bits."""
        text = self.parameters.get(parameter)
        if text is None:
            return default
        return int(text.replace("x", "0").replace("z", "0") or "0", 2)


@dataclass(frozen=True)
class Module:
    """One module: its ports as (direction, bits), and its cells in the order of the file."""

    name: str
    ports: Mapping[str, tuple[str, tuple[Bit, ...]]]
    cells: tuple[Cell, ...]
    nets: Mapping[int, str] = field(default_factory=dict)

    def _nets(self, direction: str) -> frozenset[int]:
        return frozenset(
            bit
            for way, bits in self.ports.values()
            if way in (direction, "inout")
            for bit in bits
            if isinstance(bit, int)
        )

    @cached_property
    def inputs(self) -> frozenset[int]:
        """Nets that a port of the module drives."""
        return self._nets("input")

    @cached_property
    def outputs(self) -> frozenset[int]:
        """Nets that a port of the module reads."""
        return self._nets("output")

    @cached_property
    def drivers(self) -> dict[int, Pin]:
        """The cell pin that drives each net; nets driven by ports are absent."""
        return {net: pin for net, pin, driven in self._pins() if driven}

    @cached_property
    def readers(self) -> dict[int, list[Pin]]:
        """The cell pins that read each net; module ports are in :attr:`outputs`."""
        found: dict[int, list[Pin]] = {}
        for net, pin, driven in self._pins():
            if not driven:
                found.setdefault(net, []).append(pin)
        return found

    def sole_reader(self, net: Bit) -> Pin | None:
        """The one cell pin that reads ``net``, or None if there are more, fewer, or a port."""
        if not isinstance(net, int) or net in self.outputs:
            return None
        readers = self.readers.get(net, [])
        return readers[0] if len(readers) == 1 else None

    def is_read(self, net: Bit) -> bool:
        """Whether any cell or port reads ``net``."""
        return isinstance(net, int) and (net in self.outputs or bool(self.readers.get(net)))

    def _pins(self) -> Iterator[tuple[int, Pin, bool]]:
        for index, cell in enumerate(self.cells):
            for port, bits in cell.pins.items():
                driven = port in cell.outputs
                for position, bit in enumerate(bits):
                    if isinstance(bit, int):
                        yield bit, Pin(index, port, position), driven


@dataclass(frozen=True)
class Netlist:
    """All modules of one synthesis run."""

    modules: Mapping[str, Module]

    def module(self, name: str) -> Module:
        """A module by name; :exc:`UnknownName` if there is none."""
        if name not in self.modules:
            raise UnknownName("module", name, self.modules)
        return self.modules[name]

    def instances(self, top: str) -> dict[str, int]:
        """How often each module occurs in ``top``, itself (once) included; parents come first."""
        order = self.order(top)
        counts = dict.fromkeys(order, 0)
        counts[top] = 1
        for name in order:
            for cell in self.modules[name].cells:
                if cell.type in self.modules:
                    counts[cell.type] += counts[name]
        return counts

    def order(self, top: str) -> list[str]:
        """``top`` and the modules below it, parents before children."""
        done: dict[str, None] = {}
        open_: set[str] = set()

        def visit(name: str) -> None:
            if name in open_:
                raise DesignError(f"modules must not contain themselves, got {name!r}")
            if name in done:
                return
            open_.add(name)
            for child in sorted({c.type for c in self.module(name).cells} & self.modules.keys()):
                visit(child)
            open_.remove(name)
            done[name] = None

        visit(top)
        return list(done)[::-1]


def parse(data: Mapping[str, Any]) -> Netlist:
    """A netlist from the dictionary that ``write_json`` writes; blackboxes are left out."""
    modules = {
        name: _module(name, body)
        for name, body in data["modules"].items()
        if not any(int(body.get("attributes", {}).get(k, "0"), 2) for k in ("blackbox", "whitebox"))
    }
    for module in modules.values():
        for cell in module.cells:
            child = modules.get(cell.type)
            missing = set(cell.pins) - set(child.ports) if child else set()
            if missing:
                raise DesignError(
                    f"{cell.type!r} has no port {min(missing)!r}, got one on {cell.name!r}"
                )
    return Netlist(modules)


def read(path: Path) -> Netlist:
    """A netlist from a file written by ``write_json``."""
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError) as error:
        if isinstance(error, DesignError):
            raise
        raise DesignError(f"{path} must be a netlist written by yosys, got {error!r}") from error


def _module(name: str, body: Mapping[str, Any]) -> Module:
    ports = {k: (v["direction"], tuple(v["bits"])) for k, v in body.get("ports", {}).items()}
    cells = tuple(_cell(n, c) for n, c in body["cells"].items() if c["type"] != "$scopeinfo")
    nets: dict[int, str] = {}
    for net, details in body.get("netnames", {}).items():
        for index, bit in enumerate(details["bits"]):
            if isinstance(bit, int) and (bit not in nets or not details.get("hide_name")):
                nets[bit] = f"{net}[{index}]" if len(details["bits"]) > 1 else net
    return Module(name, ports, cells, nets)


def _cell(name: str, body: Mapping[str, Any]) -> Cell:
    directions = body.get("port_directions", {})
    return Cell(
        name,
        body["type"],
        body.get("parameters", {}),
        {port: tuple(bits) for port, bits in body["connections"].items()},
        frozenset(port for port, way in directions.items() if way in ("output", "inout")),
    )
