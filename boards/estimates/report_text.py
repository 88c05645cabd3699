"""What all of Vivado's reports have: a head of names and values, and lines that are numbered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...golden.errors import DesignError
from ...golden.toml_files import text_of

#: ``| Tool Version : Vivado v.2021.2 (lin64) Build 3367213 …``
_HEAD = re.compile(r"\| (Tool Version|Command|Design|Device|Speed File|Design State) +: *(.*)")

#: Vivado's release in the value of ``Tool Version``.
_RELEASE = re.compile(r"Vivado v\.([\d.]+)")


@dataclass(frozen=True)
class Text:
    """A report.

    Parameters
    ----------
    name : its file's.
    lines : without their ends.
    head : what its first lines say, by name.
    """

    name: str
    lines: tuple[str, ...]
    head: dict[str, str]

    @property
    def kind(self) -> str:
        """The command that wrote it: ``report_utilization`` and so on."""
        return self.head["Command"].split(maxsplit=1)[0]

    @property
    def tool(self) -> str:
        """``Vivado 2021.2``."""
        found = _RELEASE.search(self.head.get("Tool Version", ""))
        return f"Vivado {found[1]}" if found else "Vivado"

    @property
    def device(self) -> str:
        """The part in small letters, as far as it is named."""
        return self.head.get("Device", "").split(" ")[0].lower()

    @property
    def state(self) -> str:
        """``Synthesized``, ``Fully Placed``, ``Routed`` …; empty where it is not told."""
        return self.head.get("Design State", "").strip()

    def wrong(self, index: int, what: str) -> DesignError:
        """An error in the line of an index."""
        return DesignError(f"{self.name}:{index + 1}: {what}")

    def find(self, pattern: str, start: int = 0) -> int | None:
        """The index of the first line from ``start`` on that matches from its first letter."""
        matches = re.compile(pattern).match
        return next((i for i in range(start, len(self.lines)) if matches(self.lines[i])), None)


def text(path: Path) -> Text:
    """A report; DesignError, with file and line, for what is none of Vivado's."""
    lines = tuple(text_of(path, "the report ").splitlines())
    head: dict[str, str] = {}
    for line in lines[:40]:
        if found := _HEAD.match(line):
            head.setdefault(found[1], found[2].strip())
    if not head.get("Command", "").startswith("report_"):
        raise DesignError(
            f"{path.name}:1: a report of Vivado must name its command in its head, such as "
            f"'| Command : report_utilization', got {lines[0][:60] if lines else ''!r}"
        )
    return Text(path.name, lines, head)
