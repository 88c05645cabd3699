"""Where nodes of a syntax tree stand in a source, and how a change of one is written there."""

from __future__ import annotations

import ast
import copy


class Places:
    """Where nodes stand in a source, and how a change of one is written there."""

    def __init__(self, source: str):
        self.source, self._begins, self._lines = source, [0], source.split("\n")
        for line in self._lines:
            self._begins.append(self._begins[-1] + len(line) + 1)

    def at(self, line: int, column: int) -> int:
        """The place of a byte of a line, from 1, as the syntax tree counts."""
        return self._begins[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.AST) -> tuple[int, int]:
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def short(self, node: ast.AST, other: ast.AST) -> tuple[tuple[int, int], str]:
        """The place that changes, and its new text; precedence may spoil it."""
        if type(node) is not type(other):
            inner = _dropped(node)
            if inner is not None:
                begin, end = self.span(inner)
                return self.span(node), self.source[begin:end]
            return self.span(node), ast.unparse(other)
        if isinstance(node, ast.Compare):
            index = next(i for i, op in enumerate(node.ops) if op is not other.ops[i])
            left = [node.left, *node.comparators][index]
            return self._between(left, node.comparators[index], node.ops[index], other.ops[index])
        if isinstance(node, ast.BinOp):
            return self._between(node.left, node.right, node.op, other.op)
        if isinstance(node, ast.AugAssign):
            return self._between(node.target, node.value, node.op, other.op)
        if isinstance(node, ast.BoolOp):
            return self._between(node.values[0], node.values[1], node.op, other.op)
        if isinstance(node, ast.Return):
            return self.span(node.value), "None"
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            begin, end = self.span(node.test)
            return (begin, end), f"not ({self.source[begin:end]})"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            if other.func is not node.func:
                return self.span(node.func), ast.unparse(other.func)
        return self.span(node), ast.unparse(other)

    def _between(
        self, left: ast.AST, right: ast.AST, old: ast.AST, new: ast.AST
    ) -> tuple[tuple[int, int], str]:
        """The operator between two nodes, or the first of several ``and`` or ``or``."""
        begin, end = self.span(left)[1], self.span(right)[0]
        sign = _SIGNS[type(old)]
        at = self.source.index(sign, begin, end)
        return (at, at + len(sign)), _SIGNS[type(new)]


def _dropped(node: ast.AST) -> ast.expr | None:
    """What is left where a sign, ``not`` or ``abs`` goes."""
    if isinstance(node, ast.UnaryOp):
        return node.operand
    return node.args[0] if isinstance(node, ast.Call) and len(node.args) == 1 else None


_SIGNS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.Add: "+",
    ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
    ast.And: "and", ast.Or: "or",
}  # fmt: skip


def same(tree: ast.Module, path: tuple, other: ast.AST, source: str) -> bool:
    """Whether the source is that of ``tree`` with ``other`` in place of what ``path`` leads to."""
    try:
        read = ast.parse(source)
    except SyntaxError:
        return False
    return ast.dump(read) == ast.dump(_replaced(tree, path, other))


def _replaced(tree: ast.AST, path: tuple, other: ast.AST) -> ast.AST:
    (name, index), *rest = path
    value = getattr(tree, name)
    old = value if index is None else value[index]
    new = _replaced(old, tuple(rest), other) if rest else copy.copy(other)
    made = copy.copy(tree)
    setattr(made, name, new if index is None else [*value[:index], new, *value[index + 1 :]])
    return made
