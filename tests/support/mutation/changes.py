"""Mutants: one small change of one place of a source each.

Conditions are negated, comparisons moved by one or turned round, operators, bounds and directions
exchanged, signs, ``not`` and ``abs`` dropped, numbers changed by 1, slices opened, branches of
``where`` swapped, results replaced by None. :mod:`mutation.left_out` says what is left alone.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .left_out import FILES, parts
from .places import Places, same

_COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd,
}  # fmt: skip
_PAIRS = (
    *(("min", "max"), ("minimum", "maximum"), ("any", "all"), ("floor", "ceil")),
    *(("argmin", "argmax"), ("amin", "amax"), ("isnan", "isfinite"), ("zeros", "ones")),
)
_NAMES = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}


@dataclass(frozen=True)
class Mutant:
    """A change of the characters ``begin`` to ``end`` of ``file``'s source to ``text``."""

    file: str
    kind: str
    begin: int
    end: int
    text: str
    line: int

    def source(self, source: str) -> str:
        """The whole file with the change."""
        return source[: self.begin] + self.text + source[self.end :]

    def told(self, source: str) -> str:
        """The changed line as ``git diff --word-diff`` writes it."""
        before = source[: self.begin].rpartition("\n")[2].lstrip()
        after = source[self.end :].partition("\n")[0].rstrip()
        old = " ".join(source[self.begin : self.end].split())
        return f"{before}[-{old}-]{{+{self.text}+}}{after}"


@dataclass(frozen=True)
class _Change:
    """A node of a file's syntax tree, the way to it, and what it becomes."""

    file: str
    path: tuple
    kind: str
    node: ast.AST
    other: ast.AST


def sampled(files: dict[str, str], count: int | None, seed: int) -> list[Mutant]:
    """``count`` mutants of ``files`` (name -> source), drawn with ``seed``: fewer are the first of
    more. All if None."""
    rng = random.Random(seed)
    trees = {file: ast.parse(files[file]) for file in sorted(files) if file not in FILES}
    every = [
        _Change(file, path, kind, node, other)
        for file, tree in trees.items()
        for path, node in _walk(tree, (), file)
        for kind, other in _chosen(node, rng)
    ]
    rng.shuffle(every)
    places = {file: Places(files[file]) for file in trees}
    return [_mutant(change, trees[change.file], places[change.file]) for change in every[:count]]


def _mutant(change: _Change, tree: ast.Module, places: Places) -> Mutant:
    """A change as text: of the least place that does, else of the node, in parentheses."""
    node, other = change.node, change.other
    for place, text in (places.short(node, other), (places.span(node), f"({ast.unparse(other)})")):
        line = places.source.count("\n", 0, place[0]) + 1
        mutant = Mutant(change.file, change.kind, *place, text, line)
        if same(tree, change.path, other, mutant.source(places.source)):
            return mutant
    raise AssertionError(f"{change.file}:{node.lineno}: {ast.unparse(other)} cannot be written")


def files(root: Path, folder: str) -> dict[str, str]:
    """Sources below ``root / folder``, by their paths from ``root``."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((root / folder).rglob("*.py"))
    }


def _walk(node: ast.AST, path: tuple, file: str) -> Iterator[tuple[tuple, ast.AST]]:
    """Every node that may be changed, with the way to it: (field, index or None) a step."""
    allowed = parts(node, file)
    for name, value in ast.iter_fields(node):
        several = value if isinstance(value, list) else [value]
        for index, child in enumerate(several):
            if not any(child is one for one in allowed):
                continue
            step = (name, index if isinstance(value, list) else None)
            if isinstance(child, ast.expr | ast.stmt | ast.Slice):
                yield (*path, step), child
            yield from _walk(child, (*path, step), file)


def _chosen(node: ast.AST, rng: random.Random) -> list[tuple[str, ast.AST]]:
    """The changes of a node; a number, of which there are many, is changed up or down."""
    found = list(_changes(node))
    return [rng.choice(found)] if isinstance(node, ast.Constant) and found else found


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What a node may become, with the name of the operator."""
    for kind, make in _MAKERS.get(type(node), ()):
        for change in make(node):
            yield kind, ast.copy_location(copy.copy(change), node)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """A copy of a node with other fields."""
    return type(node)(**{**dict(ast.iter_fields(node)), **fields})


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    for index, op in enumerate(node.ops):
        ops = [*node.ops[:index], _COMPARED[type(op)](), *node.ops[index + 1 :]]
        yield _with(node, ops=ops)


def _operator(node: ast.BinOp | ast.AugAssign) -> Iterator[ast.AST]:
    if type(node.op) in _OPERATORS:
        yield _with(node, op=_OPERATORS[type(node.op)]())


def _boolean(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _sign(node: ast.UnaryOp) -> Iterator[ast.AST]:
    yield node.operand


def _condition(node: ast.If | ast.While | ast.IfExp) -> Iterator[ast.AST]:
    negated = node.test
    if not isinstance(negated, ast.UnaryOp | ast.Compare | ast.Constant):
        yield _with(node, test=ast.copy_location(ast.UnaryOp(ast.Not(), negated), negated))


def _number(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        for step in (1, -1):
            yield ast.parse(repr(node.value + step), mode="eval").body


def _slice(node: ast.Slice) -> Iterator[ast.AST]:
    for name in ("lower", "upper", "step"):
        if getattr(node, name) is not None:
            yield _with(node, **{name: None})


def _call(node: ast.Call) -> Iterator[ast.AST]:
    name = getattr(node.func, "attr", getattr(node.func, "id", None))
    if name in _NAMES:
        field = "attr" if isinstance(node.func, ast.Attribute) else "id"
        func = ast.copy_location(_with(node.func, **{field: _NAMES[name]}), node.func)
        yield _with(node, func=func)
    if name in ("abs", "absolute") and len(node.args) == 1:
        yield node.args[0]
    if name == "where" and len(node.args) == 3:
        yield _with(node, args=[node.args[0], node.args[2], node.args[1]])


def _return(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and not _is_none(node.value):
        yield _with(node, value=ast.copy_location(ast.Constant(None), node.value))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


_MAKERS = {
    ast.Compare: [("comparison", _compare)],
    ast.BinOp: [("operator", _operator)],
    ast.AugAssign: [("operator", _operator)],
    ast.BoolOp: [("and, or", _boolean)],
    ast.UnaryOp: [("sign or not", _sign)],
    ast.If: [("condition", _condition)],
    ast.While: [("condition", _condition)],
    ast.IfExp: [("condition", _condition)],
    ast.Constant: [("number", _number)],
    ast.Slice: [("slice", _slice)],
    ast.Call: [("call", _call)],
    ast.Return: [("result", _return)],
    ast.Break: [("loop", lambda node: [ast.Continue()])],
    ast.Continue: [("loop", lambda node: [ast.Break()])],
}
