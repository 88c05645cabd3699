"""Scales in front of the elements that they scale, in one stream of bytes.

A **unit** has the bytes of one beat of codes. In front of the codes of a few groups stand the
scales of these groups, one record behind the other, filled up with zero to whole units; scales and
biases that act once a reduction stand in front of the whole reduction, filled up alike. What
belongs to the weight rides in the weight's stream, what belongs to the activation in its own.

    reduction: [ once a reduction ] frame frame …     frame: [ scales of G groups ] their codes

A packet is a reduction where something stands in front of reductions, or where the stream marks
their ends; else it is any number of groups. A packet ends with codes: its last frame may have fewer
groups than scales, of which the rest is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .packets import BYTES, Record
from .streams import Beats, Field, Stream

Array = npt.NDArray[Any]

#: The streams that carry, by the side whose codes they have.
CARRIERS = ("weight", "activation")

#: Of the bytes of a frame, what may be filled up with zero before its scales are gathered from
#: more groups.
_SPARE = Fraction(1, 16)


@dataclass(frozen=True)
class Carrier:
    """A stream of codes, and what rides in it.

    Parameters
    ----------
    stream : of the codes.
    once : what rides once a reduction: for each stream that has some, those of its fields.
    often : what rides once a group: fields of the stream of scales; None if nothing does.
    steps : beats of codes in a group.
    """

    stream: Stream
    once: tuple[Stream, ...]
    often: Stream | None
    steps: int

    @property
    def riders(self) -> tuple[Stream, ...]:
        return (*self.once, *([self.often] if self.often else []))

    @property
    def size(self) -> int:
        """Bytes of a unit."""
        return Record(self.stream).size

    @property
    def once_units(self) -> int:
        """Units in front of a reduction."""
        return -(-sum(Record(stream).size for stream in self.once) // self.size)

    @cached_property
    def groups(self) -> int:
        """Groups of a frame: the fewest of whose scales little is filled up."""
        if self.often is None:
            return 1
        each = Record(self.often).size

        def spare(groups: int) -> Fraction:
            units = -(-groups * each // self.size)
            whole = (units + groups * self.steps) * self.size
            return Fraction(units * self.size - groups * each, whole)

        known = range(1, max(self.size // each, 1) + 1)
        return next((n for n in known if spare(n) <= _SPARE), min(known, key=spare))

    @property
    def often_units(self) -> int:
        """Units in front of the codes of a frame."""
        return -(-self.groups * Record(self.often).size // self.size) if self.often else 0

    @property
    def by_reduction(self) -> bool:
        """Whether a packet is a reduction."""
        return bool(self.once) or self.stream.last

    @property
    def units(self) -> Stream:
        """The stream as it is with what rides in it."""
        field = Field(BYTES, BYTES, self.stream.fields[0].side, BYTES, 1, self.size, 8)
        return replace(self.stream, fields=(field,), last=True)

    def pace(self) -> Fraction:
        """Units for each beat of codes, what rides once a reduction aside."""
        return 1 + Fraction(self.often_units, self.groups * self.steps)

    # Beats as units, and back.

    def joined(self, beats: Mapping[str, Beats], ends: Array) -> tuple[Array, Array]:
        """Units, uint8 (units, size), and which end packets.

        Parameters
        ----------
        beats : of the stream, and of each that rides, by name.
        ends : bool (beats of codes,), where packets end.
        """
        codes = Record(self.stream).bytes_of(beats[self.stream.name])
        once = [_rows(stream, beats) for stream in self.once]
        often = _rows(self.often, beats) if self.often else np.zeros((0, 0), np.uint8)
        found, marks = [np.zeros((0, self.size), np.uint8)], [np.zeros(0, bool)]
        bounds = [0, *(np.flatnonzero(ends) + 1).tolist()]
        for number, (start, end) in enumerate(zip(bounds, bounds[1:], strict=False)):
            front = np.concatenate([rows[number] for rows in once]) if once else often[:0].ravel()
            scales = often[start // self.steps : -(-end // self.steps)] if self.often else often
            units = np.concatenate([self._filled(front), self._frames(codes[start:end], scales)])
            found.append(units)
            marks.append(np.arange(len(units)) == len(units) - 1)
        return np.concatenate(found), np.concatenate(marks)

    def _filled(self, front: Array) -> Array:
        count = -(-len(front) // self.size)
        return np.pad(front, (0, count * self.size - len(front))).reshape(count, self.size)

    def _frames(self, codes: Array, scales: Array) -> Array:
        """The units of a packet: full frames, and one of fewer groups."""
        if self.often is None:
            return codes
        whole = len(codes) // (self.groups * self.steps)
        cut, groups = whole * self.groups * self.steps, whole * self.groups
        front = scales[:groups].reshape(whole, self.groups * scales.shape[1])
        filled = self.often_units * self.size - front.shape[1]
        fronts = np.pad(front, ((0, 0), (0, filled))).reshape(whole, self.often_units, self.size)
        bodies = codes[:cut].reshape(whole, self.groups * self.steps, self.size)
        frames = np.concatenate([fronts, bodies], axis=1).reshape(-1, self.size)
        if cut == len(codes):
            return frames
        rest = scales[groups:].ravel()
        rest = np.pad(rest, (0, self.often_units * self.size - len(rest)))
        return np.concatenate([frames, rest.reshape(-1, self.size), codes[cut:]])

    def parted(self, units: Array, ends: Array) -> dict[str, Beats]:
        """What :meth:`joined` joined; packets that end before any codes have none."""
        codes, marks = [np.zeros((0, self.size), np.uint8)], [np.zeros(0, bool)]
        fronts = list[Array]()
        scales = [np.zeros((0, Record(self.often).size if self.often else 0), np.uint8)]
        bounds = [0, *(np.flatnonzero(ends) + 1).tolist(), len(units)]
        for start, end in zip(bounds, bounds[1:], strict=False):
            packet = units[start:end]
            own, read = self._read(packet[self.once_units :])
            if not len(own):
                continue
            codes.append(own)
            marks.append((np.arange(len(own)) == len(own) - 1) & (end in bounds[1:-1]))
            scales.append(read)
            fronts.append(packet[: self.once_units].reshape(-1))
        last = np.concatenate(marks)
        data = Record(self.stream)
        found = {self.stream.name: data.beats_of(np.concatenate(codes), last & self.stream.last)}
        begin = 0
        for stream in self.once:
            size = Record(stream).size
            rows = [front[begin : begin + size] for front in fronts]
            found[stream.name] = _read(stream, np.array(rows, np.uint8).reshape(-1, size))
            begin += size
        if self.often:
            found[self.often.name] = _read(self.often, np.concatenate(scales))
        return found

    def _read(self, units: Array) -> tuple[Array, Array]:
        """The codes of a packet's frames, and the scales of the groups that they begin."""
        if self.often is None:
            return units, np.zeros((0, 0), np.uint8)
        size = Record(self.often).size
        frame = self.often_units + self.groups * self.steps
        codes, scales = [units[:0]], [np.zeros((0, size), np.uint8)]
        for start in range(0, len(units), frame):
            own = units[start + self.often_units : start + frame]
            front = units[start : start + self.often_units].reshape(-1)
            groups = -(-len(own) // self.steps)
            codes.append(own)
            scales.append(front[: groups * size].reshape(groups, size))
        return np.concatenate(codes), np.concatenate(scales)


def carriers(streams: Sequence[Stream], group_steps: int | None) -> tuple[Carrier, ...]:
    """What an engine's streams of codes carry when scales ride in them.

    Parameters
    ----------
    streams : of the engine.
    group_steps : beats of codes between two of scales of groups; None where there are no groups.
    """
    found = []
    for side, name in enumerate(CARRIERS):
        [stream] = [item for item in streams if item.name == name]
        parts = [part for item in streams if (part := _part(item, side))]
        often = [item for item in parts if item.per == "group" and group_steps]
        once = tuple(item for item in parts if item not in often)
        found.append(Carrier(stream, once, often[0] if often else None, group_steps or 1))
    return tuple(found)


def _part(stream: Stream, side: int) -> Stream | None:
    """Those fields of a stream that ride with a side: what has none rides with the weight."""
    if stream.output or stream.name in CARRIERS:
        return None
    fields = tuple(field for field in stream.fields if (field.side or 0) == side)
    return replace(stream, fields=fields) if fields else None


def whole(stream: Stream, parts: Sequence[tuple[Stream, Beats]]) -> Beats:
    """Beats of ``stream`` out of those that have some of its fields each."""
    found = {
        field.name: values
        for part, beats in parts
        for field, values in zip(part.fields, beats.values, strict=True)
    }
    count = min(len(values) for values in found.values())
    values = tuple(found[field.name][:count] for field in stream.fields)
    return Beats(values, (None,) * len(values), np.zeros(count, bool))


def _rows(stream: Stream, beats: Mapping[str, Beats]) -> Array:
    return Record(stream).bytes_of(beats[stream.name])


def _read(stream: Stream, rows: Array) -> Beats:
    return Record(stream).beats_of(rows, np.zeros(len(rows), bool))
