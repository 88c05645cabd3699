"""GGUF: key-value pairs, then tensors in blocks of llama.cpp's types.

Source: the specification in ggml's repository (docs/gguf.md) and the tables of the package gguf.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...golden.errors import DesignError
from .container import Container
from .cursor import Cursor
from .stored import NUMPY, Stored, elements, mapped

MAGIC = b"GGUF"
VERSIONS = (2, 3)

#: Numbers of types -> our name, elements of a block, bytes of a block.
TYPES: dict[int, tuple[str, int, int]] = {
    0: ("float32", 1, 4),
    1: ("float16", 1, 2),
    2: ("q4_0", 32, 18),
    3: ("q4_1", 32, 20),
    6: ("q5_0", 32, 22),
    7: ("q5_1", 32, 24),
    8: ("q8_0", 32, 34),
    10: ("q2_k", 256, 84),
    11: ("q3_k", 256, 110),
    12: ("q4_k", 256, 144),
    13: ("q5_k", 256, 176),
    14: ("q6_k", 256, 210),
    15: ("q8_k", 256, 292),
    16: ("iq2_xxs", 256, 66),
    17: ("iq2_xs", 256, 74),
    18: ("iq3_xxs", 256, 98),
    19: ("iq1_s", 256, 50),
    20: ("iq4_nl", 32, 18),
    21: ("iq3_s", 256, 110),
    22: ("iq2_s", 256, 82),
    23: ("iq4_xs", 256, 136),
    24: ("int8", 1, 1),
    25: ("int16", 1, 2),
    26: ("int32", 1, 4),
    27: ("int64", 1, 8),
    28: ("float64", 1, 8),
    29: ("iq1_m", 256, 56),
    30: ("bfloat16", 1, 2),
    34: ("tq1_0", 256, 54),
    35: ("tq2_0", 256, 66),
    39: ("mxfp4", 32, 17),
    40: ("nvfp4", 64, 36),
    41: ("q1_0", 128, 18),
    42: ("q2_0", 64, 18),
}

#: Kinds of values by number: a letter of struct, "text" or "array".
_KINDS = dict(enumerate(("B", "b", "H", "h", "I", "i", "f", "?", "text", "array", "Q", "q", "d")))
_DTYPES = {
    "B": "uint8", "b": "int8", "H": "uint16", "h": "int16", "I": "uint32", "i": "int32",
    "f": "float32", "?": "bool", "Q": "uint64", "q": "int64", "d": "float64",
}  # fmt: skip

_AXES, _DEPTH = 4, 4


def read(path: Path) -> Container:
    """Opens ``path``. DesignError, which names the tensor and the byte, for what is no GGUF."""
    cursor = Cursor(mapped(path), path.name)
    if bytes(cursor.take(4, "the magic number")) != MAGIC:
        raise DesignError(f"{path.name}: does not begin with GGUF")
    version = cursor.number("I", "the version")
    if version not in VERSIONS:
        big = version in [item << 24 for item in VERSIONS]
        what = "big-endian GGUF" if big else f"GGUF version {version}"
        raise DesignError(f"{path.name}: {what} is not read; versions 2 and 3, little-endian, are")
    tensors = cursor.number("Q", "the number of tensors")
    pairs = cursor.number("Q", "the number of key-value pairs")
    # The least that each takes: a length, and what follows it.
    _enough(cursor, tensors, 24, "tensors")
    _enough(cursor, pairs, 12, "key-value pairs")
    metadata: dict[str, Any] = {}
    for number in range(pairs):
        key = cursor.text(f"the name of key {number}")
        if key in metadata:
            raise DesignError(f"{path.name}: byte {cursor.place}: key {key!r} stands twice")
        metadata[key] = _value(cursor, _kind(cursor, key), key)
    heads = [_head(cursor, number) for number in range(tensors)]
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment > 1 << 20:
        raise DesignError(f"{path.name}: general.alignment is a number of bytes, got {alignment!r}")
    begin = -(-cursor.place // alignment) * alignment
    arrays: dict[str, Stored] = {}
    for name, shape, kind, offset in heads:
        if name in arrays:
            raise DesignError(f"{path.name}: tensor {name!r} stands twice")
        arrays[name] = _stored(path, name, shape, kind, (begin + offset, len(cursor.data)))
    return Container(path, "gguf", arrays, metadata)


def _enough(cursor: Cursor, count: int, size: int, what: str) -> None:
    left = len(cursor.data) - cursor.place
    if count * size > left:
        raise DesignError(
            f"{cursor.name}: byte {cursor.place}: {count} {what} do not fit into the {left} bytes "
            "that follow; the file is truncated or damaged"
        )


def _kind(cursor: Cursor, key: str) -> str:
    number = cursor.number("I", f"the type of {key!r}")
    if number not in _KINDS:
        raise DesignError(f"{cursor.name}: byte {cursor.place - 4}: {key!r} has type {number}")
    return _KINDS[number]


def _value(cursor: Cursor, kind: str, key: str, depth: int = 0) -> Any:
    if kind == "text":
        return cursor.text(f"the value of {key!r}")
    if kind != "array":
        return cursor.number(kind, f"the value of {key!r}")
    if depth == _DEPTH:
        raise DesignError(f"{cursor.name}: byte {cursor.place}: {key!r} nests more than {_DEPTH}")
    kind, count = _kind(cursor, key), cursor.number("Q", f"the length of {key!r}")
    if kind in _DTYPES:
        dtype = np.dtype(NUMPY[_DTYPES[kind]])
        return cursor.take(count * dtype.itemsize, f"the values of {key!r}").view(dtype)
    _enough(cursor, count, 8, f"values of {key!r}")
    return [_value(cursor, kind, key, depth + 1) for _ in range(count)]


def _head(cursor: Cursor, number: int) -> tuple[str, tuple[int, ...], int, int]:
    """Name, shape (slowest axis first), number of the type, offset."""
    name = cursor.text(f"the name of tensor {number}")
    axes = cursor.number("I", f"the number of axes of {name!r}")
    if axes > _AXES:
        raise DesignError(
            f"{cursor.name}: byte {cursor.place - 4}: tensor {name!r} has {axes} axes, "
            f"{_AXES} at most are possible"
        )
    shape = tuple(cursor.number("Q", f"the shape of {name!r}") for _ in range(axes))
    kind = cursor.number("I", f"the type of {name!r}")
    return name, shape[::-1], kind, cursor.number("Q", f"the offset of {name!r}")


def _stored(
    path: Path, name: str, shape: tuple[int, ...], kind: int, place: tuple[int, int]
) -> Stored:
    """``place``: where the tensor begins, and where the file ends."""
    offset, end = place
    where = f"{path.name}: tensor {name!r}"
    if kind not in TYPES:
        raise DesignError(f"{where} has type {kind}, which is no known one")
    called, block, size = TYPES[kind]
    count = elements(where, shape)
    if count % block or (shape and shape[-1] % block):
        raise DesignError(
            f"{where}: a row of {shape[-1] if shape else 1} elements is no whole number of "
            f"{called}'s blocks of {block}"
        )
    size *= count // block
    if offset + size > end:
        raise DesignError(
            f"{where}: its bytes {offset} to {offset + size} go beyond the file's end, {end}"
        )
    return Stored(name, shape, called, path, offset, size)
