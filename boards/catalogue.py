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
from .reading import Reader

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Memory:
    """Memory outside the FPGA's fabric; gigabytes and gigabytes a second, None where not known."""

    kind: str
    capacity: float | None = None
    bandwidth: float | None = None


@dataclass(frozen=True)
class Clock:
    """An oscillator on the board: the FPGA's pin, that of the negative side if it is a pair,
    and the frequency in MHz."""

    pin: str
    frequency: float
    source: str
    negative: str = ""


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
    speed_grade : as its maker writes it, without a dash; empty where a part comes in one.
    clock : None where no oscillator reaches the FPGA's logic, or none is known.
    dies : of a device of several dies, by resource what each has; together what the part has.
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
    speed_grade: str = ""
    clock: Clock | None = None
    dies: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

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
        raise UnknownName("board", name, known.values(), "macsmith list boards")
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
    fabric = chosen.fabric or board.family
    if build.fabric not in ("auto", fabric):
        raise DesignError(f"fabric {build.fabric} is not that of {board.name}", {"fabric": "auto"})
    if build.policy == "dsp" and build.blocks == "inferred" and chosen.refusal:
        raise DesignError(chosen.refusal)
    if build.policy == "dsp" and build.blocks == "auto":
        build = replace(build, blocks=chosen.block)
    changes: dict[str, Any] = {"build": replace(build, fabric=fabric)}
    if isinstance(design, Chain):
        changes["parts"] = tuple(fitted(part, board) for part in design.parts)
    return cast(D, replace(cast(Any, design), **changes))


def load(path: Path) -> Board:
    """A board from a data file of one's own; the board is called as the file is.

    Raises DesignError for a file that is malformed or cannot be read.
    """
    text = text_of(path, "the board ")
    data = parse(text, path.name)
    if not re.fullmatch(r"\w[\w.-]*", path.stem, re.ASCII):
        raise DesignError(
            f"{path.name}: a board's file is named by letters, digits, '-', '_' and '.', for its "
            "name becomes part of folders' names"
        )
    reader = Reader(path.name, data, text)
    resources = reader.numbers("resources", ("lut", "ff", "dsp"))
    board = Board(
        name=path.stem,
        title=reader.text("title"),
        part=reader.word("part"),
        family=reader.family("family"),
        resources=resources,
        source=reader.text("source"),
        memory=_memory(reader.table("memory")) if "memory" in data else None,
        shell=_shell(reader.table("shell")) if "shell" in data else None,
        flags=reader.flags("flags") if "flags" in data else "",
        speed_grade=reader.word("speed_grade") if "speed_grade" in data else "",
        clock=_clock(reader.table("clock")) if "clock" in data else None,
        dies=_dies(reader.table("dies"), resources) if "dies" in data else {},
    )
    reader.finish()
    return board


def _clock(reader: Reader) -> Clock:
    clock = Clock(
        reader.word("pin"),
        reader.number("frequency"),
        reader.text("source"),
        reader.word("negative") if "negative" in reader.data else "",
    )
    reader.finish()
    return clock


def _dies(reader: Reader, resources: Mapping[str, float]) -> Mapping[str, tuple[float, ...]]:
    """What each die has of every resource of which the part has any."""
    wanted = [key for key, amount in resources.items() if amount]
    found = {key: reader.counts(key) for key in dict.fromkeys((*wanted, *reader.data))}
    many = len(found[wanted[0]]) if wanted else 0
    for key, each in found.items():
        reader.need(len(each) == many, key, f"a list of {many} numbers, as of {wanted[0]}")
        whole = resources.get(key, 0)
        reader.need(sum(each) == whole, key, f"numbers that add up to resources.{key} = {whole:g}")
    return found


def _memory(reader: Reader) -> Memory:
    kind, known = reader.text("kind"), reader.data
    memory = Memory(
        kind,
        reader.number("capacity") if "capacity" in known else None,
        reader.number("bandwidth") if "bandwidth" in known else None,
    )
    reader.finish()
    return memory


def _shell(reader: Reader) -> Shell:
    shell = Shell(reader.text("name"), reader.numbers("resources", ("lut",)))
    reader.finish()
    return shell


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
