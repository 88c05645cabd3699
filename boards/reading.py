"""Data files of boards and parts: every key is read with its type checked, none may be left over.

A fault is one line: the file, the key, the rule, what was received, and the line where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..golden.errors import DesignError, UnknownName
from .families import family

#: What stands unquoted in Tcl and in yosys's scripts, where a bracket or a semicolon is a command.
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")
_FLAGS = re.compile(r"-[A-Za-z]\w*( -?[A-Za-z0-9_][A-Za-z0-9_.:/-]*)*", re.ASCII)

#: More than any device has of anything, in whatever unit.
_MOST = 1e12


def word(value: str) -> bool:
    """Whether it is one word that may stand in scripts as it is, of up to 64 letters."""
    return _WORD.fullmatch(value) is not None and len(value) <= 64


@dataclass
class Reader:
    """One table of a data file.

    Parameters
    ----------
    file : how messages call the file.
    data : the table.
    source : the whole text, in which lines are counted.
    prefix : the table's name and a dot, empty for the file itself.
    """

    file: str
    data: dict[str, Any]
    source: str = ""
    prefix: str = ""
    seen: set[str] = field(default_factory=set)

    def _get(self, key: str, kind: type | tuple[type, ...], words: str) -> Any:
        self.seen.add(key)
        value = self.data.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            self._refuse(key, words)
        return value

    def text(self, key: str) -> str:
        """A line for people."""
        value = str(self._get(key, str, "a string"))
        self.need(value.isprintable(), key, "one line of printable letters")
        return value

    def word(self, key: str) -> str:
        """A name that stands in scripts as it is."""
        value = str(self._get(key, str, "a string"))
        self.need(word(value), key, "one word of up to 64 letters, digits and _ . / -")
        return value

    def flags(self, key: str) -> str:
        """Options that stand in yosys's script as they are, and are nothing but options there."""
        value = str(self._get(key, str, "a string"))
        known = value == "" or _FLAGS.fullmatch(value) is not None
        self.need(known, key, "options of the synthesis command, such as -device u")
        return value

    def number(self, key: str) -> float:
        words = "a number from 0 to 1e12"
        value: float = self._get(key, (int, float), words)
        self.need(0 <= value <= _MOST, key, words)
        return value

    def counts(self, key: str) -> tuple[float, ...]:
        """Two numbers or more."""
        words = "a list of two numbers or more, each from 0 to 1e12"
        values = self._get(key, list, words)
        plain = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        self.need(len(values) > 1 and plain and all(0 <= v <= _MOST for v in values), key, words)
        return tuple(values)

    def family(self, key: str) -> str:
        """An FPGA family by its name."""
        try:
            return family(self.text(key)).name
        except UnknownName as error:
            raise DesignError(f"{self.file}: {self.prefix}{key}: {error}{self.at(key)}") from error

    def table(self, key: str) -> Reader:
        data = self._get(key, dict, "a table")
        return Reader(self.file, data, self.source, f"{self.prefix}{key}.")

    def numbers(self, key: str, required: tuple[str, ...]) -> Mapping[str, float]:
        table = self.table(key)
        return {name: table.number(name) for name in dict.fromkeys((*required, *table.data))}

    def need(self, holds: bool, key: str, words: str) -> None:
        """Raise DesignError unless a key's value ``holds`` to the rule that ``words`` tell."""
        if not holds:
            self._refuse(key, words)

    def finish(self) -> None:
        """Raise DesignError for a key that nobody asked for."""
        for key in self.data:
            if key not in self.seen:
                raise DesignError(
                    f"{self.file}: {self.prefix}{key} must be left out, got a value{self.at(key)}"
                )

    def _refuse(self, key: str, words: str) -> NoReturn:
        got = repr(self.data[key]) if key in self.data else "nothing"
        raise DesignError(
            f"{self.file}: {self.prefix}{key} must be {words}, got {got}{self.at(key)}"
        )

    def at(self, key: str) -> str:
        """Where a key stands; of one that is missing, its table. Empty if that cannot be told."""
        table, header = "", 1
        for number, line in enumerate(self.source.splitlines(), 1):
            if opened := re.match(r"\s*\[([^\[\]]+)\]", line):
                table = f"{opened[1].strip()}."
                header = number if table == self.prefix else header
                if f"{self.prefix}{key}." == table:
                    return f" (line {number})"
            elif table == self.prefix and re.match(rf"\s*{re.escape(key)}\s*[.=]", line):
                return f" (line {number})"
        if key in self.data or not self.source:
            return ""
        where = f"the table of line {header}" if self.prefix else "the top of the file"
        return f" (missing in {where})"
