"""What a command is, and what commands about a design share."""

from __future__ import annotations

from typing import NamedTuple

from .argument import Argument, Group, option
from .design import DESIGN_GROUPS, DESIGN_WORD
from .hardware import TARGET

BOARD = "u280"


class Command(NamedTuple):
    """A command of the command line.

    Parameters
    ----------
    module : in :mod:`macsmith.commands`, with ``run(arguments) -> exit code``.
    summary : what it does, in the list of commands.
    usage : the words after its name.
    examples : calls that people need first, without ``macsmith``.
    groups : its arguments.
    builds : whether it keeps what it builds in the cache.
    """

    module: str
    summary: str
    usage: str
    examples: tuple[str, ...]
    groups: tuple[Group, ...]
    builds: bool = False

    @property
    def arguments(self) -> tuple[Argument, ...]:
        return tuple(item for group in self.groups for item in group.arguments)


JSON = option("--json", None, "Print one JSON object on stdout instead of text")


def designed(
    *running: Argument, words: tuple[Argument, ...] = (), target: tuple[Argument, ...] = ()
) -> tuple[Group, ...]:
    """A design with all its options, further words behind its name, the target's further options,
    and how the command runs."""
    groups = [Group("", (DESIGN_WORD, *words))]
    for group in DESIGN_GROUPS:
        if group is TARGET:
            group = Group(group.title, (*target, *group.arguments), group.about)
        groups.append(group)
    return *groups, Group("Running", (*running, JSON))
