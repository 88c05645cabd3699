"""What stands over a module: the first line of its component's docstring, and its parameters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from amaranth.hdl import Elaboratable, Fragment, Module, Shape
from amaranth.lib.memory import Memory

from ....golden.bounds import Range
from ....golden.formats import Format
from ...arith.shared import Owned
from .model import LINE

_PARAMETERS = re.compile(r"Parameters\n-+\n(.*?)(?=\n\w[^\n]*\n-+\n|\Z)", re.DOTALL)
_PLAIN = str.maketrans({"×": "x", "…": "...", "−": "-", "–": "-", "²": "^2", "·": "*"})
_MARKUP = re.compile(r":\w+:`([^`]*)`|``([^`]*)``")


def comment(component: object) -> str:
    """One line or two, in plain letters; nothing for what Amaranth adds of itself."""
    # What a blueprint was built into has the docstring and the parameters of that.
    component = getattr(component, "blueprint", component)
    kind = type(component)
    if isinstance(component, Memory):
        bits = Shape.cast(component.shape).width
        clocked = any(port.domain != "comb" for port in component.read_ports)
        edge = "at" if clocked else "without"
        return f"A memory that is read {edge} a clock edge: {component.depth} words of {bits} bits."
    if kind.__module__.startswith("amaranth.") or not kind.__doc__:
        return ""
    text = inspect.cleandoc(kind.__doc__)
    first = _MARKUP.sub(lambda match: (match[1] or match[2]).lstrip("."), text.split("\n\n")[0])
    lines = [" ".join(first.split())]
    found = dict.fromkeys(told for base in kind.__mro__ for told in _parameters(component, base))
    found |= dict.fromkeys(_of_plan(getattr(component, "plan", None)))
    if found:
        lines.append("; ".join(found))
    return "\n".join(lines).translate(_PLAIN).encode("ascii", "replace").decode()


def _parameters(component: object, kind: type) -> Iterator[str]:
    """Those that a class's docstring lists, where their values are short; not what is left out."""
    section = _PARAMETERS.search(inspect.cleandoc(kind.__doc__ or ""))
    for line in section[1].splitlines() if section else ():
        if line[:1].isspace():
            continue
        for name in line.split(" : ")[0].split(","):
            value = getattr(component, name.strip(), None)
            told = _told(value)
            if told is not None:
                yield told if _modes(value) else f"{name.strip()} {told}".rstrip()


def _of_plan(plan: object) -> Iterator[str]:
    """Formats and lanes of a plan: of the engine's, or of a dot product's."""
    if told := _told(plan) if _modes(plan) else None:
        yield told
        return
    for name in ("weight", "activation", "lanes", "product"):
        told = _told(getattr(plan, name, None))
        if told is not None:
            yield f"{name} {told}"


def _modes(value: object) -> list[Any]:
    """The modes of a plan of the whole engine."""
    found = getattr(value, "modes", ())
    return [mode for mode in found if hasattr(mode, "label")] if isinstance(found, tuple) else []


def _told(value: object) -> str | None:
    """A parameter's value in a word or two; None for what takes more, or is left out."""
    if isinstance(value, int | str):
        return None if not value else "" if value is True else str(value)
    if isinstance(value, Format):
        return f"{value.name} ({value.bits} bits)"
    if isinstance(value, Range):
        return f"{'signed' if value.signed else 'unsigned'} {value.width} bits"
    if isinstance(total := getattr(value, "total", None), Range):
        return _told(total)
    if modes := _modes(value):
        return ", ".join(f"{mode.label} with {mode.lanes} lanes" for mode in modes)
    if isinstance(value, tuple) and 0 < len(value) <= 4:
        told = [_told(item) for item in value]
        return ", ".join(str(item) for item in told) if None not in told else None
    return None


def marked(rtlil: str, fragment: Fragment, name: str, components: list[object]) -> str:
    """``rtlil`` with the attribute ``doc`` at modules of components: their positions in the list.

    ``fragment`` is what the text was made of, ``name`` what its top module is called;
    ``components`` gets those that are new.
    """
    found = dict(_all(fragment, name))

    def noted(match: re.Match[str]) -> str:
        # A name that occurs twice got a number.
        component = found.get(match[1]) or found.get(re.sub(r"\$\d+", "", match[1]))
        if component is None:
            return match[0]
        components.append(component)
        return f'attribute \\doc "{len(components) - 1}"\n{match[0]}'

    return re.sub(r"^module \\(\S+)$", noted, rtlil, flags=re.MULTILINE)


def commented(rtlil: str, components: list[object]) -> str:
    """A marked text with comments in the place of the marks; merged before, there are few."""

    def told(match: re.Match[str]) -> str:
        # cxxrtl writes attributes into comments of one line.
        text = comment(components[int(match[1])]).replace("\n", LINE)
        text = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'attribute \\doc "{text}"\n' if text else ""

    return re.sub(r'^attribute \\doc "(\d+)"\n', told, rtlil, flags=re.MULTILINE)


def _all(fragment: Fragment, path: str) -> Iterator[tuple[str, object]]:
    """The components of a fragment's modules, by their names."""
    for origin in fragment.origins or ():
        if not isinstance(origin, Elaborated | Module | Owned):
            yield path, origin
            break
    for number, (inner, name, _) in enumerate(fragment.subfragments):
        yield from _all(inner, f"{path}.{name or f'U${number}'}")


class Elaborated(Elaboratable):
    """A component that has been elaborated: it is not again."""

    def __init__(self, component: object, fragment: Fragment):
        self._component, self._fragment = component, fragment

    def __getattr__(self, name: str) -> object:
        return getattr(self._component, name)

    def elaborate(self, platform: Any) -> Module:
        return self._fragment
