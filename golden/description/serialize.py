"""Designs to and from TOML: engines, units, chains, and the files that they name."""

from __future__ import annotations

import os
import typing
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import tomli_w

from ..errors import DesignError, UnknownName
from ..formats.files import read_code_book
from ..toml_files import parse, text_of
from .build import Target
from .chain import Chain
from .design import Design
from .engine import Engine
from .tables import format_to_dict, from_dict, to_dict
from .unit import UNITS

#: The files that are being read, each of which names the next.
_OPEN: ContextVar[tuple[str, ...]] = ContextVar("open", default=())


def to_toml(design: Design) -> str:
    """The TOML text of a design; ``from_toml`` gives the design back."""
    return tomli_w.dumps(to_dict(design))


def from_toml(
    text: str,
    where: str = "design",
    folder: Path = Path(),
    named: Callable[[str], Design] | None = None,
) -> Design:
    """The design that a TOML text describes; files that it names are found from ``folder``.

    ``named`` gives the designs that a chain calls by name.

    Raises DesignError in one line for a syntax error, an unknown key (with the close one), a
    value of the wrong type, or a rule that the design breaks.
    """
    data = parse(text, where)
    try:
        return design_from_dict(_with_tables(data, folder), folder, named)
    except (DesignError, TypeError) as error:
        raise DesignError(f"{where}: {error}") from None


def design_from_dict(
    data: Any, folder: Path = Path(), named: Callable[[str], Design] | None = None
) -> Design:
    """An engine, or what the keys ``unit``, ``chain`` or ``requantize`` say."""
    if isinstance(data, dict) and "chain" in data:
        return _chain(data, folder, named)
    if isinstance(data, dict) and "unit" in data:
        rest = {name: value for name, value in data.items() if name != "unit"}
        return typing.cast(Design, from_dict(UNITS[data["unit"]], rest))
    if isinstance(data, dict) and "requantize" in data:
        return _requantized(data, folder, named)
    return _engine(data)


def _engine(data: Any) -> Engine:
    """An engine. Lanes that are left out are as many as its groups allow, where these are less than
    the default's: whoever gives lanes later has the file read first."""
    try:
        return typing.cast(Engine, from_dict(Engine, data))
    except DesignError as error:
        build = data.get("build", {}) if isinstance(data, dict) else None
        lanes = error.advised("lanes")
        if not isinstance(build, dict) or "lanes" in build or lanes is None:
            raise
        fitting = {**data, "build": {**build, "lanes": lanes}}
        return typing.cast(Engine, from_dict(Engine, fitting))


def _chain(data: dict[str, Any], folder: Path, named: Callable[[str], Design] | None) -> Chain:
    """A chain, whose parts are tables, TOML files, or names."""
    if not isinstance(data["chain"], list):
        raise DesignError(f"chain must be a list of designs, got {data['chain']!r}")

    known = ("name", "chain", "lengths", "into", "shaped", "build")
    for name in data:
        if name not in known:
            raise UnknownName("key in chain", name, known)
    if "name" not in data:
        raise DesignError("chain needs the key 'name'")
    return Chain(
        name=from_dict(str, data["name"], "name"),
        parts=tuple(_part(item, folder, named) for item in data["chain"]),
        lengths=from_dict(tuple[int, ...], data.get("lengths", []), "lengths"),
        into=from_dict(tuple[str, ...], data.get("into", []), "into"),
        shaped=from_dict(str, data.get("shaped", ""), "shaped"),
        build=from_dict(Target, data.get("build", {}), "build"),
    )


def _part(item: Any, folder: Path, named: Callable[[str], Design] | None) -> Design:
    """A part of a chain: a table, a TOML file, or a name."""
    if not isinstance(item, str):
        return design_from_dict(item, folder, named)
    if item.endswith(".toml"):
        return load(folder / item, named)
    if named is None:
        raise DesignError(f"a chain's part is a table or a TOML file here, got {item!r}")
    return named(item)


def _requantized(
    data: dict[str, Any], folder: Path, named: Callable[[str], Design] | None
) -> Chain:
    """An engine, and the requantizer behind it: a table of its parameters, or a design."""
    from ..units.requantized import requantized  # with all units: only where it is asked for

    rest = {key: value for key, value in data.items() if key != "requantize"}
    engine, given, tile = _engine(rest), data["requantize"], False
    if isinstance(given, dict):
        tile = given.get("group") == 0
        given = {"unit": "requantize", "name": "requantize", **given}
    return requantized(engine, _part(given, folder, named), engine.name, tile=tile)


def load(path: Path, named: Callable[[str], Design] | None = None) -> Design:
    """The design in a TOML file; ``named`` as of :func:`from_toml`."""
    text, real = text_of(path), os.path.realpath(path)
    if real in _OPEN.get():
        raise DesignError(f"{path} is a part of itself: name another design in its chain")
    token = _OPEN.set((*_OPEN.get(), real))
    try:
        return from_toml(text, str(path), path.parent, named)
    finally:
        _OPEN.reset(token)


def _with_tables(data: Any, folder: Path) -> Any:
    """``data`` with every ``{ file = "entries.npy" }`` read: an element's table of real entries."""
    if isinstance(data, list):
        return [_with_tables(entry, folder) for entry in data]
    if not isinstance(data, dict):
        return data
    if "file" not in data:
        return {name: _with_tables(value, folder) for name, value in data.items()}
    for name in data:
        if name not in ("file", "fraction"):
            raise UnknownName("key beside file", name, ("fraction",))
    file, fraction = data["file"], data.get("fraction")
    if not isinstance(file, str) or not (fraction is None or type(fraction) is int):
        raise DesignError(f"a table needs file = 'name.npy' and fraction an integer, got {data!r}")
    return format_to_dict(read_code_book(folder / file, fraction))
