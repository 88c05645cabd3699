"""Specs and nodes as Verilog expressions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby

from .model import Bits, Module, Slice, Spec, width
from .names import Names
from .nodes import Node

#: How tightly operators bind; an operand that binds less tightly stands in parentheses.
_BINDS = {
    **dict.fromkeys(("*", "s*"), 11),
    **dict.fromkeys(("+", "-"), 10),
    **dict.fromkeys(("<<", ">>", "s>>>"), 9),
    **dict.fromkeys(("<", "<=", ">", ">=", "s<", "s<=", "s>", "s>="), 8),
    **dict.fromkeys(("==", "!="), 7),
    **dict.fromkeys(("&",), 6),
    **dict.fromkeys(("^", "~^"), 5),
    **dict.fromkeys(("|",), 4),
    "?": 1,
}
_ATOM, _PREFIX, _REDUCES = 20, 15, 14
_CHAINED = ("&", "|", "^", "+")

#: Operators whose operand is one that a reader expects in front of it.
_PREFIXES = {"~": "~", "-1": "-", "|1": "|", "&1": "&", "^1": "^", "~^1": "~^", "!": "!"}

#: Constants of more bits than that are parameters of their module where they are tables.
_LONGEST = 8


@dataclass
class Texts:
    """Writes expressions of one module.

    Parameters
    ----------
    module : whose nets they read.
    names : identifiers of nets.
    parts : identifiers of slices that have a name of their own.
    folded : nets that are written as what makes them: text, and how tightly it binds.
    """

    module: Module
    names: Names
    parts: dict[Slice, str] = field(default_factory=dict)
    folded: dict[str, tuple[str, int]] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    used: Counter[Slice] = field(default_factory=Counter)

    def spec(self, spec: Spec) -> tuple[str, int]:
        """A spec, and how tightly its text binds."""
        if not spec:
            return "1'd0", _ATOM  # of no width: Verilog has none such
        if len(spec) == 1:
            return self._part(spec[0])
        return self._concatenation(spec), _ATOM

    def _concatenation(self, spec: Spec) -> str:
        items: list[tuple[str, int]] = []
        runs = [(part, sum(1 for _ in run)) for part, run in groupby(spec)]
        for index, (part, count) in enumerate(runs):
            below = runs[index + 1][0] if index + 1 < len(runs) else None
            items.append((self._sign(part, below) or self._part(part)[0], count))
        texts = [text if count == 1 else f"{{{count}{{{text}}}}}" for text, count in items]
        return texts[0] if len(texts) == 1 and items[0][1] > 1 else f"{{{', '.join(texts)}}}"

    def _sign(self, part: Slice | Bits, below: Slice | Bits | None) -> str:
        """The highest bit of a part with a name, where it stands over that."""
        if not isinstance(part, Slice) or not isinstance(below, Slice) or part.width > 1:
            return ""
        top = below.low + below.width - 1
        if below not in self.parts or (part.wire, part.low) != (below.wire, top) or not below.low:
            return ""
        return f"{self.parts[below]}[{below.width - 1}]" if below.width > 1 else self.parts[below]

    def _part(self, part: Slice | Bits) -> tuple[str, int]:
        if isinstance(part, Bits):
            return number(part.text), _ATOM
        wire = self.module.wires[part.wire]
        whole = part.width == wire.width
        if whole and part.wire in self.folded:
            return self.folded[part.wire]
        self.used[part] += 1
        name = self.names[part.wire]
        if whole:
            return name, _ATOM
        if part in self.parts:
            return self.parts[part], _ATOM
        if part.width == 1:
            return self._bit(part), _ATOM
        return f"{name}[{part.low + part.width - 1}:{part.low}]", _ATOM

    def _bit(self, part: Slice) -> str:
        return f"{self.names[part.wire]}[{part.low}]"

    def target(self, spec: Spec) -> str:
        """What is assigned: never by the name of a part."""
        found = []
        for part in spec:
            assert isinstance(part, Slice)
            name, size = self.names[part.wire], self.module.wires[part.wire].width
            low, high = part.low, part.low + part.width - 1
            bits = f"[{low}]" if part.width == 1 else f"[{high}:{low}]"
            found.append(name if part.width == size else name + bits)
        return found[0] if len(found) == 1 else f"{{{', '.join(found)}}}"

    def of(self, found: Node | Spec) -> tuple[str, int]:
        """An expression, and how tightly it binds."""
        if not isinstance(found, Node):
            return self.spec(found)
        kind, operands = found.kind, found.operands
        if kind == "=":
            return self.of(operands[0])
        if kind in _PREFIXES:
            sign = "!" if kind == "~" and found.width == 1 else _PREFIXES[kind]
            binds = _PREFIX if sign in "!~-" else _REDUCES
            return sign + self.bound(operands[0], _PREFIX + 1), binds
        if kind == "?":
            texts = [self.bound(o, 2 if index < 2 else 1) for index, o in enumerate(operands)]
            return "{} ? {} : {}".format(*texts), _BINDS["?"]
        if kind == "{}":
            return f"{{{', '.join(self.of(o)[0] for o in operands)}}}", _ATOM
        if kind == "[]":
            return self._picked(found), _ATOM
        return self._binary(found)

    def _binary(self, found: Node) -> tuple[str, int]:
        kind, (a, b) = found.kind, found.operands
        binds = _BINDS[kind]
        sign = kind.removeprefix("s")
        if sign != kind:
            left = f"$signed({self.of(a)[0]})"
            right = self.bound(b, binds + 1) if sign == ">>>" else f"$signed({self.of(b)[0]})"
        else:
            chained = kind in _CHAINED
            left = self.bound(a, binds)
            right = self.bound(b, binds if chained and kind != "+" else binds + 1)
        return f"{left} {sign} {right}", binds

    def bound(self, found: Node | Spec, binds: int) -> str:
        """An operand, in parentheses unless it binds as tightly."""
        text, own = self.of(found)
        # Mixed bitwise and arithmetic operators are hard to read without parentheses.
        plain = own >= binds and (own >= _PREFIX or own == binds or binds <= 2)
        return text if plain else f"({text})"

    def _picked(self, found: Node) -> str:
        base, offset = found.operands
        assert isinstance(base, tuple)
        where = self.of(offset)[0]
        if all(isinstance(part, Bits) for part in base):
            name = self._table("".join(part.text for part in base if isinstance(part, Bits)))
        else:
            name = self.spec(base)[0]
        return f"{name}[{where}]" if found.width == 1 else f"{name}[{where} +: {found.width}]"

    def _table(self, bits: str) -> str:
        """The parameter that holds a constant."""
        if bits not in self.tables:
            self.tables[bits] = f"TABLE_{len(self.tables) + 1}"
        return self.tables[bits]


def number(bits: str) -> str:
    """A constant: with its width, in the base that is easiest to read."""
    size = len(bits)
    if "x" in bits or "z" in bits:
        return f"{size}'b{bits}"
    value = int(bits, 2)
    if size == 1:
        return f"1'b{bits}"
    if value < 10:
        return f"{size}'d{value}"
    return f"{size}'h{value:x}"


def declared(size: int) -> str:
    """The range of a net, with a space behind it; nothing for one bit."""
    return f"[{size - 1}:0] " if size > 1 else ""


__all__ = ["Texts", "declared", "number", "width"]
