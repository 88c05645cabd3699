"""The core as the router left it, as Verilog with the core's own ports: for simulators.

Placed cells stand there with the wires between them, after the router's packing, its constants, its
ends of carry chains and its exchange of LUT inputs. The harness is cut off at its flip-flops.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..catalogue import Board
from .harness import CLOCK, Harness, harness, owner
from .route import NETLIST, checked, routed, router_of
from .router import Placed, Register, Router


def after(netlist: Path, core: str, board: Board, seed: int) -> str:
    """Verilog of the module ``core`` of a mapped netlist, as it is routed with ``seed``.

    Raises DesignError, ToolMissing, ToolFailed as :func:`~macsmith.boards.routing.route` does.
    """
    router, (seed,) = router_of(board), checked((seed,))
    found = harness(json.loads(netlist.read_text(encoding="utf-8")), core, router)
    folder, _ = routed(json.dumps(router.prepared(found.netlist)), router, board, seed)
    left = json.loads(gzip.decompress((folder / NETLIST).read_bytes()))
    (module,) = left["modules"].values()
    return _Cut(module, found, router).verilog(core)


class _Cut:
    """The cells of a routed netlist that are not the harness's, between the core's ports."""

    def __init__(self, module: Mapping[str, Any], found: Harness, router: Router):
        self.found, self.router = found, router
        self.nets = {name: net["bits"][0] for name, net in module["netnames"].items()}
        cells = {name: Placed.read(cell) for name, cell in module["cells"].items()}
        self.harness = {name: cell for name, cell in cells.items() if owner(name) == "harness"}
        self.kept = {
            name: cell
            for name, cell in cells.items()
            if name not in self.harness and cell.type not in router.pads and not router.empty(cell)
        }
        self.names: dict[int, str] = {}

    def verilog(self, core: str) -> str:
        """The module."""
        ports, outputs = [f"input {CLOCK}"], []
        for way, sides in (("input", self.found.driven), ("output", self.found.caught)):
            ports += [f"{way} [{len(cells) - 1}:0] {name}" for name, cells in sides.items()]
        for name, cells in self.found.driven.items():
            for bit, cell in enumerate(cells):
                register = self._alone(cell)
                assert register is not None
                self.names[register.clock] = CLOCK
                self.names[register.held] = f"{name}[{bit}]"
        for name, cells in self.found.caught.items():
            for bit, cell in enumerate(cells):
                outputs.append(f"  assign {name}[{bit}] = {self._net(self._left(cell))};")
        body = [line for name, cell in self.kept.items() for line in self._instance(name, cell)]
        wires = [
            f"  wire {name};" for name in self.names.values() if re.fullmatch(r"(n|open)\d+", name)
        ]
        return "\n".join([f"module {core}({', '.join(ports)});", *wires, *outputs, *body,
                          "endmodule\n"])  # fmt: skip

    def _alone(self, name: str) -> Register | None:
        """A flip-flop of the harness; None if it went into a cell of the core."""
        cell = self.harness.get(self.router.alone.format(name))
        if cell is None:
            return None
        found, (called, port) = self.router.register(cell), self.router.through
        before = self.harness.get(called.format(name))
        return found._replace(data=before.ports[port]) if before else found

    def _left(self, name: str) -> Any:
        """The net that the flip-flop ``name`` of the harness catches."""
        if register := self._alone(name):
            return register.data
        held = self.nets[name]
        cell = next(cell for cell, item in self.kept.items() if held in item.ports.values())
        assert self.router.unheld is not None
        self.kept[cell] = self.router.unheld(self.kept[cell])
        return held

    def _net(self, net: Any) -> str:
        """Its name in Verilog."""
        if isinstance(net, tuple):
            return "{" + ", ".join(self._net(bit) or self._open() for bit in net[::-1]) + "}"
        if isinstance(net, str):
            return f"1'b{net}"
        return "" if net is None else self.names.setdefault(net, f"n{net}")

    def _open(self) -> str:
        """A net that nobody reads."""
        number = -len(self.names) - 1
        self.names[number] = f"open{-number}"
        return self.names[number]

    def _instance(self, name: str, cell: Placed) -> Iterator[str]:
        if cell.type in self.router.constants:
            port, value = self.router.constants[cell.type]
            yield f"  assign {self._net(cell.ports[port])} = 1'b{value};"
            return
        if cell.type in self.router.buffers:
            source, target = (self._net(cell.ports[p]) for p in self.router.buffers[cell.type])
            if target != CLOCK:
                yield f"  assign {target} = {source};"
            return
        told = self.router.model(cell)
        parameters = ", ".join(f".{k}({_value(v)})" for k, v in told.parameters.items())
        ports = ", ".join(f".{port}({self._net(net)})" for port, net in told.ports.items())
        yield f"  {told.type} #({parameters}) \\{name.replace(' ', '_')} ({ports});"


def _value(text: str) -> str:
    """A parameter: bits, or text, which ends in a space where it would be bits otherwise."""
    if re.fullmatch("[01xz]+", text):
        return f"{len(text)}'b{text}"
    return f'"{text.rstrip()}"'
