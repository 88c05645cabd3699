"""Modules as lists and dictionaries: nets, slices of them, cells, processes."""

from __future__ import annotations

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

#: Between the lines of a comment in a module's attribute ``doc``.
LINE = " | "


@dataclass
class Wire:
    """A net; ``port`` is ``input``, ``output`` or empty, ``init`` what a register starts from,
    ``told`` what tools are told of it: attributes of Verilog."""

    name: str
    width: int
    signed: bool = False
    port: str = ""
    position: int = 0
    init: str = ""
    told: str = ""


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
    """A module; ``doc`` is what its attribute of that name says, ``enable`` the net without which
    no register changes, if there is one."""

    name: str
    doc: str = ""
    wires: dict[str, Wire] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    processes: list[list[Assign | Switch]] = field(default_factory=list)
    connects: list[Assign] = field(default_factory=list)
    enable: Spec = ()

    @property
    def ports(self) -> list[Wire]:
        """In the order of their numbers."""
        return sorted((w for w in self.wires.values() if w.port), key=lambda wire: wire.position)

    def whole(self, name: str) -> Spec:
        return (Slice(name, 0, self.wires[name].width),)


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
