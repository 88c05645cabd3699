"""RTLIL read into lists and dictionaries: what Amaranth and yosys write of synchronous designs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Slice(NamedTuple):
    """Bits ``low`` to ``low + width - 1`` of a wire."""

    wire: str
    low: int
    width: int


class Bits(NamedTuple):
    """A constant, its highest bit first; of 0, 1 and x."""

    text: str

    @property
    def width(self) -> int:
        return len(self.text)


#: Slices and constants one above the other, the highest first.
Spec = tuple["Slice | Bits", ...]


@dataclass
class Wire:
    """A net; ``port`` is ``input``, ``output`` or empty, ``init`` what a register starts from."""

    name: str
    width: int
    signed: bool = False
    port: str = ""
    place: int = 0
    init: str = ""


@dataclass
class Memory:
    """An array of words."""

    name: str
    width: int
    size: int


@dataclass
class Cell:
    """An operator, a register, a memory's port or an instance."""

    kind: str
    name: str
    parameters: dict[str, str] = field(default_factory=dict)
    ports: dict[str, Spec] = field(default_factory=dict)

    @property
    def instance(self) -> bool:
        return self.kind.startswith("\\")

    def number(self, name: str) -> int:
        """A parameter that is a number; one left out is 0."""
        text = self.parameters.get(name, "0").split("'")
        return int(text[0]) if len(text) == 1 else int(text[1], 2)


@dataclass
class Assign:
    """``target`` takes ``value``; later ones win."""

    target: Spec
    value: Spec


@dataclass
class Switch:
    """The first case of which a pattern fits; a case without patterns fits always."""

    select: Spec
    cases: list[tuple[tuple[str, ...], list[Assign | Switch]]] = field(default_factory=list)


@dataclass
class Module:
    """A module; ``doc`` is what its attribute of that name says."""

    name: str
    doc: str = ""
    wires: dict[str, Wire] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    processes: list[list[Assign | Switch]] = field(default_factory=list)
    connects: list[Assign] = field(default_factory=list)

    @property
    def ports(self) -> list[Wire]:
        """In the order of their numbers."""
        return sorted((w for w in self.wires.values() if w.port), key=lambda wire: wire.place)

    def whole(self, name: str) -> Spec:
        return (Slice(name, 0, self.wires[name].width),)


_TOKEN = re.compile(r"\[(\d+)(?::(\d+))?\]|(\d+)'([01xz-]+)|([\\$][^\s]+)|([{}])")
_WIRE = re.compile(r"width (\d+)|(?:(input|output) (\d+))|(signed)")


def width(spec: Spec) -> int:
    """Bits of a spec."""
    return sum(part.width for part in spec)


def cut(spec: Spec, low: int, count: int) -> Spec:
    """Bits ``low`` to ``low + count - 1`` of a spec."""
    found: list[Slice | Bits] = []
    at = 0
    for part in reversed(spec):
        first, last = max(low, at), min(low + count, at + part.width)
        if first < last:
            if isinstance(part, Bits):
                end = part.width - (first - at)
                found.append(Bits(part.text[end - (last - first) : end]))
            else:
                found.append(Slice(part.wire, part.low + first - at, last - first))
        at += part.width
    return joined(reversed(found))


def joined(parts: Iterable[Slice | Bits]) -> Spec:
    """Parts, neighbours that belong together as one."""
    found: list[Slice | Bits] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, Bits) and isinstance(last, Bits):
            found[-1] = Bits(last.text + part.text)
        elif isinstance(part, Slice) and isinstance(last, Slice) and _follows(last, part):
            found[-1] = Slice(part.wire, part.low, part.width + last.width)
        elif part.width:
            found.append(part)
    return tuple(found)


def _follows(above: Slice, below: Slice) -> bool:
    return above.wire == below.wire and above.low == below.low + below.width


def constant(spec: Spec) -> str | None:
    """The bits of a spec that is constant."""
    if all(isinstance(part, Bits) for part in spec):
        return "".join(part.text for part in spec if isinstance(part, Bits))
    return None


def reads(body: list[Assign | Switch]) -> Iterator[Spec]:
    """All that a process reads."""
    for item in body:
        if isinstance(item, Assign):
            yield item.value
        else:
            yield item.select
            for _, inner in item.cases:
                yield from reads(inner)


def targets(body: list[Assign | Switch]) -> Iterator[Spec]:
    """All that a process assigns."""
    for item in body:
        if isinstance(item, Assign):
            yield item.target
        else:
            for _, inner in item.cases:
                yield from targets(inner)


def parse(text: str) -> list[Module]:
    """The modules of an RTLIL text, in its order."""
    return _Reader(text.splitlines()).modules()


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
        wire = Wire(name, 1, init=found.get("\\init", "").partition("'")[2])
        for bits, port, place, signed in _WIRE.findall(head):
            if bits:
                wire.width = int(bits)
            elif port:
                wire.port, wire.place = port, int(place)
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
                body.append(self._assign(rest))
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
        for place, part in enumerate(parts):
            depth += (part == "{") - (part == "}")
            after = parts[place + 1] if place + 1 < len(parts) else ""
            if not depth and not after.startswith("["):
                split = place + 1
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
