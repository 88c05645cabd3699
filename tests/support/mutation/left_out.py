"""What is not mutated, by rules that look at the syntax alone.

- Texts: docstrings, strings, f-strings, what is raised, files that hold the wording of errors.
- What is for readers and type checkers: annotations, aliases of types, ``cast``, ``__all__``,
  imports, decorators.
- What states that all is well: ``assert``, the arguments ``strict`` of ``zip`` and ``stacklevel``.
- What only makes it faster: the argument ``copy`` of ``astype``, and constants of modules that say
  how much is computed at a time, or from where another way with the same bits is quicker.
"""

from __future__ import annotations

import ast

#: Files of wording alone.
FILES = {"golden/errors.py"}

#: Constants that say how much is computed at a time, or when another way with the same bits is
#: taken, by the file that has them.
SIZES = {
    "golden/blas.py": {"CALL", "DEPTH", "FEW"},
    "golden/folded/groups.py": {"_HELD"},
    "golden/folded/whole.py": {"_FEW"},
    "golden/formats/base.py": {"_CHUNK"},
    "golden/pieces.py": {"ELEMENTS", "RESULTS", "KEPT"},
    "golden/products/rule.py": {"CHUNK"},
    "golden/storage/map.py": {"_CHUNK"},
}

_ARGUMENTS = {"strict", "copy", "stacklevel"}
_NEVER = (ast.Import, ast.ImportFrom, ast.Raise, ast.Assert, ast.JoinedStr, ast.Global)
_TYPES = ("npt.NDArray", "Callable", "TypeVar", "TypeAlias", "tuple[", "dict[", "list[", "Literal[")


def parts(node: ast.AST, file: str) -> list[ast.AST]:
    """The children of ``node`` that may be mutated, or hold something that may."""
    left = _children_left_out(node)
    return [
        child
        for child in ast.iter_child_nodes(node)
        if not any(child is c for c in left) and not _is_left_out(child, file)
    ]


def _is_left_out(node: ast.AST, file: str) -> bool:
    if isinstance(node, _NEVER):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.keyword):
        return node.arg in _ARGUMENTS
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name | ast.Tuple):
        names = {n.id for n in ast.walk(node.targets[0]) if isinstance(n, ast.Name)}
        return bool(names & SIZES.get(file, set()) or "__all__" in names) or _is_type(node.value)
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in ("cast", "typing.cast")
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _children_left_out(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.FunctionDef):
        return [*node.decorator_list, *([node.returns] if node.returns else [])]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list]
    if isinstance(node, ast.arg) and node.annotation:
        return [node.annotation]
    return [node.annotation] if isinstance(node, ast.AnnAssign) else []


def _is_type(value: ast.expr) -> bool:
    """Whether an assignment's value is a type with arguments, or a union of types."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        return all(isinstance(v, ast.Name | ast.Attribute | ast.Subscript) and _named_type(v)
                   for v in (value.left, value.right))  # fmt: skip
    return isinstance(value, ast.Subscript) and ast.unparse(value).startswith(_TYPES)


def _named_type(value: ast.expr) -> bool:
    return ast.unparse(value).partition("[")[0].rpartition(".")[2][:1].isupper()
