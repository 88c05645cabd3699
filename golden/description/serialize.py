"""Designs to and from TOML and plain dictionaries; the dataclasses' own fields are the schema."""

from __future__ import annotations

import dataclasses
import os
import re
import types
import typing
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import tomli_w

from ..errors import DesignError, UnknownName
from ..formats import (
    POLICIES,
    Bipolar,
    Codebook,
    Format,
    Integer,
    Minifloat,
    NaN,
    Policy,
    Posit,
    Sliced,
    lookup,
)
from ..formats.files import read_code_book
from ..toml_files import parse, text_of
from .build import Target
from .chain import Chain
from .design import Design
from .engine import Engine
from .operand import Operand, Plane, Span
from .structure import Sparse, parse_structure
from .unit import UNITS, Unit

#: The files that are being read, each of which names the next.
_OPEN: ContextVar[tuple[str, ...]] = ContextVar("open", default=())

FAMILIES: dict[str, type[Format]] = {
    "integer": Integer,
    "minifloat": Minifloat,
    "codebook": Codebook,
    "posit": Posit,
    "bipolar": Bipolar,
    "sliced": Sliced,
}

#: What stands in TOML for nothing, where something is the default.
NOTHING = "none"


def to_dict(item: Any) -> Any:
    """A dataclass as a dictionary of TOML values; fields at their default are left out."""
    if isinstance(item, Format):
        return _format_to_dict(item)
    if isinstance(item, Span | Sparse):
        return str(item)
    if isinstance(item, Policy) and item in POLICIES.values():
        return next(name for name, policy in POLICIES.items() if policy == item)
    if isinstance(item, tuple):
        return [to_dict(entry) for entry in item]
    if item is None:  # where it is not the default
        return NOTHING
    if isinstance(item, Chain):
        rest = {
            "lengths": list(item.lengths),
            "into": list(item.into),
            "shaped": item.shaped,
            "build": to_dict(item.build),
        }
        parts = [to_dict(part) for part in item.parts]
        return {"name": item.name, **{k: v for k, v in rest.items() if v}, "chain": parts}
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return _kind(item) | {
            field.name: to_dict(getattr(item, field.name))
            for field in dataclasses.fields(item)
            if getattr(item, field.name) != _default(field)
        }
    return str(item) if isinstance(item, NaN) else item


def _kind(item: Any) -> dict[str, str]:
    """What tells a unit from an engine."""
    return {"unit": item.kind} if isinstance(item, Unit) else {}


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
    return _format_to_dict(read_code_book(folder / file, fraction))


def from_dict(kind: Any, data: Any, key: str = "") -> Any:
    """Build ``kind`` (a dataclass, a tuple of them, a plain type) from TOML values."""
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        if data == NOTHING:
            return None
        return from_dict(
            next(a for a in typing.get_args(kind) if a is not types.NoneType), data, key
        )
    if origin is tuple:
        if not isinstance(data, list):
            raise DesignError(f"{key} must be a list, got {data!r}")
        return tuple(from_dict(typing.get_args(kind)[0], entry, key) for entry in data)
    if kind is Format:
        return _format_from_dict(data, key)
    if kind is Span:
        return parse_span(data)
    if kind is Sparse:
        return parse_structure(data)
    if kind is NaN:
        if data not in list(NaN):
            raise UnknownName("kind of NaN", data, list(NaN))
        return NaN(data)
    if kind is Policy and isinstance(data, str):
        if data not in POLICIES:
            raise UnknownName("policy", data, POLICIES)
        return POLICIES[data]
    if kind is Operand and isinstance(data, str):
        return Operand((Plane(lookup(data)),))
    if dataclasses.is_dataclass(kind):
        return _dataclass_from_dict(kind, data, key)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or isinstance(data, bool) != (kind is bool):
        raise DesignError(f"{key} must be of type {kind.__name__}, got {data!r}")
    return data


def parse_span(text: Any) -> Span:
    """``tensor``, ``row``, ``4 rows``, ``group 32`` or ``block 16x32`` (rows × elements)."""
    if text in ("tensor", "row"):
        return Span(1 if text == "row" else None)
    if match := re.fullmatch(r"group ([0-9]{1,9})", str(text)):
        return Span(1, int(match[1]))
    if match := re.fullmatch(r"block ([0-9]{1,9}|all)x([0-9]{1,9})", str(text)):
        return Span(None if match[1] == "all" else int(match[1]), int(match[2]))
    if match := re.fullmatch(r"([0-9]{1,9}) rows", str(text)):
        return Span(int(match[1]))
    raise DesignError(f"a span is tensor, row, 'group 32' or 'block 16x32'; got {text!r}")


def _dataclass_from_dict(kind: Any, data: Any, key: str) -> Any:
    if not isinstance(data, dict):
        raise DesignError(f"{key or kind.__name__.lower()} must be a table, got {data!r}")
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in data:
        if name not in fields:
            raise UnknownName(f"key in {key or kind.__name__.lower()}", name, fields)
    missing = [name for name, field in fields.items() if name not in data and _required(field)]
    if missing:
        raise DesignError(f"{key or kind.__name__.lower()} needs the key {missing[0]!r}")
    return kind(**{name: from_dict(hints[name], value, name) for name, value in data.items()})


def _format_to_dict(item: Format) -> Any:
    try:
        if lookup(item.name) == item:
            return item.name
    except UnknownName:
        pass
    family = next((name for name, kind in FAMILIES.items() if type(item) is kind), None)
    if family is None:
        raise DesignError(f"{item.name} is of no family that a description can name")
    parameters = dataclasses.fields(typing.cast(Any, item))
    fields = {f.name: to_dict(getattr(item, f.name)) for f in parameters}
    return {"family": family, **fields}


def _format_from_dict(data: Any, key: str) -> Format:
    if isinstance(data, str):
        return lookup(data)
    if not isinstance(data, dict) or "family" not in data:
        raise DesignError(f"{key} must be a format's name or a table with a family, got {data!r}")
    if not isinstance(data["family"], str):
        raise DesignError(f"a format's family is a name, got {data['family']!r}")
    if data["family"] not in FAMILIES:
        raise UnknownName("format family", data["family"], FAMILIES)
    rest = {name: value for name, value in data.items() if name != "family"}
    return typing.cast(Format, _dataclass_from_dict(FAMILIES[data["family"]], rest, key))


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
