"""Several designs in one folder: one library for FuseSoC, Bender and Edalize, one Vivado script."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .folder import MANIFEST, alone, check_target, ours, write_folder
from .golden.description import Design
from .golden.errors import DesignError
from .letters import ascii_letters
from .output import Choices, made_files, sources
from .rendering import header, render, vlnv
from .sim.parser import parse
from .tools.progress import Step, Told, quiet

#: Raised when a key of a project's manifest is renamed or changes its meaning.
PROJECT_SCHEMA = 1

#: Files that every design may bring along, the same in each: tools are told of one.
_SHARED = ("macsmith_stream.sv",)

#: What a module, a package or an interface of Verilog, and an entity or a package of VHDL begin
#: with.
_UNIT = re.compile(r"^ *(?:module|package|interface|entity) +(\w+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Project:
    """A folder of designs.

    Parameters
    ----------
    name : of the project: its folder's, as an identifier.
    folder : absolute path.
    designs : names of all that it holds, sorted.
    files : what this call wrote, relative to the folder, sorted.
    """

    name: str
    folder: Path
    designs: tuple[str, ...]
    files: tuple[Path, ...]


def is_project(folder: Path) -> bool:
    """Whether macsmith wrote a project there."""
    return "project" in _manifest(folder)


def generate_project(
    designs: Sequence[Design],
    folder: Path,
    *,
    force: bool = False,
    progress: Told = quiet,
    **choices: Any,
) -> Project:
    """Write each of ``designs`` into a folder of its own in ``folder``, beside those there.

    Parameters
    ----------
    folder : a project, an empty folder, or one that is made.
    force : replace designs of the same name that differ.
    progress : is told each step as it begins: what is done.
    choices : ``tiles``, ``seed``, ``board``, ``megahertz``, ``netlist``, ``cpp``, ``hls`` and
        ``wrappers`` of :func:`macsmith.generate`, the same for all designs.

    Raises DesignError before any work for two designs of one name and for a folder that holds
    something else; after it for a design that is there with other contents, and for modules of two
    designs that have the same name. Nothing is written then.
    """
    chosen, names = Choices(**choices), [design.name for design in designs]
    _check_names(names, _held(folder))
    for design in designs:
        chosen.check(design)
    made, size = {}, 0
    for design in designs:
        emitted, files = made_files(design, chosen, progress=progress)
        made[design.name] = files, _entry(design.name, emitted.hardware.summary, files)
        size += len(emitted.rtlil)
    progress(Step("writing files and reading the Verilog back", "parse", size))
    with alone(folder):
        return _added(folder, made, force=force)


def _added(
    folder: Path,
    made: Mapping[str, tuple[dict[str, str | bytes], dict[str, Any]]],
    *,
    force: bool,
) -> Project:
    """Write designs, by name their files and entries, beside those that are there by now."""
    held = _held(folder)
    _check_names([*made], held)
    entries = held | {name: entry for name, (_, entry) in made.items()}
    files: dict[str, str | bytes] = {}
    for name, (own, _) in made.items():
        placed = {f"{name}/{path}": content for path, content in own.items()}
        if name in held and not force:
            _check_same(folder, name, placed)
        files |= placed
    _check_modules(entries)
    name = _name(folder)
    files |= _shared_files(name, [entries[key] for key in sorted(entries)])
    others = tuple(f"{key}/" for key in held if key not in made)
    stay = [path for path in ours(folder) if path.startswith(others)] if others else []
    files[MANIFEST] = _listing(name, entries, [*files, *stay, MANIFEST])
    target = write_folder(
        folder,
        files,
        force=bool(held),
        stay=stay,
        check=lambda new: parse(new, sources(files)),
    )
    return Project(name, target, tuple(sorted(entries)), tuple(map(Path, sorted(files))))


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _held(folder: Path) -> dict[str, dict[str, Any]]:
    """The designs of a project that is there, by name; DesignError where something else is."""
    found = _manifest(folder)
    if "project" not in found:
        if "design" in found:
            raise DesignError(
                f"{folder} holds the design {found.get('name')} alone; choose another folder for a "
                "project"
            )
        if folder.is_dir() and any(folder.iterdir()):
            raise DesignError(
                f"{folder} holds no project of macsmith's; choose another folder, a new or an "
                "empty one"
            )
        check_target(folder)
        return {}
    if found.get("schema_version") != PROJECT_SCHEMA:
        raise DesignError(
            f"{folder / MANIFEST} is of another release's project; choose another folder"
        )
    check_target(folder, force=True)
    return {entry["name"]: entry for entry in found["designs"]}


def _check_names(names: Sequence[str], held: Iterable[str]) -> None:
    """No two are the same, also where a file system does not tell letters' sizes apart."""
    for name, count in Counter(names).items():
        if count > 1:
            raise DesignError(
                f"two designs are called {name}; generate one of them apart, with another --name"
            )
    seen: dict[str, str] = {}
    for name in (*held, *names):
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise DesignError(f"{other} and {name} differ in the size of letters only: --name")


