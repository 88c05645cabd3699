"""Operators with all widths said: every operand as wide as the rules of Verilog make it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .model import Assign, Bits, Cell, Slice, Spec, Switch, constant, cut, joined, width


@dataclass
class Node:
    """An operator on specs and nodes.

    Parameters
    ----------
    kind : ``~``, ``&``, ``|``, ``^``, ``+``, ``-``, ``*``, ``==``, ``<``, ``<<``, ``>>`` and their
        kin as Verilog writes them; a 1 behind it marks operators of one operand that Verilog writes
        as one of two, an ``s`` before it takes the operands as signed. ``?`` chooses its second if
        its first is 1, else its third; ``[]`` picks bits of its first from the position that its
        second says; ``{}`` sets them one above the other; ``=`` is the same as what it reads;
        ``low`` is the low bits of it.
    operands : what it reads.
    width : bits of the result.
    """

    kind: str
    operands: list[Spec | Node]
    width: int


#: Of as many bits as their operands: the low bits of a result need those of the operands only.
SLICED = {"~", "-1", "&", "|", "^", "~^", "+", "-", "?", "<<", "=", "*", "s*"}

_UNARY = {
    "$reduce_or": "|1",
    "$reduce_bool": "|1",
    "$reduce_and": "&1",
    "$reduce_xor": "^1",
    "$reduce_xnor": "~^1",
    "$logic_not": "!",
}
_BITWISE = {"$and": "&", "$or": "|", "$xor": "^", "$xnor": "~^", "$add": "+", "$sub": "-"}
_COMPARED = {"$eq": "==", "$ne": "!=", "$lt": "<", "$le": "<=", "$gt": ">", "$ge": ">="}

#: A choice of more values than that is written as a process.
_CHOICES = 4


def fit(spec: Spec, count: int, signed: bool) -> Spec:
    """``count`` bits of a number: its lowest, or its sign or zeros above it."""
    have = width(spec)
    if have >= count:
        return cut(spec, 0, count)
    sign = cut(spec, have - 1, 1)[0] if signed and have else Bits("0")
    return joined([*[sign] * (count - have), *spec])


def _moved(cell: Cell) -> Spec | None:
    """What a shift leaves that is by a constant."""
    by = constant(cell.ports["B"])
    if by is None or "x" in by:
        return None
    shift, count = int(by or "0", 2), cell.number("Y_WIDTH")
    spec, signed = cell.ports["A"], bool(cell.number("A_SIGNED"))
    if cell.kind.endswith("l"):
        return fit(joined([*spec, Bits("0" * shift)]), count, signed)
    wide = fit(spec, max(count, width(spec)), signed)
    return fit(cut(wide, shift, width(wide)), count, signed and cell.kind == "$sshr")


def _neutral(cell: Cell) -> Spec | None:
    """What is left of an operator where an operand is all zeros, or all ones."""
    count = cell.number("Y_WIDTH")
    sides = [fit(cell.ports[p], count, bool(cell.number(f"{p}_SIGNED"))) for p in ("A", "B")]
    keeps = "1" if cell.kind == "$and" else "0"
    for one, other in (sides[::-1],) if cell.kind == "$sub" else (sides, sides[::-1]):
        bits = constant(one)
        if bits == keeps * count:
            return other
        if cell.kind in ("$and", "$or") and bits == ("0" if keeps == "1" else "1") * count:
            return one
    return None


def _nothing(cell: Cell) -> Spec | None:
    """Whether any bit of a constant is 1."""
    bits = constant(cell.ports["A"])
    if bits is None or "x" in bits:
        return None
    return fit((Bits("1" if "1" in bits else "0"),), cell.number("Y_WIDTH"), False)


def _inverted(cell: Cell) -> Spec | None:
    """A constant, inverted."""
    bits = constant(cell.ports["A"])
    if bits is None or "x" in bits or len(bits) != cell.number("Y_WIDTH"):
        return None
    return (Bits(bits.translate(str.maketrans("01", "10"))),)


#: Operators that may be the same as something else.
SIMPLE = {
    **dict.fromkeys(("$shl", "$sshl", "$shr", "$sshr"), _moved),
    **dict.fromkeys(("$and", "$or", "$xor", "$add", "$sub"), _neutral),
    "$not": _inverted,
    **dict.fromkeys(("$reduce_or", "$reduce_bool"), _nothing),
}


def node(cell: Cell) -> Node:
    """An operator's cell as a node."""
    kind, ports, count = cell.kind, cell.ports, cell.number("Y_WIDTH")
    a, b = ports.get("A", ()), ports.get("B", ())
    signed = bool(cell.number("A_SIGNED"))
    if kind == "$mux":
        return Node("?", [ports["S"], b, a], cell.number("WIDTH"))
    if kind in ("$not", "$neg"):
        return Node({"$not": "~", "$neg": "-1"}[kind], [fit(a, count, signed)], count)
    if kind in _UNARY:
        return _wide(Node(_UNARY[kind], [a], 1), count)
    if kind in _BITWISE:
        both = [fit(a, count, signed), fit(b, count, bool(cell.number("B_SIGNED")))]
        return Node(_BITWISE[kind], list(both), count)
    if kind == "$mul":
        return Node("s*" if signed else "*", [a, b], count)
    if kind in _COMPARED:
        most = max(width(a), width(b))
        both = [fit(a, most, signed), fit(b, most, signed)]
        ordered = "s" if signed and kind not in ("$eq", "$ne") else ""
        return _wide(Node(ordered + _COMPARED[kind], list(both), 1), count)
    if kind in ("$shl", "$sshl"):
        return Node("<<", [fit(a, count, signed), b], count)
    if kind in ("$shr", "$sshr"):
        return _shifted(Node("s>>>" if kind == "$sshr" and signed else ">>", [a, b], count), signed)
    if kind == "$shift" and not cell.number("B_SIGNED"):
        return _picked(a, b, count, signed)
    raise NotImplementedError(f"no Verilog for {kind}")


