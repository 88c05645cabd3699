"""Components that occur many times: elaborated once where text is emitted.

Amaranth elaborates every instance anew, which takes most of the time of a large array. Inside
:func:`once` a component becomes an instance of a module that is converted apart;
elsewhere, in a simulator for instance, it is an ordinary submodule.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from amaranth.hdl import (
    ClockSignal,
    Elaboratable,
    Fragment,
    Instance,
    Module,
    ResetSignal,
    Value,
)
from amaranth.lib import wiring


class Reused(NamedTuple):
    """A component with instances: the name of its module, and whose it is."""

    module: str
    component: wiring.Component
    owner: str


#: Components by owner and key.
Instances = dict[Hashable, Reused]

_FOUND: ContextVar[Instances | None] = ContextVar("found", default=None)
_OWNER: ContextVar[str] = ContextVar("owner", default="")


def instance(
    m: Module,
    name: str,
    key: Hashable,
    make: Callable[[], wiring.Component],
    *,
    clocked: bool = True,
) -> Any:
    """What ``make`` gives, as the submodule ``name``; what has the same ``key`` is made once for an
    owner.

    Returns the component, or an interface with its members.
    """
    found = _FOUND.get()
    if found is None:
        m.submodules[name] = component = make()
        return component
    owner = _OWNER.get()
    if (owner, key) not in found:
        found[owner, key] = Reused(f"shared_{len(found)}.{name}", make(), owner)
    module, component, _ = found[owner, key]
    ports = component.signature.create(path=(name,))
    connections: list[tuple[Any, ...]] = []
    if clocked:
        connections += [("i", "clk", ClockSignal()), ("i", "rst", ResetSignal())]
    for member, declared in component.signature.members.items():
        direction = "i" if declared.flow is wiring.In else "o"
        connections.append((direction, member, Value.cast(getattr(ports, member))))
    m.submodules[name] = Instance(module, *connections)
    return ports


@contextmanager
def once() -> Iterator[Instances]:
    """Within, components become instances; gives those that have, which grow."""
    found: Instances = {}
    token = _FOUND.set(found)
    try:
        yield found
    finally:
        _FOUND.reset(token)


@contextmanager
def owned(owner: str) -> Iterator[None]:
    """Within, components belong to ``owner``: others' of the same key are not theirs."""
    token = _OWNER.set(owner)
    try:
        yield
    finally:
        _OWNER.reset(token)


class Owned(Elaboratable):
    """A design within another, with components of its own.

    Parameters
    ----------
    component, owner : it, and a name that no other design there has.
    """

    def __init__(self, component: wiring.Component, owner: str):
        self.component, self.owner = component, owner

    def elaborate(self, platform: Any) -> Module:
        with owned(self.owner):
            return Fragment.get(self.component, platform)
