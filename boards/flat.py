"""One module without hierarchy, from a netlist with: for analyses that need every net at once."""

from __future__ import annotations

from .netlist import Bit, Cell, Module, Netlist


def flatten(netlist: Netlist, top: str) -> Module:
    """``top`` with every module below it dissolved; cell names become paths with ``/``.

    Nets are numbered anew. A child that joins two of its ports joins the nets outside it, and one
    that drives a port with a constant makes the net outside that constant.
    """
    netlist.order(top)
    return _Flattener(netlist).run(top)


class _Flattener:
    def __init__(self, netlist: Netlist):
        self.netlist = netlist
        self.parent: list[int] = []
        self.constant: dict[int, str] = {}
        self.cells: list[tuple[str, Cell, dict[str, tuple[Bit, ...]]]] = []

    def run(self, top: str) -> Module:
        module = self.netlist.module(top)
        local: dict[int, int] = {}
        ports = {
            name: (way, tuple(self._net(local, bit) for bit in bits))
            for name, (way, bits) in module.ports.items()
        }
        self._dissolve(module, local, "")
        cells = tuple(
            Cell(
                path,
                c.type,
                c.parameters,
                {p: self._resolve(b) for p, b in pins.items()},
                c.outputs,
            )
            for path, c, pins in self.cells
        )
        names = {
            self._find(net): module.nets[bit] for bit, net in local.items() if bit in module.nets
        }
        return Module(
            module.name, {n: (w, self._resolve(b)) for n, (w, b) in ports.items()}, cells, names
        )

    def _dissolve(self, module: Module, local: dict[int, int], path: str) -> None:
        for cell in module.cells:
            pins = {
                p: tuple(self._net(local, bit) for bit in bits) for p, bits in cell.pins.items()
            }
            child = self.netlist.modules.get(cell.type)
            if child is None:
                self.cells.append((path + cell.name, cell, pins))
                continue
            inside: dict[int, int] = {}
            for port, (way, bits) in child.ports.items():
                for outer, inner in zip(pins.get(port, ()), bits, strict=False):
                    if isinstance(outer, int) or way == "input":
                        self._join(outer, self._net(inside, inner))
            self._dissolve(child, inside, f"{path}{cell.name}/")

    def _net(self, local: dict[int, int], bit: Bit) -> Bit:
        if isinstance(bit, str):
            return bit
        if bit not in local:
            local[bit] = len(self.parent)
            self.parent.append(local[bit])
        return local[bit]

    def _find(self, net: int) -> int:
        while self.parent[net] != net:
            self.parent[net] = self.parent[self.parent[net]]
            net = self.parent[net]
        return net

    def _join(self, a: Bit, b: Bit) -> None:
        if isinstance(a, str):
            a, b = b, a
        if isinstance(a, str):
            return
        root = self._find(a)
        if isinstance(b, str):
            self.constant[root] = b
            return
        other = self._find(b)
        if other != root:
            self.parent[other] = root
            if other in self.constant:
                self.constant[root] = self.constant.pop(other)

    def _resolve(self, bits: tuple[Bit, ...]) -> tuple[Bit, ...]:
        def one(bit: Bit) -> Bit:
            if isinstance(bit, str):
                return bit
            root = self._find(bit)
            return self.constant.get(root, root)

        return tuple(one(bit) for bit in bits)
