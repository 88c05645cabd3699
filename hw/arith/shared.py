"""Components that occur many times: elaborated once where text is emitted.

Amaranth elaborates every instance anew, which takes most of the time of a large array. Inside
:func:`once` a component is placed as an instance of a module that is converted apart;
elsewhere, in a simulator for instance, it is an ordinary submodule.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, Value
from amaranth.lib import wiring

#: Components by key, with the names of their modules.
Found = dict[Hashable, tuple[str, wiring.Component]]

_FOUND: ContextVar[Found | None] = ContextVar("found", default=None)


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
def once() -> Iterator[Found]:
    """Within, components are placed as instances; gives what was placed, which grows."""
    token = _FOUND.set(found := {})
    try:
        yield found
    finally:
        _FOUND.reset(token)
