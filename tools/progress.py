"""How long work tells what it does: a line at the beginning of each step."""

from __future__ import annotations

from collections.abc import Callable


class Step(str):
    """A line about work that begins, and what its time depends on.

    Parameters
    ----------
    text : what is done, such as ``synthesizing w4a8 for u280``.
    kind : steps of one kind take a time that grows with their size alike.
    size : in bytes of the text that is worked on.
    then : the kinds of the steps that follow, of the same size.
    """

    kind: str
    size: int
    then: tuple[str, ...]

    def __new__(cls, text: str, kind: str = "", size: int = 0, then: tuple[str, ...] = ()) -> Step:
        made = super().__new__(cls, text)
        made.kind, made.size, made.then = kind, size, then
        return made


#: Is told each step as it begins.
Told = Callable[[str], None]


def quiet(step: str) -> None:
    """Tells nobody."""
