"""Dataclasses to and from tables of TOML values; their own fields are the schema."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from typing import Any

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
from .axis_widths import Widths, widths_of
from .chain import Chain
from .operand import Operand, Plane, Span
from .structure import Sparse, parse_structure
from .unit import Unit

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
        return format_to_dict(item)
    if isinstance(item, Span | Sparse):
        return str(item)
    if isinstance(item, Policy) and item in POLICIES.values():
        return next(name for name, policy in POLICIES.items() if policy == item)
    if isinstance(item, tuple):
        return [to_dict(entry) for entry in item]
    if isinstance(item, Widths):
        return item.table()
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


def from_dict(kind: Any, data: Any, key: str = "") -> Any:
    """Build ``kind`` (a dataclass, a tuple of them, a plain type) from TOML values."""
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        if data == NOTHING:
            return None
        if Widths in typing.get_args(kind) and isinstance(data, dict):
            return widths_of(data)
        kinds = [a for a in typing.get_args(kind) if a is not types.NoneType]
        words = [word for a in kinds for word in literals(a)]
        return data if data in words else from_dict(kinds[0], data, key)
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


def literals(kind: Any) -> tuple[Any, ...]:
    """The values of a type that lists them; none of others."""
    return typing.get_args(kind) if typing.get_origin(kind) is typing.Literal else ()


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


def format_to_dict(item: Format) -> Any:
    """A format's name; of one that has none here, its family and parameters."""
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
