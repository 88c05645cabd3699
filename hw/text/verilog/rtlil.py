"""RTLIL read into a model: what Amaranth and yosys write of synchronous designs."""

from __future__ import annotations

import re

from .model import Assign, Bits, Cell, Memory, Module, Slice, Spec, Switch, Wire, cut, joined

_TOKEN = re.compile(r"\[(\d+)(?::(\d+))?\]|(\d+)'([01xz-]+)|([\\$][^\s]+)|([{}])")
_WIRE = re.compile(r"width (\d+)|(?:(input|output) (\d+))|(signed)")


def parse(text: str) -> list[Module]:
    """The modules of an RTLIL text, in its order."""
    return _Reader(text.splitlines()).modules()


#: Attributes of nets that stand in the Verilog.
TOLD = ("\\USER_SLL_REG", "\\SHREG_EXTRACT", "\\keep")


def _attribute(name: str, value: str) -> str:
    """As Verilog has it; what is true, as Vivado and yosys read it."""
    true = value == "1" or re.fullmatch(r"\d+'0*1", value)
    return name[1:] if true else f"{name[1:]} = {value}"


class _Reader:
    """Reads line by line; the wires of a module stand before what uses them."""

    def __init__(self, lines: list[str]):
        self.lines = [stripped for line in lines if (stripped := line.strip())]
        self.at = 0
        self.attributes: dict[str, str] = {}
        self.module = Module("")
        self.known: dict[str, Spec] = {}

    def modules(self) -> list[Module]:
        found = []
        while self.at < len(self.lines):
            word, rest = self._next()
            if word == "module":
                self.module = Module(rest, _string(self._taken().get("\\doc", "")))
                self.known = {}
                self._body()
                found.append(self.module)
            elif word == "attribute":
                self._attribute(rest)
        return found

    def _next(self) -> tuple[str, str]:
        word, _, rest = self.lines[self.at].partition(" ")
        self.at += 1
        return word, rest.strip()

    def _attribute(self, rest: str) -> None:
        name, _, value = rest.partition(" ")
        self.attributes[name] = value

    def _taken(self) -> dict[str, str]:
        found, self.attributes = self.attributes, {}
        return found

    def _body(self) -> None:
        module = self.module
        while True:
            word, rest = self._next()
            if word == "end":
                return
            if word == "attribute":
                self._attribute(rest)
                continue
            found = self._taken()
            if word == "wire":
                self._wire(rest, found)
            elif word == "memory":
                words = rest.split()
                module.memories[words[-1]] = Memory(words[-1], int(words[1]), int(words[3]))
            elif word == "cell":
                self._cell(rest)
            elif word == "process":
                module.processes.append(self._process())
            elif word == "connect":
                module.connects.append(self._assign(rest))

    def _wire(self, rest: str, found: dict[str, str]) -> None:
        head, _, name = rest.rpartition(" ")
        told = ", ".join(_attribute(key, found[key]) for key in TOLD if key in found)
        wire = Wire(name, 1, init=found.get("\\init", "").partition("'")[2], told=told)
        for bits, port, position, signed in _WIRE.findall(head):
            if bits:
                wire.width = int(bits)
            elif port:
                wire.port, wire.position = port, int(position)
            elif signed:
                wire.signed = True
        self.module.wires[name] = wire

    def _cell(self, rest: str) -> None:
        kind, name = rest.split(" ")
        cell = Cell(kind, name)
        while True:
            word, rest = self._next()
            if word == "end":
                break
            if word == "parameter":
                name, _, value = rest.removeprefix("signed ").removeprefix("real ").partition(" ")
                cell.parameters[name[1:]] = value
            else:
                name, _, value = rest.partition(" ")
                cell.ports[name[1:]] = self._spec(value)
        self.module.cells.append(cell)

    def _process(self) -> list[Assign | Switch]:
        """Up to the end, less what yosys says of clocks: there is none."""
        body = self._statements()
        while self._next()[0] != "end":
            pass
        return body

    def _statements(self) -> list[Assign | Switch]:
        """Up to a line that is neither an assignment nor a switch."""
        body: list[Assign | Switch] = []
        while True:
            word, rest = self._next()
            if word == "assign":
                if (made := self._assign(rest)).target:  # where a width is 0, it assigns nothing
                    body.append(made)
            elif word == "switch":
                body.append(self._switch(rest))
            elif word != "attribute":
                self.at -= 1
                return body

    def _switch(self, rest: str) -> Switch:
        found = Switch(self._spec(rest))
        while True:
            word, rest = self._next()
            if word == "end":
                return found
            if word == "case":
                patterns = tuple(part.partition("'")[2] for part in rest.split(", ") if part)
                found.cases.append((patterns, self._statements()))

    def _assign(self, rest: str) -> Assign:
        """Two specs, one after the other."""
        depth = 0
        parts = rest.split(" ")
        for index, part in enumerate(parts):
            depth += (part == "{") - (part == "}")
            after = parts[index + 1] if index + 1 < len(parts) else ""
            if not depth and not after.startswith("["):
                split = index + 1
                break
        return Assign(self._spec(" ".join(parts[:split])), self._spec(" ".join(parts[split:])))

    def _spec(self, text: str) -> Spec:
        if text not in self.known:
            self.known[text] = self._parsed(text)
        return self.known[text]

    def _parsed(self, text: str) -> Spec:
        parts: list[Slice | Bits] = []
        for high, low, _, bits, name, _ in _TOKEN.findall(text):
            if high:
                last = parts.pop()
                bottom = int(low) if low else int(high)
                parts += cut((last,), bottom, int(high) - bottom + 1)
            elif bits:
                parts.append(Bits(bits))
            elif name:
                parts.append(Slice(name, 0, self.module.wires[name].width))
        return joined(parts)


def _string(text: str) -> str:
    """What stands in quotation marks, without its escapes."""
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text[1:-1])
