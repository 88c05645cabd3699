"""The boards, one TOML file each beside this module."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from ..golden.description import Chain, Design
from ..golden.errors import DesignError, UnknownName
from ..golden.toml_files import parse, text_of
from ..hw.leaves import LEAVES
from .families import family

_FOLDER = Path(__file__).parent

#: What stands unquoted in Tcl and in yosys's scripts, where a bracket or a semicolon is a command.
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")
_FLAGS = re.compile(r"-[A-Za-z]\w*( -?[A-Za-z0-9_][A-Za-z0-9_.:/-]*)*", re.ASCII)

#: More than any device has of anything, in whatever unit.
_MOST = 1e12


@dataclass(frozen=True)
class Memory:
    """Memory outside the FPGA's fabric; gigabytes and gigabytes a second, None where not known."""

    kind: str
    capacity: float | None = None
    bandwidth: float | None = None


@dataclass(frozen=True)
class Shell:
    """The vendor's static design, and the resources that it takes from the board."""

    name: str
    resources: Mapping[str, float]


@dataclass(frozen=True)
class Board:
    """One board.

    Parameters
    ----------
    name : file name, lower case.
    title : as its maker writes it.
    part : the FPGA, as its maker's tools want it.
    family : a name in :data:`macsmith.boards.families.FAMILIES`.
    resources : what the part has: ``lut`` (sites), ``ff``, ``dsp``, and the family's memories.
    source : where the numbers are from.
    flags : more options for the synthesis command.
    """

    name: str
    title: str
    part: str
    family: str
    resources: Mapping[str, float]
    source: str
    memory: Memory | None = None
    shell: Shell | None = None
    flags: str = ""

    def available(self, resource: str) -> float:
        """What an engine may use: the part's, less the shell's."""
        taken = self.shell.resources.get(resource, 0) if self.shell else 0
        return self.resources.get(resource, 0) - taken


