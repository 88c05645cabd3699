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


#: Options by name and what to give them; None: leave the option out.
Change = Mapping[str, object]


class DesignError(MacsmithError, ValueError):
    """A description, an option or an array that breaks a rule.

    Parameters
    ----------
    what : what is wrong and the value received; and what to do, where that is no option.
    advice : what would help, each a way of its own. A reader of the message tries one; programs do
        too (``macsmith.remedies``), so that no two messages send users from one to the other.
    otherwise : what to do where options do not help.
    """

    exit_code = 2

    def __init__(self, what: str, *advice: Change, otherwise: str = ""):
        self.what, self.advice, self.otherwise = what, advice, otherwise
        what = cut(what)
        ways = ", or ".join(part for part in (spelled(advice), otherwise) if part)
        super().__init__(f"{what}: {ways}" if ways else what)

    def advised(self, option: str) -> object:
        """What an option by itself should be; None where no alternative is that."""
        found = (change[option] for change in self.advice if set(change) == {option})
        return next(found, None)


def cut(text: str, most: int = 1000) -> str:
    """``text`` as one line, without its middle if it has more than so many letters.

    What a user handed in may be long, or have lines; the end of a message says what to do.
    """
    text = " ".join(text.splitlines())
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"


def spelled(advice: Iterable[Change]) -> str:
    """What to do, in words: alternatives as options of the command line.

    >>> spelled([{"flow": "broadcast"}, {"flow": "systolic_os"}, {"k_max": 4, "carries": None}])
    'choose --flow broadcast or systolic_os, or --k-max 4 without --carries'
    >>> spelled([{"bias": None}])
    'leave out --bias'
    """
    ways: list[tuple[str, list[str]]] = []
    left = []
    for change in advice:
        given = {name: value for name, value in change.items() if value is not None}
        if not given:
            left.append(f"leave out {_or([*map(option, change)], 'and')}")
        elif len(change) == 1 and ways and ways[-1][0] == (only := [*given][0]):
            ways[-1][1].append(str(given[only]))
        else:
            words = [option(name, value) for name, value in given.items()]
            without = [option(name) for name in change if name not in given]
            words += [f"without {_or(without, 'and')}"] if without else []
            ways.append(([*given][0] if len(change) == 1 else "", [" ".join(words)]))
    chosen = ", or ".join(_or(words) for _, words in ways)
    return ", or ".join([*([f"choose {chosen}"] if chosen else []), *left])


def option(name: str, value: object = None) -> str:
    """An option as it is typed, with its value if there is one."""
    typed = f"--{name.replace('_', '-')}"
    return typed if value is None or value is True else f"{typed} {value}"


def _or(words: list[str], joint: str = "or") -> str:
    *first, last = words
    return f"{', '.join(first)} {joint} {last}" if first else last


class UnknownName(DesignError, LookupError):
    """A name that no catalogue knows.

    Parameters
    ----------
    kind : what was looked up, in words ("format", "board", …).
    name : what was received.
    known : the names that would have worked; the close ones are quoted.
    listed : the command that lists all of them, if there is one.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str], listed: str = ""):
        self.kind, self.name = kind, name
        names = sorted(known)
        # Of a long text nothing is close, and comparing it takes long.
        near = str(name).lower()[:200]
        close = difflib.get_close_matches(near, names, n=4, cutoff=0.5)
        hint = f"close ones: {', '.join(close)}" if close else f"known: {_shorten(names)}"
        hint += f" (all: {listed})" if listed else ""
        super().__init__(f"unknown {kind} {cut(str(name), 200)!r}; {hint}")


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
