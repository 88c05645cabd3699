"""The boards, one TOML file each beside this module."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from ..golden.description import Chain, Design
from ..golden.errors import DesignError, UnknownName, check_ordinary
from ..hw.leaves import LEAVES
from .families import family

_FOLDER = Path(__file__).parent


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
    try:
        check_ordinary(path)
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DesignError(f"{path.name}: the file must be TOML, got {error}") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DesignError(f"cannot read the board {path}: {why}") from None
    if not re.fullmatch(r"\w[\w.-]*", path.stem, re.ASCII):
        raise DesignError(
            f"{path.name}: a board's file is named by letters, digits, '-', '_' and '.', for its "
            "name becomes part of folders' names"
        )
    reader = _Reader(path.name, data)
    board = Board(
        name=path.stem,
        title=reader.text("title"),
        part=reader.text("part"),
        family=_family(reader),
        resources=reader.numbers("resources", ("lut", "ff", "dsp")),
        source=reader.text("source"),
        memory=_memory(reader.table("memory")) if "memory" in data else None,
        shell=_shell(reader.table("shell")) if "shell" in data else None,
        flags=reader.text("flags") if "flags" in data else "",
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
        return str(self._get(key, str, "a string"))

    def number(self, key: str) -> float:
        value: float = self._get(key, (int, float), "a number of at least 0")
        if value < 0:
            raise DesignError(
                f"{self.file}: {self.prefix}{key} must be a number of at least 0, got {value}"
            )
        return value

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
