"""Integers to and from the machine words that a compiled engine takes and gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.streams import Field

Array = npt.NDArray[Any]

#: Integers of at most so many bits are int64, wider ones Python's.
NARROW = 62


def words(bits: int) -> int:
    """32-bit words that hold ``bits``."""
    return -(-bits // 32)


def carrier(bits: int) -> type[np.unsignedinteger[Any]]:
    """The smallest type of which one, or as many as it takes of 32 bits, hold ``bits``."""
    if bits <= 8:
        return np.uint8
    return np.uint16 if bits <= 16 else np.uint32


def carried(values: Array, bits: int) -> Array:
    """Integers (…) as the type that carries them: (…), or (…, words) above 32 bits."""
    kind = carrier(bits)
    if bits > 32:
        return to_words(values, bits)
    if values.dtype.kind == "u" and values.dtype.itemsize <= np.dtype(kind).itemsize:
        return values.astype(kind)  # codes: nothing above them
    return (values & ((1 << bits) - 1)).astype(kind)


def to_words(values: Array, bits: int) -> Array:
    """Integers (…) as two's complement of ``bits`` bits: uint32 (…, words), low word first."""
    exact = values.astype(np.int64 if bits <= NARROW else object) & ((1 << bits) - 1)
    parts = [(exact >> (32 * index)) & 0xFFFFFFFF for index in range(words(bits))]
    return np.stack(parts, axis=-1).astype(np.uint32)


def patterns(field: Field, found: Array) -> Array:
    """The values in uint32 (…, words) of a field's lanes, as unsigned bit patterns.

    int64, or Python integers if wide.
    """
    kind = np.int64 if field.bits <= NARROW else object
    value = np.zeros(found.shape[:-1], kind)
    for index in range(words(field.bits)):
        value |= found[..., index].astype(kind) << (32 * index)
    return np.asarray(value & ((1 << field.bits) - 1))


def pattern_of(field: Field, values: Array) -> Array:
    """Integers as unsigned bit patterns of the field's width."""
    exact = values.astype(np.int64 if field.bits <= NARROW else object)
    return np.asarray(exact & ((1 << field.bits) - 1))


def signed(bits: int, pattern: Array) -> Array:
    """Bit patterns as two's complement integers."""
    return np.asarray(pattern - ((pattern >> (bits - 1)) << bits))


def from_words(field: Field, found: Array) -> Array:
    """The values in uint32 (…, words) of a field's lanes, negative ones too."""
    value = patterns(field, found)
    return signed(field.bits, value) if field.signed else value


def flags_of(field: Field, found: Array) -> Array:
    """The flags in uint32 (…, words) of a field's lanes, as one integer each, low flag first."""
    marks = np.zeros(found.shape[:-1], np.int64)
    for place in range(len(field.flags)):
        at = field.bits + place
        marks |= (found[..., at // 32].astype(np.int64) >> (at % 32) & 1) << place
    return marks


def flag_arrays(field: Field, marks: Array) -> dict[str, Array]:
    """Flags as :func:`flags_of` gives them, bool (…), by name; only those that there are."""
    return {name: (marks >> place & 1).astype(bool) for place, name in enumerate(field.flags)}
