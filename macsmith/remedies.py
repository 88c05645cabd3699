"""What would build instead of a design that is refused: advice is tried before it is given.

A message knows one rule, and what it advises may break another. So the ways that errors name are
followed, the shortest first, until a design can be built; the user is told that one, or that none
of them leads anywhere. No two messages can send anybody from one to the other and back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from .golden.errors import Change, DesignError, spelled
from .options import Options

#: Designs that are tried at most; each takes some hundredths of a second.
MOST = 40

#: Ways that are told at most.
WAYS = 4

_NAMES = {field.name for field in fields(Options)}


def remedied(
    build: Callable[[Options], object], options: Options, error: DesignError
) -> DesignError:
    """The error of ``build(options)``, with advice that was tried.

    Parameters
    ----------
    build : makes the design with other options and plans it, or raises DesignError.
    options : those that were refused.
    error : why.

    Returns an error whose ``advice`` holds the smallest changes that build; or that names what
    stood in the way of everything that was advised. One without advice comes back as it is.
    """
    if not error.advice:
        return error
    seen, against = {options}, []
    waiting, tried = [(options, error)], 0
    while waiting:
        good: list[Change] = []
        beyond: list[tuple[Options, DesignError]] = []
        for start, refused in waiting:
            for change in refused.advice:
                found = _changed(start, change)
                if found is None or found in seen or tried == MOST:
                    continue
                seen.add(found)
                tried += 1
                try:
                    build(found)
                except DesignError as further:
                    beyond.append((found, further))
                    if refused is error:
                        against.append((change, further.what))
                else:
                    good.append(_difference(options, found))
        if good:
            fewest = min(map(len, good))
            shown = [change for change in good if len(change) == fewest][:WAYS]
            return DesignError(error.what, *shown, otherwise=error.otherwise)
        waiting = beyond
    told = [f"{spelled([change]).removeprefix('choose ')}: {what}" for change, what in against]
    why = f" ({'; '.join(told)})" if told else ""
    nothing = (
        "nothing builds this" if tried < MOST else f"none of {MOST} ways that were tried builds"
    )
    return DesignError(f"{error.what}; {nothing}{why}", otherwise=error.otherwise)


def _changed(options: Options, change: Change) -> Options | None:
    """``options`` with a change; None where it names what is no option."""
    if not _NAMES.issuperset(change):
        return None
    made: Any = dict(change)
    return replace(options, **made)


def _difference(before: Options, after: Options) -> Change:
    """What was changed, with what is left out last."""
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in sorted(_NAMES)]
    changed = {name: value for name, old, value in pairs if old != value}
    return dict(sorted(changed.items(), key=lambda item: item[1] is None))
