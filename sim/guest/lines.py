"""Where in a TOML file a key stands: its reader does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

from ...golden.errors import DesignError

_SECTION = re.compile(r"\s*(\[\[?)\s*([\w.\"'-]+)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*(?:\"([^\"]+)\"|'([^']+)'|([\w-]+))\s*=")


class Lines:
    """The lines of a TOML text.

    Parameters
    ----------
    name : of the file, for messages.
    text : what it holds.
    """

    def __init__(self, name: str, text: str):
        self.name = name
        self._found: dict[tuple[str, int, str], int] = {}
        for section, number, key, line in _keys(text):
            self._found.setdefault((section, number, key), line)

    def at(self, key: str, section: str = "", number: int = 0) -> str:
        """``FILE:LINE`` of a key, or of the section that should have it.

        ``number`` counts sections of one name.
        """
        places = ((section, number, key), (section, number, ""), (key, 0, ""), ("", 0, section))
        line = next((self._found[place] for place in places if place in self._found), 1)
        return f"{self.name}:{line}"

    def refuse(self, what: str, key: str, section: str = "", number: int = 0) -> NoReturn:
        """Raise DesignError about a key."""
        raise DesignError(f"{self.at(key, section, number)}: {what}")


def _keys(text: str) -> Iterator[tuple[str, int, str, int]]:
    """Section, which of those of its name, key (empty: the section's head), line."""
    section, heads = "", dict[str, int]()
    for line, words in enumerate(text.splitlines(), 1):
        if match := _SECTION.fullmatch(words):
            section = match[2].strip("\"'")
            heads[section] = heads.get(section, -1) + 1
            yield section, heads[section], "", line
        elif match := _KEY.match(words):
            yield section, heads.get(section, 0), match[1] or match[2] or match[3], line
