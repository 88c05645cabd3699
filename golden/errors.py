"""What goes wrong, and with which exit code it ends.

Every message is one line: the rule, the value received, what to do.
"""

from __future__ import annotations

import difflib
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path


class MacsmithError(Exception):
    """Anything that the user is told in one line instead of a traceback."""

    exit_code = 1


class DesignError(MacsmithError, ValueError):
    """A description, an option or an array that breaks a rule.

    Parameters
    ----------
    message : one line: what is wrong, the value received, what to do.
    advice : options and the values that would help, for programs; empty where it is not so simple.
    """

    exit_code = 2

    def __init__(self, message: str, advice: Mapping[str, object] | None = None):
        super().__init__(message)
        self.advice = dict(advice or {})


class UnknownName(DesignError, LookupError):
    """A name that no catalogue knows.

    Parameters
    ----------
    kind : what was looked up, in words ("format", "board", …).
    name : what was received.
    known : the names that would have worked; the close ones are quoted.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str]):
        self.kind, self.name = kind, name
        names = sorted(known)
        close = difflib.get_close_matches(str(name).lower(), names, n=4, cutoff=0.5)
        hint = f"close ones: {', '.join(close)}" if close else f"known: {_shorten(names)}"
        super().__init__(f"unknown {kind} {str(name)!r}; {hint}")


class ToolMissing(MacsmithError):
    """A program that is needed and not installed."""

    exit_code = 3


class ToolFailed(MacsmithError):
    """A program that ran and reported an error."""

    exit_code = 1


class Mismatch(MacsmithError):
    """Hardware and golden model disagree."""

    exit_code = 4


def check_ordinary(path: Path) -> None:
    """Raise DesignError if ``path`` is there and no ordinary file: a pipe or a device never ends.

    Raises OSError where it cannot be told, so that opening it would fail too.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "no ordinary file"
        raise DesignError(f"cannot read {path}: it is {what}")


def _shorten(names: list[str], most: int = 12) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
