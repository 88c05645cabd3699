"""Beats to and from the integers that travel on a wrapper's ports.

A beat as benches see it is one integer: the data, above it TUSER if there is one, above that
``last`` if there is one (:meth:`Interface.positions`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.streams import Beats, Field, Stream
from ..hw.outside import Interface, Slice
from . import lanes

Array = npt.NDArray[Any]


def pack(stream: Stream, interface: Interface, beats: Beats) -> list[int]:
    """One integer a beat."""
    begins = interface.positions(stream)
    bits = np.zeros((len(beats), interface.beat_bits(stream)), np.uint8)
    for field, values, flags in zip(stream.fields, beats.values, beats.flags, strict=True):
        if field.signed:  # also where values are codes: padding repeats the top bit
            values = lanes.signed(field.bits, lanes.pattern_of(field, values))
        for marks, found in _slices(interface, stream, field).items():
            wide = found[0].wide
            lows = np.array([begins[item.role] + item.low for item in found])
            columns = (lows[:, None] + np.arange(wide)).reshape(-1)
            part = _flag_bits(flags, wide, values.shape) if marks else _bits(values, wide)
            bits[:, columns] = part.reshape(len(beats), -1)
    if "last" in begins:
        bits[:, begins["last"]] = beats.last
    packed = np.packbits(bits, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]


def core_bits(stream: Stream, beats: Beats) -> Array:
    """The core's payload, ``last`` on top: uint8 (beats, bits), low bit first."""
    parts = []
    for field, values, flags in zip(stream.fields, beats.values, beats.flags, strict=True):
        lane = _bits(lanes.pattern_of(field, values), field.bits)
        marks = _flag_bits(flags, len(field.flags), values.shape)
        parts.append(np.concatenate([lane, marks], axis=-1).reshape(len(beats), -1))
    parts += [np.asarray(beats.last, np.uint8).reshape(-1, 1)] * stream.last
    return np.ascontiguousarray(np.concatenate(parts, axis=1), np.uint8)


def unpack(stream: Stream, interface: Interface, beat: int) -> tuple[list[tuple[int, int]], bool]:
    """The (bit pattern, flags) of every lane of a beat, field by field, and ``last``."""
    begins, result = interface.positions(stream), list[tuple[int, int]]()
    for field in stream.fields:
        found = {
            (item.index, item.flags): beat >> begins[item.role] + item.low & (1 << item.bits) - 1
            for marked in _slices(interface, stream, field).values()
            for item in marked
        }
        result += [(found[i, False], found.get((i, True), 0)) for i in range(field.count)]
    return result, bool(beat >> begins["last"] & 1) if "last" in begins else False


def unpacked(stream: Stream, interface: Interface, beats: Sequence[int]) -> Beats:
    """The beats of which :func:`pack` made integers; none is the last where these do not say it."""
    read = [unpack(stream, interface, beat) for beat in beats]
    values, flags, first = list[Array](), list[Array | None](), 0
    for field in stream.fields:
        shares = [found[first : first + field.count] for found, _ in read]
        first += field.count
        kind = np.int64 if field.bits <= lanes.NARROW else object
        shape = len(beats), field.count
        pattern = np.array([[lane for lane, _ in share] for share in shares], kind).reshape(shape)
        marks = np.array([[mark for _, mark in share] for share in shares], int).reshape(shape)
        values.append(lanes.signed(field.bits, pattern) if field.signed else pattern)
        flags.append(marks if field.flags else None)
    return Beats(tuple(values), tuple(flags), np.array([last for _, last in read], bool))


def _slices(interface: Interface, stream: Stream, field: Field) -> dict[bool, list[Slice]]:
    """The begins of a field's values, and of their flags, in order."""
    found = defaultdict(list)
    for item in interface.slices(stream):
        if item.field is field:
            found[item.flags].append(item)
    return found


def _bits(values: Array, width: int) -> Array:
    """Integers (beats, count) as bits (beats, count, width), low bit first."""
    octets = lanes.to_words(values, width).astype("<u4").view(np.uint8)
    return np.unpackbits(octets, axis=-1, bitorder="little")[..., :width]


def _flag_bits(flags: Array | None, width: int, shape: tuple[int, ...]) -> Array:
    if flags is None:
        return np.zeros((*shape, width), np.uint8)
    return (flags[..., None] >> np.arange(width) & 1).astype(np.uint8)
