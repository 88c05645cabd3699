"""Options of units: parameters of their own, and what all designs share."""

from __future__ import annotations

import typing
from dataclasses import fields, replace
from typing import Any

from .golden.description import Target, Unit
from .golden.description.tables import NOTHING, from_dict
from .golden.errors import DesignError, UnknownName
from .golden.units import Requantize
from .naming import named_unit
from .options import Options

#: What belongs to all designs.
SHARED = tuple(field.name for field in fields(Target))

#: Options of results -> the parameters of a requantizer that say the same.
RESULTS = {
    "output": "result",
    "rounding": "rounding",
    "bias": "bias",
    "relu": "relu",
    "clamp": "clamp",
    "results": "lanes",
}


def of_results(unit: Requantize, options: Options) -> dict[str, str]:
    """Options of results as ``parameter=value``, by name, without those that change nothing."""
    found = {}
    for option, parameter in RESULTS.items():
        value = getattr(options, option)
        if value is None:
            continue
        text = ",".join(f"{end:g}" for end in value) if isinstance(value, tuple) else str(value)
        word = f"{parameter}={text}"
        if set_of(unit, (word,))[parameter] != getattr(unit, parameter):
            found[option] = word
    return found


def override_unit(unit: Unit, options: Options) -> Unit:
    """``unit`` with the options that are not None.

    Raises DesignError for options that belong to engines, and for a parameter or a value that the
    unit does not have.
    """
    own = parameters(unit)
    for field in fields(options):
        value = getattr(options, field.name)
        if value is not None and field.name not in ("name", "set", *SHARED, *own):
            flag = "--" + field.name.replace("_", "-")
            what = unit.kind if unit.kind != unit.name else "unit"
            raise DesignError(
                f"{flag} belongs to engines; {unit.name} is a {what}, whose parameters are "
                f"{', '.join(own)} (--set {own[0]}=…)"
            )
    given = {key: getattr(options, key) for key in SHARED if getattr(options, key) is not None}
    changes: dict[str, Any] = {"build": replace(unit.build, **given)} if given else {}
    # Engines' options of the same name say the same: --lanes 8 is --set lanes=8.
    words = [f"{key}={value}" for key in own if (value := getattr(options, key, None)) is not None]
    words += options.set or ()
    changes |= set_of(unit, tuple(words))
    name = options.name or named_unit(unit.name, words, given)
    return replace(unit, **changes, name=name)


def parameters(unit: Unit) -> list[str]:
    """The names of a unit's own parameters."""
    return [field.name for field in fields(unit) if field.name not in ("name", "build")]


def set_of(unit: Unit, words: tuple[str, ...]) -> dict[str, Any]:
    """``("points=128", ...)`` as fields of the unit."""
    hints, found = typing.get_type_hints(type(unit)), {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise DesignError(f"--set takes PARAMETER=VALUE, such as points=128, got {word!r}")
        if key not in parameters(unit):
            raise UnknownName(f"parameter of {unit.kind}", key, parameters(unit))
        found[key] = from_dict(hints[key], _value(hints[key], text), key)
    return found


def _value(kind: Any, text: str) -> Any:
    """A value as TOML has it: lists are separated by commas, ``none`` is an empty one."""
    if typing.get_origin(kind) is tuple:
        words = [] if text == NOTHING else [word for word in text.split(",") if word]
        return [_value(typing.get_args(kind)[0], word) for word in words]
    if kind is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind is float:
        try:
            return float(text)
        except ValueError:
            return text  # which is told
    whole = int in (kind, *typing.get_args(kind))  # also where it may be None
    return int(text) if whole and text.lstrip("-").isdigit() else text
