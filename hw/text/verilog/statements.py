"""Processes as the statements of an always block."""

from __future__ import annotations

from typing import Any

from .model import Assign, Spec, Switch, cut, width
from .text import Texts

Body = list[Assign | Switch]


def statements(body: Body, texts: Texts, sign: str) -> list[str]:
    """The lines of a body; ``sign`` assigns."""
    lines = []
    for item in body:
        if isinstance(item, Assign):
            value = texts.spec(item.value)[0]
            lines.append(f"{texts.target(item.target)} {sign} {value};")
        else:
            lines += _switch(item, texts, sign)
    return lines


def _switch(item: Switch, texts: Texts, sign: str) -> list[str]:
    if not item.select:
        return [line for _, inner in item.cases for line in statements(inner, texts, sign)]
    found = _if(item, texts, sign) if width(item.select) == 1 else _first(item, texts, sign)
    return _case(item, texts, sign) if found is None else found


def _if(item: Switch, texts: Texts, sign: str) -> list[str] | None:
    """A switch on one bit; None if it is not as simple as that."""
    cases = list(item.cases)
    firsts = [patterns for patterns, _ in cases]
    text = texts.bound(item.select, 0)
    if firsts == [("1",)]:
        return _guarded(f"if ({text})", statements(cases[0][1], texts, sign))
    if firsts == [("0",)]:
        text = texts.bound(item.select, 16)
        return _guarded(f"if (!{text})", statements(cases[0][1], texts, sign))
    if firsts in ([("1",), ()], [("1",), ("0",)], [("1",), ("-",)]):
        one, zero = (statements(inner, texts, sign) for _, inner in cases)
        if not zero:
            return _guarded(f"if ({text})", one)
        return [*_guarded(f"if ({text})", one), *_guarded("else", zero)]
    return None


def _first(item: Switch, texts: Texts, sign: str) -> list[str] | None:
    """A switch whose cases each ask for one bit, the first that is 1; None if it is none."""
    lines: list[str] = []
    for patterns, inner in item.cases:
        word = "else " if lines else ""
        if not patterns and lines:
            return [*lines, *_guarded("else", statements(inner, texts, sign))]
        if len(patterns) != 1 or patterns[0].count("1") != 1 or "0" in patterns[0]:
            return None
        bit = cut(item.select, len(patterns[0]) - 1 - patterns[0].index("1"), 1)
        head = f"{word}if ({texts.bound(bit, 0)})"
        lines += _guarded(head, statements(inner, texts, sign))
    return lines


def _guarded(head: str, inner: list[str]) -> list[str]:
    if len(inner) == 1:
        return [f"{head} {inner[0]}"]
    if not inner:
        return [f"{head};"]
    return [f"{head} begin", *(f"    {line}" for line in inner), "end"]


def _case(item: Switch, texts: Texts, sign: str) -> list[str]:
    loose = any("-" in pattern for patterns, _ in item.cases for pattern in patterns)
    lines = [f"{'casez' if loose else 'case'} ({texts.spec(item.select)[0]})"]
    size = width(item.select)
    default = False
    for patterns, inner in item.cases:
        default = default or not patterns
        labels = ", ".join(f"{size}'b{pattern.replace('-', '?')}" for pattern in patterns)
        head = f"{labels or 'default'}:"
        lines += [f"    {line}" for line in _guarded(head, statements(inner, texts, sign))]
        if default:
            break
    if not default:
        lines.append("    default: ;")
    return [*lines, "endcase"]


def merged(items: list[tuple[Spec, Body]]) -> list[tuple[Spec, Body]]:
    """Bodies of one shape and clock as one, in order of appearance; each assigns its own net."""
    groups: dict[Any, tuple[Spec, Body]] = {}
    for clock, body in items:
        key = clock, _shape(body)
        groups[key] = (clock, _joined(groups[key][1], body)) if key in groups else (clock, body)
    return list(groups.values())


def _shape(body: Body) -> tuple[Any, ...]:
    """What bodies must have in common: all but their assignments, of which there may be any."""
    found: list[Any] = []
    for item in body:
        if isinstance(item, Switch):
            cases = tuple((patterns, _shape(inner)) for patterns, inner in item.cases)
            found.append((item.select, cases))
        elif not found or found[-1] != "=":
            found.append("=")
    return tuple(found)


def _joined(first: Body, second: Body) -> Body:
    """Two bodies of one shape as one."""
    found: Body = []
    rest = list(second)
    for index, item in enumerate(first):
        if isinstance(item, Switch):
            other = rest.pop(0)
            assert isinstance(other, Switch)
            pairs = zip(item.cases, other.cases, strict=True)
            cases = [(patterns, _joined(inner, more)) for (patterns, inner), (_, more) in pairs]
            found.append(Switch(item.select, cases))
            continue
        found.append(item)
        if index + 1 == len(first) or isinstance(first[index + 1], Switch):
            while rest and isinstance(rest[0], Assign):
                found.append(rest.pop(0))
    return found
