"""Names that users choose among, registered by what they name.

The description checks a name and lists the others without knowing what stands behind them: whoever
builds it registers itself, in the package or outside. ``home`` is the module whose import registers
those that come with the package; it is imported when a name is first asked for, never for defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Generic, TypeVar

from ..errors import UnknownName

T = TypeVar("T")


_ALL: list[Choices[Any]] = []


class Choices(Generic[T]):
    """Things by name, in the order in which they were registered.

    Parameters
    ----------
    what : what they are, in the singular, for messages.
    home : module that registers those of the package.
    before, after : names of no thing, such as ``auto``, that users may give too.
    """

    def __init__(
        self, what: str, home: str, before: tuple[str, ...] = (), after: tuple[str, ...] = ()
    ):
        self.what, self.home, self.before, self.after = what, home, before, after
        self._known: dict[str, T] = {}
        _ALL.append(self)

    def register(self, name: str, thing: T) -> T:
        """Make ``thing`` known as ``name``; the same name again replaces it."""
        self._known[name] = thing
        return thing

    def __iter__(self) -> Iterator[str]:
        import_module(self.home)
        return iter((*self.before, *self._known, *self.after))

    def values(self) -> list[T]:
        """All things."""
        import_module(self.home)
        return list(self._known.values())

    @property
    def things(self) -> dict[str, T]:
        """What is registered so far, by name; it grows."""
        return self._known

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in tuple(self)

    def __getitem__(self, name: str) -> T:
        """The thing called ``name``. Raises UnknownName with the close names."""
        if name not in self._known and name not in self:
            raise UnknownName(self.what, name, tuple(self))
        return self._known[name]


def foreign() -> bool:
    """Whether anything is registered that does not come with the package."""
    package = __name__.split(".")[0] + "."
    things = (thing for choices in _ALL for thing in choices._known.values())
    kinds = (thing if isinstance(thing, type) else type(thing) for thing in things)
    return any(not kind.__module__.startswith((package, "builtins")) for kind in kinds)
