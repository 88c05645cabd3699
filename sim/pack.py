"""Codes and results to and from the integers that travel on a stream."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.flags import Flags
from ..hw.ports import Stream

Array = npt.NDArray[Any]


def pack_codes(codes: Array, lanes: int, bits: int) -> list[int]:
    """Codes (vectors, K) -> one integer a step, vector 0 and lane 0 in the low bits."""
    vectors, k = codes.shape
    steps = codes.astype(np.uint64).reshape(vectors, k // lanes, lanes).transpose(1, 0, 2)
    bit = (steps[..., None] >> np.arange(bits, dtype=np.uint64)) & np.uint64(1)
    packed = np.packbits(bit.reshape(len(steps), -1).astype(np.uint8), axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]


def pack_integers(values: Array, stride: int) -> int:
    """Signed integers of any width, one every ``stride`` bits, two's complement."""
    result, mask = 0, (1 << stride) - 1
    for index, value in enumerate(values.reshape(-1).tolist()):
        result |= (int(value) & mask) << (index * stride)
    return result


def flag_bits(stream: Stream, flags: Flags) -> list[int]:
    """Each lane's flags as one integer."""
    columns = [getattr(flags, name).reshape(-1).astype(int) for name in stream.flags]
    return [
        sum(int(bit) << place for place, bit in enumerate(lane))
        for lane in zip(*columns, strict=True)
    ]


def pack_result(stream: Stream, interface: str, values: Array, flags: Flags) -> int:
    """A result beat as the bench top shows it.

    ``native``: every lane is its value and, above it, its flags. ``axis``: TDATA, then TUSER.
    """
    lanes = values.reshape(-1).tolist()
    marks = flag_bits(stream, flags) if stream.flags else [0] * len(lanes)
    mask, result = (1 << stream.bits) - 1, 0
    if interface == "native":
        for index, (value, mark) in enumerate(zip(lanes, marks, strict=True)):
            lane = (int(value) & mask) | mark << stream.bits
            result |= lane << (index * stream.lane_bits)
        return result
    result = pack_integers(values, stream.axis_lane_bits)
    for index, mark in enumerate(marks):
        result |= mark << (stream.axis_bits + index * len(stream.flags))
    return result


def unpack_result(stream: Stream, interface: str, beat: int) -> list[tuple[int, int]]:
    """The (value, flags) of every lane of a result beat."""
    result = []
    for index in range(stream.count):
        if interface == "native":
            lane = beat >> (index * stream.lane_bits)
            value, mark = lane & ((1 << stream.bits) - 1), lane >> stream.bits
        else:
            value = (beat >> (index * stream.axis_lane_bits)) & ((1 << stream.bits) - 1)
            mark = beat >> (stream.axis_bits + index * len(stream.flags))
        if stream.signed and value >> (stream.bits - 1):
            value -= 1 << stream.bits
        result.append((value, mark & ((1 << len(stream.flags)) - 1)))
    return result


def result_bits(stream: Stream, interface: str) -> int:
    """Width of a result beat as the bench top shows it."""
    if interface == "native":
        return stream.data_bits
    return stream.axis_bits + stream.count * len(stream.flags)
