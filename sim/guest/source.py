"""A user's Verilog: its module, the ports that this has, and where tools refuse it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...golden.errors import DesignError, ToolFailed, UnknownName
from ...tools import cache, work, yosys
from ..models import leaves, primitives
from ..parser import lint
from ..sources import check_top, gathered, reads

#: What yosys and Verilator say of a place: file, line, perhaps column, and what.
_PLACE = re.compile(r"%?(?:Error\S*: )?(?:\S*/)?([^/\s:]+):(\d+):(?:\d+: )? ?(?:ERROR: ?)?(.+)")

_MODULE = re.compile(r"\bmodule\s+(?:automatic\s+)?\\?([^\s;#(]+)")


@dataclass(frozen=True)
class Port:
    """A port of a module: ``where`` it is declared, as FILE:LINE."""

    name: str
    direction: str
    width: int
    where: str


@dataclass(frozen=True)
class Source:
    """A module that tools have read.

    Parameters
    ----------
    top : its name.
    folder, names : where copies of its files lie, and those that are read, in order.
    given : name of a copy -> the user's path.
    parameters : of the module.
    ports : by name.
    modules : the names of all modules.
    """

    top: str
    folder: Path
    names: tuple[str, ...]
    given: Mapping[str, Path]
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    ports: Mapping[str, Port] = field(default_factory=dict)
    modules: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(self.folder / name for name in self.names)

    @contextmanager
    def placed(self, tool: str) -> Iterator[None]:
        """What ``tool`` says of the files inside becomes one line with the user's file and line."""
        try:
            yield
        except ToolFailed as error:
            if (said := self._placed(str(error))) is None:
                raise
            raise DesignError(f"{said[0]}: {tool} refuses it: {said[1]}") from None

    def _placed(self, said: str) -> tuple[str, str] | None:
        """The place in the user's files that a message names, and what it says of it."""
        for match in _PLACE.finditer(said):
            if match[1] in self.given:
                what = match[3].partition(" (log: ")[0].strip()
                return f"{self.given[match[1]]}:{match[2]}", what
        return None

    def commands(self, rename: str, *, models: bool = True) -> list[str]:
        """Commands of yosys that read the module alone, with its parameters, as ``rename``.

        Without ``models``, a maker's cells stay what they are.
        """
        chosen = "".join(f" -chparam {name} {_word(v)}" for name, v in self.parameters.items())
        hierarchy = f"hierarchy{' -check' * models} -top {self.top}{chosen}"
        ours = {path.name for path in (*leaves(), *primitives())}
        names = [name for name in self.names if models or name not in ours]
        return [*reads(names), hierarchy, "proc", f"rename -top {rename}"]

    def texts(self) -> dict[str, str]:
        """All its files, headers too: name -> text."""
        return {
            name: (self.folder / name).read_text(encoding="utf-8", errors="replace")
            for name in self.given
        }


def read(files: Sequence[Path], top: str | None, parameters: Mapping[str, int | str]) -> Source:
    """The module ``top`` of Verilog files, or the only one that nobody instantiates.

    Raises DesignError with file and line for what Verilator or yosys refuses, UnknownName for a
    module that is not there, ToolMissing.
    """
    with work.folder("guest") as scratch:
        files = [*files, *_models(files)]
        names = gathered(files, scratch)
        key = cache.key(*(f"{path.name}:{(scratch / path.name).read_bytes()!r}" for path in files))

        def copied(folder: Path) -> None:
            gathered(files, folder)

        folder = cache.kept(work.root() / "guest" / key[:20], copied)
        given = {path.name: path for path in files}
        source = Source(top or "", folder, tuple(names), given, dict(parameters))
        with source.placed("Verilator"):
            lint(scratch, names, top)
        modules = tuple(dict.fromkeys(_MODULE.findall(_said(files))))
        if top is not None and top not in modules:
            raise UnknownName("module", top, modules)
        if top is None:
            with source.placed("yosys"):
                top = _top(source, scratch)
        check_top(top)
        found = replace(source, top=top, modules=modules)
        with found.placed("yosys"):
            yosys.run([*found.commands("guest"), "write_json guest.json"], scratch)
        said = json.loads((scratch / "guest.json").read_text(encoding="utf-8"))
    return replace(found, ports=_ports(said["modules"]["guest"], found))


def _models(files: Sequence[Path]) -> list[Path]:
    """Our models of a maker's cells that the files name and do not define."""
    known = {path.stem: path for path in (*leaves(), *primitives())}
    said = _said(files)
    words = set(re.findall(r"\w+", said))
    return [known[name] for name in sorted(words & known.keys() - set(_MODULE.findall(said)))]


def _said(files: Sequence[Path]) -> str:
    """What files hold."""
    readable = (path for path in files if path.is_file())
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in readable)


def _top(source: Source, folder: Path) -> str:
    """The only module that no other instantiates."""
    yosys.run([*reads(source.names), "proc", "write_json modules.json"], folder)
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))["modules"]
    known = {str(item["attributes"].get("hdlname", name)): item for name, item in modules.items()}
    inside = {cell["type"] for item in modules.values() for cell in item["cells"].values()}
    tops = [name for name in known if name not in inside]
    if len(tops) != 1:
        raise DesignError(f"choose the module with --top: {', '.join(tops or known)}")
    return tops[0]


def _ports(module: Mapping[str, Any], source: Source) -> dict[str, Port]:
    found = {}
    for name, port in module["ports"].items():
        said = str(module["netnames"].get(name, {}).get("attributes", {}).get("src", ""))
        file, _, line = said.partition("|")[0].partition(":")
        where = f"{source.given[file]}:{line.partition('.')[0]}" if file in source.given else file
        found[name] = Port(name, port["direction"], len(port["bits"]), where)
    return found


def _word(value: int | str) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'