def names() -> list[str]:
    """All boards, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def lookup(name: str) -> Board:
    """A board by name; case, ``-`` and ``_`` do not matter. Or that of a TOML file, by its path.

    Raises
    ------
    UnknownName : no such board.
    DesignError : its data file is malformed, the message names file and key; or cannot be read.
    """
    if name.endswith(".toml"):
        return load(Path(name))
    known = {_plain(stem): stem for stem in names()}
    if _plain(name) not in known:
        raise UnknownName("board", name, known.values())
    return _packaged(_FOLDER / f"{known[_plain(name)]}.toml")


@cache
def _packaged(path: Path) -> Board:
    return load(path)


#: A design of some kind.
D = TypeVar("D", bound=Design)


def fitted(design: D, board: Board) -> D:
    """A design with what the board's device has for it.

    Raises DesignError if it is to be built of cells that the device does not have.
    """
    build, chosen = design.build, family(board.family)
    if build.adders in LEAVES and LEAVES[build.adders] not in chosen.roles:
        raise DesignError(
            f"adders {build.adders} are AMD's {LEAVES[build.adders]}, {board.name} has others",
            {"adders": "inferred"},
        )
    if build.blocks not in ("auto", "inferred", chosen.block):
        raise DesignError(
            f"blocks {build.blocks} are not those of {board.name}", {"blocks": "auto"}
        )
    if build.fabric not in ("auto", board.family):
        raise DesignError(f"fabric {build.fabric} is not that of {board.name}", {"fabric": "auto"})
    if build.policy == "dsp" and build.blocks == "inferred" and chosen.refusal:
        raise DesignError(chosen.refusal)
    if build.policy == "dsp" and build.blocks == "auto":
        build = replace(build, blocks=chosen.block)
    changes: dict[str, Any] = {"build": replace(build, fabric=board.family)}
    if isinstance(design, Chain):
        changes["parts"] = tuple(fitted(part, board) for part in design.parts)
    return cast(D, replace(cast(Any, design), **changes))


def load(path: Path) -> Board:
    """A board from a data file of one's own; the board is called as the file is.

    Raises DesignError for a file that is malformed or cannot be read.
    """
    data = parse(text_of(path, "the board "), path.name)
    if not re.fullmatch(r"\w[\w.-]*", path.stem, re.ASCII):
        raise DesignError(
            f"{path.name}: a board's file is named by letters, digits, '-', '_' and '.', for its "
            "name becomes part of folders' names"
        )
    reader = _Reader(path.name, data)
    board = Board(
        name=path.stem,
        title=reader.text("title"),
        part=reader.word("part"),
        family=_family(reader),
        resources=reader.numbers("resources", ("lut", "ff", "dsp")),
        source=reader.text("source"),
        memory=_memory(reader.table("memory")) if "memory" in data else None,
        shell=_shell(reader.table("shell")) if "shell" in data else None,
        flags=reader.flags("flags") if "flags" in data else "",
    )
    reader.finish()
    return board


def _family(reader: _Reader) -> str:
    try:
        return family(reader.text("family")).name
    except UnknownName as error:
        raise DesignError(f"{reader.file}: family: {error}") from error


def _memory(reader: _Reader) -> Memory:
    kind, known = reader.text("kind"), reader.data
    memory = Memory(
        kind,
        reader.number("capacity") if "capacity" in known else None,
        reader.number("bandwidth") if "bandwidth" in known else None,
    )
    reader.finish()
    return memory


def _shell(reader: _Reader) -> Shell:
    shell = Shell(reader.text("name"), reader.numbers("resources", ("lut",)))
    reader.finish()
    return shell


@dataclass
class _Reader:
    """One table of a data file. Every key is read with its type checked; none may be left over."""

    file: str
    data: dict[str, Any]
    prefix: str = ""
    seen: set[str] = field(default_factory=set)

    def _get(self, key: str, kind: type | tuple[type, ...], words: str) -> Any:
        self.seen.add(key)
        value = self.data.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            got = "nothing" if key not in self.data else repr(value)
            raise DesignError(f"{self.file}: {self.prefix}{key} must be {words}, got {got}")
        return value

    def text(self, key: str) -> str:
        """A line for people."""
        value = str(self._get(key, str, "a string"))
        self._need(value.isprintable(), key, "one line of printable letters")
        return value

    def word(self, key: str) -> str:
        """A name that stands in scripts as it is."""
        value = str(self._get(key, str, "a string"))
        known = _WORD.fullmatch(value) is not None and len(value) <= 64
        self._need(known, key, "one word of up to 64 letters, digits and _ . / -")
        return value

    def flags(self, key: str) -> str:
        """Options that stand in yosys's script as they are, and are nothing but options there."""
        value = str(self._get(key, str, "a string"))
        known = value == "" or _FLAGS.fullmatch(value) is not None
        self._need(known, key, "options of the synthesis command, such as -device u")
        return value

    def number(self, key: str) -> float:
        words = "a number from 0 to 1e12"
        value: float = self._get(key, (int, float), words)
        self._need(0 <= value <= _MOST, key, words)
        return value

    def _need(self, holds: bool, key: str, words: str) -> None:
        """Raise DesignError unless a key's value ``holds`` to the rule that ``words`` tell."""
        if not holds:
            got = self.data[key]
            raise DesignError(f"{self.file}: {self.prefix}{key} must be {words}, got {got!r}")

    def table(self, key: str) -> _Reader:
        return _Reader(self.file, self._get(key, dict, "a table"), f"{self.prefix}{key}.")

    def numbers(self, key: str, required: tuple[str, ...]) -> Mapping[str, float]:
        table = self.table(key)
        return {name: table.number(name) for name in dict.fromkeys((*required, *table.data))}

    def finish(self) -> None:
        for key in self.data:
            if key not in self.seen:
                raise DesignError(f"{self.file}: {self.prefix}{key} must be left out, got a value")


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