def _wide(found: Node, count: int) -> Node:
    """A truth value in more bits."""
    if count == 1:
        return found
    return Node("{}", [(Bits("0" * (count - 1)),), found], count)


def _shifted(found: Node, signed: bool) -> Node:
    """A shift to the right, in as many bits as its operand needs; the low ones of it."""
    a, b = found.operands
    assert isinstance(a, tuple)
    most = max(width(a), found.width)
    whole = Node(found.kind, [fit(a, most, signed), b], most)
    return whole if most == found.width else Node("low", [whole], found.width)


def _picked(a: Spec, b: Spec, count: int, signed: bool) -> Node:
    """Bits of ``a`` from position ``b`` on; ``a`` is made long enough for every one."""
    furthest = int("".join(_most(part) for part in b) or "0", 2)
    # A sign reaches as far as the result does from bit 0; beyond it are zeros.
    a = fit(a, max(count, width(a)), signed)
    a = fit(a, max(furthest + count, width(a)), False)
    needed = max((width(a) - 1).bit_length(), 1)
    return Node("[]", [a, fit(b, needed, False)], count)


def _most(part: Slice | Bits) -> str:
    return part.text if isinstance(part, Bits) else "1" * part.width


def trimmed(found: Node, count: int) -> Node:
    """The low bits of a node."""
    if found.kind == "{}":
        return found
    if found.kind in ("*", "s*"):
        return Node(found.kind, found.operands, count)
    first = found.operands[:1] if found.kind == "?" else []
    last = found.operands[1:] if found.kind == "<<" else []
    middle = found.operands[len(first) : len(found.operands) - len(last)]
    cutted = [trimmed(o, count) if isinstance(o, Node) else cut(o, 0, count) for o in middle]
    return Node(found.kind, [*first, *cutted, *last], count)


def sliceable(found: Node) -> bool:
    """Whether :func:`trimmed` knows it, to its leaves."""
    if found.kind not in SLICED:
        return False
    rest = found.operands[1:] if found.kind == "?" else found.operands
    return all(sliceable(o) for o in rest if isinstance(o, Node))


def specs(found: Node | Spec) -> Iterator[Spec]:
    """All that a node reads."""
    if isinstance(found, Node):
        for operand in found.operands:
            yield from specs(operand)
    else:
        yield found


def bases(found: Node) -> Iterator[Spec]:
    """What parts are picked from, which needs a name."""
    if found.kind == "[]":
        base = found.operands[0]
        assert isinstance(base, tuple)
        yield base
    for operand in found.operands:
        if isinstance(operand, Node):
            yield from bases(operand)


def chosen(body: list[Assign | Switch], target: Spec) -> Node | None:
    """A short process as choices; None if it is long, or assigns parts of its target."""
    found = _value(body, target, None)
    if found is None or sum(1 for _ in _leaves(found)) > _CHOICES:
        return None
    return found if isinstance(found, Node) else Node("=", [found], width(target))


def _leaves(found: Node | Spec) -> Iterator[Spec]:
    if isinstance(found, Node):
        for operand in found.operands[1:]:
            yield from _leaves(operand)
    else:
        yield found


def _value(
    body: list[Assign | Switch], target: Spec, value: Node | Spec | None
) -> Node | Spec | None:
    for item in body:
        if isinstance(item, Assign):
            if item.target == target:
                value = item.value
            elif isinstance(value, tuple):
                value = _spliced(value, item)
            else:
                return None
            continue
        if value is None or width(item.select) != 1:
            return None
        values: dict[str, Node | Spec | None] = {}
        for patterns, inner in item.cases:
            for pattern in patterns or ("0", "1"):
                for bit in "01" if pattern == "-" else pattern:
                    values.setdefault(bit, _value(inner, target, value))
        one, zero = values.get("1", value), values.get("0", value)
        if one is None or zero is None:
            return None
        value = Node("?", [item.select, one, zero], width(target))
    return value


def _spliced(value: Spec, item: Assign) -> Spec:
    """A value with some of its bits replaced."""
    (part,) = item.target
    assert isinstance(part, Slice)
    above = part.low + part.width
    return joined([*cut(value, above, width(value) - above), *item.value, *cut(value, 0, part.low)])
