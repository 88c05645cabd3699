"""Safetensors: a JSON header, then the arrays' bytes; several shards by their index.

A reader of its own: the package's NumPy side refuses 8-bit and 4-bit floats.
Source: the format's description in the repository huggingface/safetensors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...golden.errors import DesignError
from .container import Container
from .cursor import Cursor
from .stored import Stored, elements, mapped

#: The format's own bound of a header.
MOST_HEADER = 100_000_000

#: Types by the file's name -> our name, bits.
TYPES = {
    "BOOL": ("bool", 8),
    **{f"{letter}{bits}": (f"{name}{bits}", bits)
       for letter, name in (("U", "uint"), ("I", "int")) for bits in (8, 16, 32, 64)},
    **{f"F{bits}": (f"float{bits}", bits) for bits in (16, 32, 64)},
    "BF16": ("bfloat16", 16),
    "F8_E4M3": ("float8_e4m3fn", 8),
    "F8_E5M2": ("float8_e5m2", 8),
    "F8_E8M0": ("float8_e8m0fnu", 8),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8),
    "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8),
    "F6_E2M3": ("float6_e2m3fn", 6),
    "F6_E3M2": ("float6_e3m2fn", 6),
    "F4": ("float4_e2m1fn", 4),
    "C64": ("complex64", 64),
}  # fmt: skip

INDEX = ".safetensors.index.json"


def read(path: Path) -> Container:
    """Opens one file. DesignError, which names the array and the byte, for what is none."""
    cursor = Cursor(mapped(path), path.name)
    size = cursor.number("Q", "the length of the header")
    if size > MOST_HEADER:
        raise DesignError(
            f"{path.name}: byte 0: a header of {size} bytes; {MOST_HEADER} at most are allowed"
        )
    header = _parsed(cursor.take(size, "the header").tobytes(), path.name)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise DesignError(f"{path.name}: __metadata__ is no JSON object")
    begin, end = cursor.place, len(cursor.data)
    arrays = {name: _stored(path, name, item, (begin, end)) for name, item in header.items()}
    _check_places(path, arrays, begin, end)
    return Container(path, "safetensors", arrays, metadata)


def read_index(path: Path) -> Container:
    """Opens all shards that an index names, from its own folder alone."""
    index = read_json(path)
    places = index.get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(name, str) for name in places.values()):
        raise DesignError(f"{path.name}: weight_map, from arrays to files, is missing")
    shards: dict[str, Container] = {}
    for name in sorted(set(places.values())):
        if Path(name).name != name or name in (".", ".."):
            raise DesignError(f"{path.name}: shard {name!r} lies outside the index's folder")
        if not (path.parent / name).exists():
            raise DesignError(f"{path.name}: shard {name} is missing beside it")
        shards[name] = read(path.parent / name)
    arrays = {}
    for array, name in places.items():
        if array not in shards[name].arrays:
            raise DesignError(f"{path.name}: {array} is not in {name}")
        arrays[array] = shards[name].arrays[array]
    metadata: dict[str, Any] = {}
    for shard in shards.values():
        metadata |= shard.metadata
    return Container(path, "safetensors", arrays, metadata)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a file; DesignError for anything else."""
    return _parsed(mapped(path).tobytes(), path.name)


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise DesignError(f"{name}: {key!r} stands twice in the JSON")
            found[key] = value
        return found

    try:
        header = json.loads(data.decode(), object_pairs_hook=once)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise DesignError(f"{name}: no JSON: {error}") from None
    except ValueError as error:  # an integer of more digits than Python reads
        if isinstance(error, DesignError):
            raise
        raise DesignError(f"{name}: no JSON: {error}") from None
    if not isinstance(header, dict):
        raise DesignError(f"{name}: the JSON is no object")
    return header


def _stored(path: Path, name: str, item: Any, place: tuple[int, int]) -> Stored:
    """``place``: where the arrays' bytes begin and end."""
    where = f"{path.name}: array {name!r}"
    if not isinstance(item, Mapping):
        raise DesignError(f"{where} has no dtype, shape and data_offsets")
    kind: Any = item.get("dtype")
    shape: Any = item.get("shape")
    offsets: Any = item.get("data_offsets")
    if not isinstance(kind, str) or kind not in TYPES:
        raise DesignError(f"{where} has dtype {kind!r}; known: {', '.join(TYPES)}")
    if not _lengths(shape):
        raise DesignError(f"{where} has shape {shape!r}, which is no list of lengths")
    if not _lengths(offsets) or len(offsets) != 2:
        raise DesignError(f"{where} has data_offsets {offsets!r}, which are no two places")
    called, bits = TYPES[kind]
    begin, end = (place[0] + offset for offset in offsets)
    wanted = elements(where, tuple(shape)) * bits
    if wanted % 8 or end - begin != wanted // 8:
        raise DesignError(
            f"{where}: {kind} of shape {shape} is {wanted / 8:g} bytes, data_offsets say "
            f"{end - begin}"
        )
    if end > place[1]:
        raise DesignError(
            f"{where}: its bytes {begin} to {end} go beyond the file's end, {place[1]}"
        )
    return Stored(name, tuple(shape), called, path, begin, end - begin)


def _lengths(given: Any) -> bool:
    """Whether ``given`` is a list of whole numbers from 0 on."""
    return isinstance(given, list) and all(type(item) is int and item >= 0 for item in given)


def _check_places(path: Path, arrays: Mapping[str, Stored], begin: int, end: int) -> None:
    """Arrays lie one after the other, with nothing between, before or behind: the format's rule,
    so that no byte is read twice and none hides."""
    place = begin
    for stored in sorted(arrays.values(), key=lambda item: (item.offset, item.size)):
        if stored.offset != place:
            what = "overlaps another array" if stored.offset < place else "leaves a hole before it"
            raise DesignError(f"{path.name}: array {stored.name!r} {what}, at byte {place}")
        place += stored.size
    if place != end:
        raise DesignError(f"{path.name}: {end - place} bytes behind the last array, at {place}")
