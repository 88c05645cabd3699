"""Beats to and from the integers that travel on a wrapper's ports.

A beat as benches see it is one integer: TDATA or the native data, above it TUSER if there is one,
above that ``last`` if there is one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..hw.plan.streams import Stream
from . import lanes
from .beats import Beats

Array = npt.NDArray[Any]


def has_last(stream: Stream, interface: str) -> bool:
    """Whether a wrapper has a port for the end of a reduction; on AXI results always do."""
    return stream.last or (interface == "axis" and stream.output)


def data_bits(stream: Stream, interface: str) -> int:
    """Width of the data port."""
    return stream.axis_bits if interface == "axis" else stream.data_bits


def beat_bits(stream: Stream, interface: str) -> int:
    """Width of a beat: data, TUSER, last."""
    user = stream.flag_bits if interface == "axis" else 0
    return data_bits(stream, interface) + user + has_last(stream, interface)


def pack(stream: Stream, interface: str, beats: Beats) -> list[int]:
    """One integer a beat."""
    columns, users = [], []
    for field, values, flags in zip(stream.fields, beats.values, beats.flags, strict=True):
        if field.signed:  # also where values are codes: padding repeats the top bit
            values = lanes.signed(field.bits, lanes.pattern_of(field, values))
        wide = stream.axis_lane_bits(field) if interface == "axis" else field.bits
        value, mark = _bits(values, wide), _flag_bits(flags, len(field.flags), values.shape)
        if interface == "axis":
            columns.append(value.reshape(len(beats), -1))
            users.append(mark.reshape(len(beats), -1))
        else:
            columns.append(np.concatenate([value, mark], axis=2).reshape(len(beats), -1))
    fill = data_bits(stream, interface) - sum(column.shape[1] for column in columns)
    columns.append(np.zeros((len(beats), fill), np.uint8))
    columns += users
    if has_last(stream, interface):
        columns.append(beats.last[:, None].astype(np.uint8))
    packed = np.packbits(np.concatenate(columns, axis=1), axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]


def unpack(stream: Stream, interface: str, beat: int) -> tuple[list[tuple[int, int]], bool]:
    """The (bit pattern, flags) of every lane of a beat, field by field, and ``last``."""
    result: list[tuple[int, int]] = []
    place, user = 0, data_bits(stream, interface)
    for field in stream.fields:
        wide = stream.axis_lane_bits(field) if interface == "axis" else field.lane_bits
        for index in range(field.count):
            at = place + index * wide
            mark = user + index * len(field.flags) if interface == "axis" else at + field.bits
            value = (beat >> at) & ((1 << field.bits) - 1)
            result.append((value, (beat >> mark) & ((1 << len(field.flags)) - 1)))
        place += field.count * wide
        user += field.count * len(field.flags)
    last = beat >> (beat_bits(stream, interface) - 1) & 1
    return result, bool(last) if has_last(stream, interface) else False


def _bits(values: Array, width: int) -> Array:
    """Integers (beats, count) as bits (beats, count, width), low bit first."""
    octets = lanes.to_words(values, width).astype("<u4").view(np.uint8)
    return np.unpackbits(octets, axis=-1, bitorder="little")[..., :width]


def _flag_bits(flags: Array | None, width: int, shape: tuple[int, ...]) -> Array:
    if flags is None or not width:
        return np.zeros((*shape, width), np.uint8)
    return (flags[..., None] >> np.arange(width) & 1).astype(np.uint8)
