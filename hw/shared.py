"""Components that occur many times: elaborated once where text is emitted.

Amaranth elaborates every instance anew, which takes most of the time of a large array. Inside
:func:`once` a component is placed as an instance of a module that is converted apart;
elsewhere, in a simulator for instance, it is an ordinary submodule.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from amaranth.back import rtlil
from amaranth.hdl import ClockSignal, Fragment, Instance, Module, ResetSignal, Value
from amaranth.lib import wiring

from .verilog.comments import Elaborated, marked

_FOUND: ContextVar[dict[Hashable, tuple[str, wiring.Component]] | None] = ContextVar(
    "found", default=None
)


def place(
    m: Module,
    name: str,
    key: Hashable,
    make: Callable[[], wiring.Component],
    *,
    clocked: bool = True,
):
    """What ``make`` gives, as the submodule ``name``; what has the same ``key`` is made once.

    Returns the component, or an interface with its members.
    """
    found = _FOUND.get()
    if found is None:
        m.submodules[name] = component = make()
        return component
    if key not in found:
        found[key] = f"shared_{len(found)}.{name}", make()
    module, component = found[key]
    ports = component.signature.create(path=(name,))
    connections: list = []
    if clocked:
        connections += [("i", "clk", ClockSignal()), ("i", "rst", ResetSignal())]
    for member, declared in component.signature.members.items():
        direction = "i" if declared.flow is wiring.In else "o"
        connections.append((direction, member, Value.cast(getattr(ports, member))))
    m.submodules[name] = Instance(module, *connections)
    return ports


@contextmanager
def once() -> Iterator[None]:
    """Within, components are placed as instances."""
    token = _FOUND.set({})
    try:
        yield
    finally:
        _FOUND.reset(token)


def converted(component: wiring.Component) -> tuple[str, list[object]]:
    """RTLIL of a component and of all that it has placed; the module ``top`` first.

    Modules are marked with the components that they are, in the list: :mod:`.verilog.comments`.
    """
    components: list[object] = []
    with once():
        found = _FOUND.get()
        assert found is not None
        texts, done = [_converted(component, "top", components)], 0
        while done < len(found):
            name, part = list(found.values())[done]
            text = _converted(part, name, components)
            texts.append(text.replace("attribute \\top 1\n", ""))
            done += 1
    return "".join(texts), components


def _converted(component: wiring.Component, name: str, components: list[object]) -> str:
    fragment = Fragment.get(component, None)
    text = rtlil.convert(Elaborated(component, fragment), name=name, emit_src=False)
    return marked(text, fragment, name, components)
