"""Names of nets: their own, made legal, or what they feed and how they are made."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator

from ....golden.description.keywords import KEYWORDS
from .graph import outputs_of
from .model import Cell, Module, Slice, Spec, reads, targets

_ANONYMOUS = re.compile(r"\$|\\(\$|port\$\d+$)")

#: What an operator's result is called, behind the name of what it feeds.
WORDS = {
    "$add": "sum",
    "$sub": "difference",
    "$mul": "product",
    "$neg": "negated",
    "$not": "inverted",
    "$and": "and",
    "$or": "or",
    "$xor": "xor",
    "$xnor": "xnor",
    "$mux": "choice",
    "$shl": "shifted",
    "$sshl": "shifted",
    "$shr": "shifted",
    "$sshr": "shifted",
    "$shift": "picked",
    "$eq": "equal",
    "$ne": "unequal",
    "$lt": "less",
    "$le": "at_most",
    "$gt": "greater",
    "$ge": "at_least",
    "$reduce_or": "any",
    "$reduce_bool": "any",
    "$reduce_and": "all",
    "$reduce_xor": "parity",
    "$logic_not": "none",
    "$dff": "state",
    "$memrd_v2": "read",
}


def anonymous(name: str) -> bool:
    """Whether a name says nothing."""
    return bool(_ANONYMOUS.match(name))


def legal(name: str) -> str:
    """A name as a plain identifier, without the numbers that Amaranth sets behind it."""
    text = re.sub(r"(\$\d+)+(?=$|[.\[])", "", name.lstrip("\\"))
    text = re.sub(r"[^A-Za-z0-9_]+", "_", text).rstrip("_")
    text = text if text[:1].isalpha() else f"n{text}"
    return f"{text}_net" if text in KEYWORDS else text


def _slices(target: Spec) -> Iterator[Slice]:
    """The parts of what is driven: there are no constants among them."""
    for part in target:
        assert isinstance(part, Slice)
        yield part


class Names:
    """Unique identifiers of a module's nets, memories and instances.

    Parameters
    ----------
    module, modules : the module, and all by name.
    given : names of slices, from :func:`.graph.simplified`.
    ports : of modules named before, their ports' names: module -> old -> new.
    fixed : whether the ports keep their names: those of the top module.
    """

    def __init__(
        self,
        module: Module,
        modules: dict[str, Module],
        given: dict[str, list[tuple[str, Spec]]],
        ports: dict[str, dict[str, str]],
        *,
        fixed: bool,
    ):
        self.module, self.modules, self.given, self.ports = module, modules, given, ports
        self.taken: set[str] = set()
        self.found: dict[str, str] = {}
        self.cells: dict[str, str] = {}
        self.feeds: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.made: dict[str, tuple[Cell | None, str]] = {}
        self._look()
        wires = [wire.name for wire in module.ports]
        wires += [name for name, wire in module.wires.items() if not wire.port]
        for name in wires:
            if not anonymous(name):
                keep = fixed and module.wires[name].port
                self.found[name] = self.fresh(name[1:] if keep else legal(name))
        for name in module.memories:
            self.found[name] = self.fresh(legal(name))
        for cell in module.cells:
            if cell.instance:
                self.cells[cell.name] = self.fresh(legal(cell.name))
        for name in wires:
            if name not in self.found and (hint := self._hint(name)):
                self.found[name] = self.fresh(hint)
        self.own = dict(self.found)

    def __getitem__(self, name: str) -> str:
        """The identifier of a net or memory; those without a name get one when first asked for."""
        if name not in self.found:
            self.found[name] = self.fresh(self._derived(name))
        return self.found[name]

    def fresh(self, name: str) -> str:
        """``name``, or with a number behind it if there is one of it."""
        count, found = 1, name
        while found in self.taken or found in KEYWORDS:
            count += 1
            found = f"{name}_{count}"
        self.taken.add(found)
        return found

    def _look(self) -> None:
        """What every net is made by and what it feeds: a net, or a name of an instance's port."""
        for cell in self.module.cells:
            outputs = outputs_of(cell, self.modules)
            driven = [(name, part) for name in outputs for part in _slices(cell.ports[name])]
            made = [part.wire for _, part in driven if part.width]
            for name, part in driven:
                self.made[part.wire] = cell, name
            for name, spec in cell.ports.items():
                if name not in outputs:
                    self._feed(spec, cell, name, made)
        for process in self.module.processes:
            made = [part.wire for spec in set(targets(process)) for part in _slices(spec)]
            for spec in reads(process):
                self._feed(spec, None, "", made)
        for connect in self.module.connects:
            made = [part.wire for part in _slices(connect.target)]
            self._feed(connect.value, None, "", made)

    def _feed(self, spec: Spec, cell: Cell | None, port: str, made: list[str]) -> None:
        for part in spec:
            if not isinstance(part, Slice):
                continue
            if cell is not None and (cell.instance or cell.kind == "$memwr_v2"):
                name = cell.name if cell.instance else cell.parameters["MEMID"].strip('"')
                self.feeds[part.wire].append(("", f"{legal(name)}_{self._port(cell, port)}"))
            else:
                self.feeds[part.wire] += [(name, "") for name in made]

    def _port(self, cell: Cell, port: str) -> str:
        return self.ports.get(cell.kind, {}).get("\\" + port, legal(port.lower()))

    def _hint(self, name: str) -> str | None:
        """A name that the whole net was given elsewhere, or the instance's port that drives it."""
        whole = self.module.whole(name)
        named = [n for n, spec in self.given.get(name, ()) if spec == whole and not anonymous(n)]
        if named:
            return min(map(legal, named), key=len)
        cell, port = self.made.get(name, (None, ""))
        if cell is not None and cell.instance:
            return f"{legal(cell.name)}_{self._port(cell, port)}"
        return None

    def _derived(self, name: str) -> str:
        """After the nearest named net that it feeds, and the operator that makes it."""
        cell, _ = self.made.get(name, (None, ""))
        word = WORDS.get(cell.kind, "value") if cell is not None else "next"
        word = "in" if self.module.wires[name].port == "input" else word
        seen, pending = {name}, deque([name])
        while pending:
            for net, text in self.feeds.get(pending.popleft(), ()):
                if text or net in self.own:
                    return f"{text or self.own[net]}_{word}"
                if net not in seen:
                    seen.add(net)
                    pending.append(net)
        return word


def parts_of(module: Module, names: Names) -> dict[Slice, str]:
    """Names of slices, the shortest where there are several, made legal."""
    found: dict[Slice, str] = {}
    for wire, items in names.given.items():
        if wire not in module.wires:
            continue
        for name, (part,) in items:
            assert isinstance(part, Slice)
            if part.width == module.wires[wire].width or anonymous(name):
                continue
            if part not in found or _worth(name, wire) < _worth(found[part], wire):
                found[part] = name
    return {part: names.fresh(legal(name)) for part, name in found.items()}


def _worth(name: str, wire: str) -> tuple[bool, bool, int]:
    """What tells the better of two names for a part of a wire: lower is better."""
    return not name.startswith(wire), "$" in name, len(name)
