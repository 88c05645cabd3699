"""Streams as the bytes that a DMA moves: what a beat is in memory, and packets of them.

A beat of a design's stream is a **record** of whole bytes, little-endian: its values from the low
bit up, codes and scales dense, each result and each initial value in whole bytes of its own, what
is left of the last byte zero; behind them the flags of results, filled up to whole bytes. Records
follow each other without gaps. A **packet** is a run of records; a port of so many bytes takes
them wherever its beats end, and only the last beat of a packet may be short: its kept bytes are the
low ones, the others are zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import DesignError
from .streams import Beats, Field, Stream

Array = npt.NDArray[Any]

#: Kinds of fields of which every value takes whole bytes; elements and scales stay dense.
_PADDED = ("value", "initial")

#: The fields of a port's stream: its bytes, and which of them count.
BYTES, KEEP = "bytes", "keep"

#: Integers of at most so many bits are int64, wider ones Python's.
_NARROW = 62


def stride(field: Field) -> int:
    """Bits from one value of a field to the next, in a record."""
    return -(-field.bits // 8) * 8 if field.kind in _PADDED else field.bits


@dataclass(frozen=True)
class Place:
    """Where a value, or its flags, lies.

    Parameters
    ----------
    field, index : which value it is; ``flags``: whether it is the value's flags.
    low, wide : its lowest bit in the record, and the bits that it takes there: what goes beyond
        ``bits`` repeats the top bit of a signed value, else it is 0.
    core, bits : its lowest bit in the stream's dense data, and its width.
    """

    field: Field
    index: int
    flags: bool
    low: int
    wide: int
    core: int
    bits: int

    @property
    def signed(self) -> bool:
        return self.field.signed and not self.flags


@dataclass(frozen=True)
class Record:
    """A beat of a stream in memory.

    Parameters
    ----------
    stream : :class:`Stream`
    """

    stream: Stream

    @cached_property
    def values_size(self) -> int:
        """Bytes of the values; the flags lie behind them."""
        return -(-sum(field.count * stride(field) for field in self.stream.fields) // 8)

    @cached_property
    def size(self) -> int:
        """Bytes of a record."""
        marks = sum(field.count * len(field.flags) for field in self.stream.fields)
        return self.values_size + -(-marks // 8)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Of all values and flags, in the order of the stream's data."""
        found, low, mark, core = [], 0, 8 * self.values_size, 0
        for field in self.stream.fields:
            wide, bits, marks = stride(field), field.bits, len(field.flags)
            for index in range(field.count):
                found.append(Place(field, index, False, low, wide, core, bits))
                if marks:
                    found.append(Place(field, index, True, mark, marks, core + bits, marks))
                low, mark, core = low + wide, mark + marks, core + field.lane_bits
        return tuple(found)

    def bytes_of(self, beats: Beats) -> Array:
        """uint8 (beats, size)."""
        bits = np.zeros((len(beats), 8 * self.size), np.uint8)
        for place, values in zip(self.places, _columns(self.stream, beats), strict=True):
            wide = _pattern(values, place.bits)
            if place.signed:
                wide = wide - ((wide >> (place.bits - 1)) << place.bits)  # two's complement
            bits[:, place.low : place.low + place.wide] = _bits(wide, place.wide)
        return np.packbits(bits, axis=1, bitorder="little")

    def beats_of(self, data: Array, last: Array) -> Beats:
        """The beats whose records are ``data``, uint8 (beats, size)."""
        bits = np.unpackbits(np.asarray(data, np.uint8), axis=1, bitorder="little")
        columns = {}
        for place in self.places:
            found = _number(bits[:, place.low : place.low + place.bits])
            if place.signed:
                found = found - ((found >> (place.bits - 1)) << place.bits)
            columns[place.field.name, place.index, place.flags] = found
        values, flags = list[Array](), list[Array | None]()
        for field in self.stream.fields:
            of = [[columns.get((field.name, index, marks)) for index in range(field.count)]
                  for marks in (False, True)]  # fmt: skip
            values.append(np.stack(of[0], axis=1))  # type: ignore[arg-type]
            flags.append(np.stack(of[1], axis=1) if field.flags else None)  # type: ignore[arg-type]
        return Beats(tuple(values), tuple(flags), np.asarray(last, bool))


