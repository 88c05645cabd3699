"""Merges equal modules of an RTLIL text: each distinct one is emitted once and instantiated.

Amaranth writes a module for every instance, and numbers names that occur twice in the order of the
whole design. Two modules are equal if their text is, once their own name and source locations are
left out, their children have been merged, and such numbers count within the module.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MODULE = re.compile(r"^module (\\\S+)$")
_CELL = re.compile(r"^(\s*cell )(\\\S+)( \S+)$")
_CONNECT = re.compile(r"^(\s*connect )(\\\S+)( .*)$")
_DECLARED = re.compile(r"^\s*(?:wire|memory|cell) .*?(\\\S+)$")
_NAME = re.compile(r"\\[^\s\[\]{}]+")
_MEMORY = re.compile(r'^(\s*parameter \\MEMID "\\)(\\[^"]+)(".*)$')
_NUMBER = re.compile(r"(\$\d+)+$")


@dataclass
class _Module:
    name: str
    attributes: list[str]
    body: list[str]

    @property
    def children(self) -> list[str]:
        return [match[2] for line in self.body if (match := _CELL.match(line))]


class _Merger:
    """Visits modules, children first."""

    def __init__(self, modules: dict[str, _Module], root: str, top: str):
        self.modules, self.root, self.top = modules, root, top
        self.merged: dict[str, str] = {}  # old name -> new name
        self.ports: dict[str, dict[str, str]] = {}  # old name -> renamed names within
        self.bodies: dict[str, str] = {}  # text of the body -> new name
        self.leaves: dict[str, int] = {}
        self.result: list[_Module] = []

    def visit(self, name: str) -> None:
        if name in self.merged:
            return
        module = self.modules[name]
        for child in module.children:
            if child in self.modules:
                self.visit(child)
        names = self.ports[name] = {} if name == self.root else _numbered(module)
        body = self._rewritten(module, names)
        text = "\n".join(line for line in body if not line.strip().startswith("attribute \\src"))
        if name != self.root and text in self.bodies:
            self.merged[name] = self.bodies[text]
            return
        fresh = f"\\{self.top}" if name == self.root else self._fresh(name)
        self.merged[name] = self.bodies[text] = fresh
        self.result.append(_Module(fresh, module.attributes, body))

    def _rewritten(self, module: _Module, names: dict[str, str]) -> list[str]:
        """The body with its own names, its children and their ports renamed."""

        def own(text: str) -> str:
            return _NAME.sub(lambda match: names.get(match[0], match[0]), text)

        lines, child = [], ""
        for line in module.body:
            if match := _CELL.match(line):
                child = match[2]
                line = f"{match[1]}{self.merged.get(child, child)}{own(match[3])}"
            elif child and (match := _CONNECT.match(line)):
                port = self.ports.get(child, {}).get(match[2], match[2])
                line = f"{match[1]}{port}{own(match[3])}"
            elif match := _MEMORY.match(line):  # a name within a text
                line = f"{match[1]}{names.get(match[2], match[2])}{match[3]}"
            else:
                child = "" if line.strip() == "end" else child
                line = line if line.lstrip().startswith("attribute") else own(line)
            lines.append(line)
        return lines

    def _fresh(self, name: str) -> str:
        leaf = re.sub(r"(\$\d+|(_\d+)+)+$", "", name.rsplit(".", 1)[-1].lstrip("\\"))
        self.leaves[leaf] = self.leaves.get(leaf, 0) + 1
        number = f"_{self.leaves[leaf]}" if self.leaves[leaf] > 1 else ""
        return f"\\{self.top}_{leaf}{number}"


def merge(rtlil: str, top: str) -> str:
    """``rtlil`` with equal modules merged, children first; ``top`` names the top module.

    Merged modules are called ``<top>_<leaf>``, after the last part of the name of their first
    instance, without its indices; where several differ, they are numbered in order of appearance.
    """
    modules = {module.name: module for module in _parse(rtlil)}
    root = next(m.name for m in modules.values() if any(" \\top " in a for a in m.attributes))
    merger = _Merger(modules, root, top)
    merger.visit(root)
    return "\n".join(_write(module) for module in merger.result) + "\n"


def _numbered(module: _Module) -> dict[str, str]:
    """New names for those that end in a number of the whole design."""
    declared = [match[1] for line in module.body if (match := _DECLARED.match(line))]
    taken = {name for name in declared if not _NUMBER.search(name)}
    names = {}
    for name in declared:
        if _NUMBER.search(name):
            base, count = _NUMBER.sub("", name), 1
            while f"{base}${count}" in taken:
                count += 1
            names[name] = f"{base}${count}"
            taken.add(names[name])
    return names


def _parse(rtlil: str) -> list[_Module]:
    modules: list[_Module] = []
    pending: list[str] = []
    inside: _Module | None = None
    for line in rtlil.splitlines():
        if inside is None:
            if match := _MODULE.match(line):
                inside = _Module(match[1], pending, [])
                pending = []
            elif line.startswith("attribute"):
                pending.append(line)
        elif line == "end":
            modules.append(inside)
            inside = None
        else:
            inside.body.append(line)
    return modules


def _write(module: _Module) -> str:
    lines = [line for line in module.body if line]
    return "\n".join([*module.attributes, f"module {module.name}", *lines, "end"])
