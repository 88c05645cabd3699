"""Merges equal modules of an RTLIL text: each distinct one is emitted once and instantiated.

Amaranth writes a module for every instance. Two modules are equal if their text is, once their own
name and source locations are left out and their children have been merged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MODULE = re.compile(r"^module (\\\S+)$")
_CELL = re.compile(r"^(\s*cell )(\\\S+)( \S+)$")


@dataclass
class _Module:
    name: str
    attributes: list[str]
    body: list[str]

    @property
    def children(self) -> list[str]:
        return [match[2] for line in self.body if (match := _CELL.match(line))]


def merge(rtlil: str, top: str) -> str:
    """``rtlil`` with equal modules merged, children first; ``top`` names the top module.

    Merged modules are called ``<top>_<leaf>``, after the last part of the name of their first
    instance, without its indices; where several differ, they are numbered in order of appearance.
    """
    modules = {module.name: module for module in _parse(rtlil)}
    root = _top_of(modules)
    merged: dict[str, str] = {}  # old name -> new name
    bodies: dict[str, str] = {}  # text of the body -> new name
    result: list[_Module] = []
    names: dict[str, int] = {}

    def visit(name: str) -> None:
        if name in merged:
            return
        module = modules[name]
        for child in module.children:
            if child in modules:
                visit(child)
        body = [_rename(line, merged) for line in module.body]
        text = "\n".join(line for line in body if not line.strip().startswith("attribute \\src"))
        if name != root and text in bodies:
            merged[name] = bodies[text]
            return
        merged[name] = bodies[text] = f"\\{top}" if name == root else _fresh(name, top, names)
        result.append(_Module(merged[name], module.attributes, body))

    visit(root)
    return "\n".join(_write(module) for module in result) + "\n"


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


def _top_of(modules: dict[str, _Module]) -> str:
    return next(m.name for m in modules.values() if any(" \\top " in a for a in m.attributes))


def _rename(line: str, merged: dict[str, str]) -> str:
    match = _CELL.match(line)
    return f"{match[1]}{merged.get(match[2], match[2])}{match[3]}" if match else line


def _fresh(name: str, top: str, names: dict[str, int]) -> str:
    leaf = re.sub(r"(\$\d+|(_\d+)+)+$", "", name.rsplit(".", 1)[-1].lstrip("\\"))
    names[leaf] = names.get(leaf, 0) + 1
    number = f"_{names[leaf]}" if names[leaf] > 1 else ""
    return f"\\{top}_{leaf}{number}"


def _write(module: _Module) -> str:
    lines = [line for line in module.body if line]
    return "\n".join([*module.attributes, f"module {module.name}", *lines, "end"])
