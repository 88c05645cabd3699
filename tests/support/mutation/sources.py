"""Runs a package with changed sources, without a file being written."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from .places import Places

#: The name under which a module of a probed package finds its probes.
_HITS = "_mutation_hits_"


class Subject(NamedTuple):
    """What is tested: sources below ``root / folder``, imported as ``package``; folders of its
    tests; folders ``around`` of what else they use."""

    root: Path
    folder: str
    package: str
    tests: tuple[str, ...]
    around: tuple[str, ...] = ()

    def module(self, file: str) -> str:
        """The name under which a file, named from the root, is imported."""
        parts = Path(file).relative_to(self.folder).with_suffix("").parts
        return ".".join([self.package, *(parts[:-1] if parts[-1] == "__init__" else parts)])


class Changed(MetaPathFinder):
    """Finds modules of a package whose source is another than the file's.

    ``codes`` makes the code of a file that is named from the root; its names are those that change.
    """

    def __init__(self, subject: Subject, codes: dict[str, Callable[[], CodeType]]):
        self._root = subject.root
        self._files = {subject.module(file): (file, make) for file, make in codes.items()}

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        if name not in self._files:
            return None
        file, make = self._files[name]
        loader = _Loader(name, str(self._root / file), make)
        folders = [str((self._root / file).parent)] if file.endswith("__init__.py") else None
        return spec_from_file_location(name, loader=loader, submodule_search_locations=folders)

    def install(self) -> None:
        sys.meta_path.insert(0, self)


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, make: Callable[[], CodeType]):
        super().__init__(name, path)
        self._make = make

    def get_code(self, fullname: str) -> CodeType:
        return self._make()


def compiled(path: Path, source: str | ast.Module) -> CodeType:
    """Code of ``source``, said to be that of ``path``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(source, str(path), "exec", dont_inherit=True)


class Probes:
    """A byte for each statement and lambda in a function of the package: set where it runs.

    Caches are taken out, so that a statement runs in each test that needs it. What runs when a
    module is imported has no probe.
    """

    def __init__(self, subject: Subject, sources: dict[str, str]):
        self._places: dict[str, list[tuple[int, int, int]]] = {}
        self._trees, self._count = {}, 0
        for file, source in sources.items():
            self._places[file] = []
            self._trees[file] = self._probed(source, file)
        self.hits = bytearray(self._count)
        self._subject = subject

    def install(self) -> None:
        """From now on the package is imported with its probes."""
        sys.modules[_HITS] = self.hits  # type: ignore[assignment]
        root = self._subject.root
        codes = {
            file: lambda file=file, tree=tree: compiled(root / file, tree)
            for file, tree in self._trees.items()
        }
        Changed(self._subject, codes).install()

    def of(self, file: str) -> list[int]:
        """The probes of a file."""
        return [number for _, _, number in self._places[file]]

    def at(self, file: str, place: int) -> int | None:
        """The probe of the smallest statement or lambda that holds a character, or None."""
        held = [(end - begin, number) for begin, end, number in self._places[file]
                if begin <= place < end]  # fmt: skip
        return min(held)[1] if held else None

    def _new(self, file: str, span: tuple[int, int]) -> int:
        self._places[file].append((*span, self._count))
        self._count += 1
        return self._count - 1

    def _probed(self, source: str, file: str) -> ast.Module:
        tree, places = ast.parse(source), Places(source)
        _Prober(lambda node: self._new(file, places.span(node))).visit(tree)
        at = next((n for n, node in enumerate(tree.body) if not _is_head(node)), len(tree.body))
        line = f"import sys as {_HITS}; {_HITS} = {_HITS}.modules[{_HITS!r}]"
        tree.body[at:at] = ast.parse(line).body
        return ast.fix_missing_locations(tree)


class _Prober(ast.NodeTransformer):
    """Puts a probe before each statement in a function, and into each lambda."""

    def __init__(self, new: Callable[[ast.AST], int]):
        self._new, self._inside = new, False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = [d for d in map(_uncached, node.decorator_list) if d is not None]
        before, self._inside = self._inside, True
        self.generic_visit(node)
        self._inside = before
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        number = self._new(node)
        self.generic_visit(node)
        node.body = ast.BoolOp(ast.Or(), [_set(number), node.body])
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            held = getattr(node, name, None)
            if self._inside and isinstance(held, list) and not isinstance(node, ast.ClassDef):
                setattr(node, name, [line for one in held for line in self._both(one)])
        return node

    def _both(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return [node]
        return [ast.Expr(_set(self._new(node))), node]


def _is_head(node: ast.stmt) -> bool:
    """A docstring, or an import of the future: nothing may come before."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _set(number: int) -> ast.expr:
    return ast.parse(f"{_HITS}.__setitem__({number}, 1)", mode="eval").body


def _uncached(decorator: ast.expr) -> ast.expr | None:
    """A decorator without the keeping of results, or None if it did nothing else."""
    name = decorator.func if isinstance(decorator, ast.Call) else decorator
    last = ast.unparse(name).rpartition(".")[2]
    if last == "cached_property":
        return ast.copy_location(ast.Name("property", ast.Load()), decorator)
    return None if last in ("cache", "lru_cache") else decorator
