"""What a checkpoint's configuration says, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...golden.errors import DesignError
from ...golden.formats import Format, lookup
from ..files import Stored

#: Types of arrays of scales -> golden's formats.
SCALES = {"float16": "fp16", "bfloat16": "bf16", "float32": "fp32"}


def whole(config: Mapping[str, Any], key: str, where: str) -> int:
    """The whole number that ``key`` of ``config`` gives; DesignError for anything else."""
    value = config.get(key)
    if type(value) is not int or abs(value) > 1 << 24:
        raise DesignError(f"{where}: {key} of the quantization's config is {value!r}, no number")
    return value


def of_scales(stored: Stored) -> Format:
    """The format of an array of scales."""
    if stored.type not in SCALES:
        raise DesignError(
            f"{stored.name} has scales of type {stored.type}; {', '.join(SCALES)} are read"
        )
    return lookup(SCALES[stored.type])


def need(arrays: Mapping[str, Stored], layer: str, *names: str) -> tuple[Stored, ...]:
    """Arrays of a layer that must be there."""
    for name in names:
        if name not in arrays:
            raise DesignError(f"{layer} has no {name}")
    return tuple(arrays[name] for name in names)


def shaped(stored: Stored, *wanted: tuple[int, ...]) -> Stored:
    """``stored`` if it has one of the shapes; else DesignError."""
    if stored.shape not in wanted:
        shapes = " or ".join(map(str, wanted))
        raise DesignError(f"{stored.name} has shape {stored.shape}, not {shapes}")
    return stored


def typed(stored: Stored, *wanted: str) -> Stored:
    """``stored`` if it has one of the types; else DesignError."""
    if stored.type not in wanted:
        raise DesignError(f"{stored.name} is of type {stored.type}, not {' or '.join(wanted)}")
    return stored
