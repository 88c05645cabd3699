"""An argument of a command, and a group of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Argument(NamedTuple):
    """An option, or a word that stands by itself.

    Parameters
    ----------
    flags : ``("-o", "--folder")``; of a word that stands by itself, its name: ``("design",)``.
    help : a sentence.
    metavar : what its value is, with its unit; None for a switch.
    read : makes a value of the word, or raises ArgumentTypeError with the rule.
    names : what completes it: ``file``, ``folder``, or a kind of names such as ``boards``.
    how : more for argparse's ``add_argument``.
    """

    flags: tuple[str, ...]
    help: str
    metavar: str | None = None
    read: Callable[[str], Any] = str
    names: str | None = None
    how: Mapping[str, Any] = MappingProxyType({})

    @property
    def is_option(self) -> bool:
        return self.flags[0].startswith("-")

    @property
    def shown(self) -> str:
        """What stands before its sentence in a help page."""
        words = [", ".join(self.flags)] if self.is_option else []
        return " ".join([*words, *([self.metavar] if self.metavar else [])])


class Group(NamedTuple):
    """Arguments under one heading, with a line about them."""

    title: str
    arguments: tuple[Argument, ...]
    about: str = ""


def option(flags: str, metavar: str | None, help: str, **more: Any) -> Argument:
    """An option: ``option("-o --folder", "FOLDER", "…")``; without a metavar it is a switch.

    ``read`` and ``names`` are those of :class:`Argument`; all else goes to argparse.
    """
    own = {key: more.pop(key) for key in ("read", "names") if key in more}
    if metavar is None:
        more = {"action": "store_true", **more}
    return Argument(tuple(flags.split()), help, metavar, how=more, **own)


def word(name: str, metavar: str, help: str, **more: Any) -> Argument:
    """A word that stands by itself."""
    own = {key: more.pop(key) for key in ("read", "names") if key in more}
    return Argument((name,), help, metavar, how=more, **own)
