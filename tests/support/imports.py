"""Who imports whom, read from the sources: a module, what it imports, and how."""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Arrow(NamedTuple):
    """``module`` imports ``target``: at the ``top``, ``lazy`` (in a function) or for ``types``."""

    module: str
    target: str
    how: str


def modules() -> dict[str, Path]:
    """All modules of the package, as they are installed."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = {}
    for package, folder in tomllib.loads(text)["tool"]["setuptools"]["package-dir"].items():
        for path in (ROOT / folder).rglob("*.py"):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            found[".".join([package, *parts])] = path
    return found


def arrows(sources: dict[str, Path]) -> set[Arrow]:
    """All imports of one module of ``sources`` by another."""
    found = set()
    for name, path in sources.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for target, how in _imported(ast.parse(path.read_bytes()), package, "top"):
            while target not in sources and "." in target:
                target = target.rpartition(".")[0]
            if target in sources and target != name:
                found.add(Arrow(name, target, how))
    return found


def _imported(node: ast.AST, package: str, how: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, how) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, base] if base else above)
        yield from ((f"{base}.{alias.name}", how) for alias in node.names)
    elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for child in node.body:
            yield from _imported(child, package, "types")
        for child in node.orelse:
            yield from _imported(child, package, how)
    else:
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from _imported(child, package, "lazy" if inside and how == "top" else how)


def circles(found: set[Arrow]) -> list[list[str]]:
    """Groups of modules of which each reaches each other along arrows."""
    after = defaultdict(set)
    for arrow in found:
        after[arrow.module].add(arrow.target)
    reached = {}
    for start in list(after):
        seen, todo = set(), [start]
        while todo:
            for target in after[todo.pop()] - seen:
                seen.add(target)
                todo.append(target)
        reached[start] = seen
    groups = {
        frozenset(other for other in reached if start in reached[other] and other in reached[start])
        for start in reached
        if start in reached[start]
    }
    return sorted(sorted(group) for group in groups)