def port(stream: Stream, size: int) -> Stream:
    """The stream of a port of ``size`` bytes through which ``stream`` passes."""
    fields = (
        Field(BYTES, BYTES, None, BYTES, 1, size, 8),
        Field(KEEP, KEEP, None, KEEP, 1, size, 1),
    )
    return Stream(stream.name, stream.output, "port", fields, last=True)


def sent(data: Array, ends: Array, size: int) -> Beats:
    """Records as the beats of a port of ``size`` bytes.

    Parameters
    ----------
    data : uint8 (records, bytes).
    ends : bool (records,), which are the last of their packets. Of a packet that has not ended, the
        bytes that fill no beat are left out: they wait for more.
    """
    none = np.zeros((0, size), np.uint8)
    rows, keeps, lasts = [none], [none], [np.zeros(0, bool)]
    bounds = [0, *(np.flatnonzero(ends) + 1).tolist(), len(data)]
    for start, end in zip(bounds, bounds[1:], strict=False):
        packet, ended = data[start:end].reshape(-1), end in bounds[1:-1]
        packet = packet if ended else packet[: len(packet) // size * size]
        count = -(-len(packet) // size)
        fill = (0, count * size - len(packet))
        rows.append(np.pad(packet, fill).reshape(count, size))
        keeps.append(np.pad(np.ones(len(packet), np.uint8), fill).reshape(count, size))
        lasts.append((np.arange(count) == count - 1) & ended)
    return Beats((np.concatenate(rows), np.concatenate(keeps)), (None, None),
                 np.concatenate(lasts))  # fmt: skip


def received(beats: Beats, size: int) -> tuple[Array, Array]:
    """The records of ``size`` bytes that a port's beats hold, and which end packets.

    Of a packet that has not ended, what is beyond whole records is left out. Raises DesignError for
    one that ends within a record: hardware makes one more of it, with anything in its rest.
    """
    data, keep = (np.asarray(values, np.uint8) for values in beats.values)
    found, ends = [np.zeros((0, size), np.uint8)], [np.zeros(0, bool)]
    bounds = [0, *(np.flatnonzero(beats.last) + 1).tolist(), len(beats)]
    for start, end in zip(bounds, bounds[1:], strict=False):
        whole = data[start:end][keep[start:end].astype(bool)]
        count, rest = divmod(len(whole), size)
        if rest and end <= bounds[-2]:
            raise DesignError(f"a packet holds whole beats of {size} bytes, got {len(whole)} bytes")
        found.append(whole[: count * size].reshape(count, size))
        ends.append(np.arange(count) == (count - 1 if end <= bounds[-2] else count))
    return np.concatenate(found), np.concatenate(ends)


def _columns(stream: Stream, beats: Beats) -> Iterator[Array]:
    """The values of each place, one a beat."""
    for field, values, flags in zip(stream.fields, beats.values, beats.flags, strict=True):
        for index in range(field.count):
            yield values[:, index]
            if field.flags:
                yield np.zeros(len(beats), int) if flags is None else flags[:, index]


def _pattern(values: Array, bits: int) -> Array:
    """Integers as unsigned patterns of so many bits."""
    exact = values.astype(np.int64 if bits <= _NARROW else object)
    return np.asarray(exact & ((1 << bits) - 1))


def _bits(values: Array, wide: int) -> Array:
    """Integers (beats,) as two's complement (beats, wide), low bit first."""
    shifts = [(values >> place) & 1 for place in range(wide)]
    return np.stack(shifts, axis=1).astype(np.uint8) if wide else np.zeros((len(values), 0))


def _number(bits: Array) -> Array:
    """Bits (beats, wide), low first, as integers: int64, or Python's if wide."""
    kind = np.int64 if bits.shape[1] <= _NARROW else object
    value = np.zeros(len(bits), kind)
    for place in range(bits.shape[1]):
        value = value | (bits[:, place].astype(kind) << place)
    return value