def _check_same(folder: Path, name: str, placed: Mapping[str, str | bytes]) -> None:
    """Raise DesignError unless the design is there with the same contents."""
    below = f"{name}/"
    there = {path for path in ours(folder) if path.startswith(below)}
    order = {f"{name}/design.toml": -1, f"{name}/{MANIFEST}": 1}
    for path in sorted({*there, *placed}, key=lambda path: (order.get(path, 0), path)):
        content = placed.get(path)
        wanted = content.encode() if isinstance(content, str) else content
        found = (folder / path).read_bytes() if (folder / path).is_file() else None
        if found != wanted:
            raise DesignError(
                f"{folder} holds another {name}, which differs in {path.removeprefix(below)}; "
                "choose another --name, or replace it: --force"
            )


def _entry(name: str, summary: str, made: Mapping[str, str | bytes]) -> dict[str, Any]:
    """What the project's manifest says of a design."""
    texts = {path: text for path, text in made.items() if isinstance(text, str)}
    edam = texts[f"edalize/{name}.eda.yml"]
    compiled = re.findall(r"\{name: \.\./([^,]+), file_type: ([^}]+)\}", edam)
    return {
        "name": name,
        "folder": name,
        "summary": ascii_letters(summary),
        "vlnv": vlnv(name),
        "vivado": "vivado/synth_ooc.tcl" in made,
        "sources": {f"{name}/{path}": kind for path, kind in compiled},
        "modules": sorted(set(_modules(texts))),
    }


def _modules(texts: Mapping[str, str]) -> Iterator[str]:
    """Modules of a design that no other may have: not those that are guarded as shared."""
    for path, text in texts.items():
        if re.search(r"^(rtl|tb|hls)/[^/]+\.(v|sv|vhd)$", path) and "`ifndef MACSMITH_" not in text:
            yield from _UNIT.findall(text)


def _check_modules(entries: Mapping[str, Mapping[str, Any]]) -> None:
    owner: dict[str, str] = {}
    for name in sorted(entries):
        for module in entries[name]["modules"]:
            other = owner.setdefault(module.lower(), name)
            if other != name:
                raise DesignError(
                    f"{other} and {name} both have a module {module}; choose another --name for one"
                )


def _name(folder: Path) -> str:
    """The folder's name as an identifier."""
    plain = re.sub(r"\W+", "_", ascii_letters(folder.expanduser().resolve().name), flags=re.ASCII)
    return plain.strip("_").lower() or "project"


def _shared_files(name: str, designs: Sequence[Mapping[str, Any]]) -> dict[str, str | bytes]:
    """The files of the project itself."""
    vivado = [design for design in designs if design["vivado"]]
    values = {
        "header": header(),
        "name": name,
        "vlnv": vlnv(name, "projects"),
        "summary": f"{len(designs)} design{'s' * (len(designs) != 1)} of macsmith",
        "designs": designs,
        "compiled": _compiled(designs),
        "vivado": [design["name"] for design in vivado],
        "compiled_vivado": _compiled(vivado),
    }
    found = {
        f"{name}.core": render("project.core", values),
        "Bender.yml": render("project_bender.yml", values),
        f"{name}.eda.yml": render("project_edam.yml", values),
        "README.md": render("project.md", values),
    }
    if vivado:
        found["vivado.tcl"] = render("project.tcl", values)
    return {path: ascii_letters(text) for path, text in found.items()}


def _compiled(designs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """All sources in order, with their languages; of shared ones the first."""
    found: dict[str, str] = {}
    for design in designs:
        for path, kind in design["sources"].items():
            last = path.rpartition("/")[2]
            if last not in _SHARED or not any(old.endswith(f"/{last}") for old in found):
                found[path] = kind
    return found


def _listing(name: str, entries: Mapping[str, Any], files: Iterable[str]) -> str:
    """The manifest of a project."""
    found = {
        "schema_version": PROJECT_SCHEMA,
        "project": name,
        "designs": [entries[key] for key in sorted(entries)],
        "files": sorted(files),
        "tools": {"macsmith": version("macsmith")},
    }
    return json.dumps(found, indent=2) + "\n"
