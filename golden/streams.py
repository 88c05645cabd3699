"""The streams of a design: what a beat of each carries, and beats as arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Field:
    """One array's share of a beat: ``vectors`` × ``lanes`` values of one width, dense.

    Parameters
    ----------
    name : unique in its stream.
    kind : what it carries: ``codes``, ``select``, ``scales`` of an operand, ``index``, the
        positions of a sparse one's elements; ``mode``, ``bias``, ``initial``, ``value`` (results).
        ``words`` are the codes of several modes: each holds a wide element or several narrow ones.
    side : 0 for the weight, 1 for the activation, None for what belongs to neither.
    array : name of the operand's array of codes, or of its level of scales.
    vectors, lanes : vector 0, lane 0 in the low bits, then the lanes.
    bits : width of one value.
    signed : whether it is two's complement.
    flags : names of the flags above each value, low bit first.
    """

    name: str
    kind: str
    side: int | None
    array: str
    vectors: int
    lanes: int
    bits: int
    signed: bool = False
    flags: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Values in a beat."""
        return self.vectors * self.lanes

    @property
    def lane_bits(self) -> int:
        """Bits of a value with its flags."""
        return self.bits + len(self.flags)

    @property
    def data_bits(self) -> int:
        return self.count * self.lane_bits


@dataclass(frozen=True)
class Stream:
    """One stream of the core.

    Parameters
    ----------
    name : an engine has ``weight``, ``activation``, ``scale``, ``initial``, ``end_scale`` and
        ``result``.
    output : whether the design drives it.
    per : how often it has a beat: once a ``step``, ``group``, ``reduction`` or ``result`` (row
        by row, all outputs of a row and column together); for a ``set`` of steps, those with
        the same weights, each of which is a reduction; or, of stored bytes, as a ``port`` has
        them.
    fields : what a beat carries, the first in the low bits. Results of engines have one field.
    last : whether the payload ends with the mark of the end of a reduction, or of a set.
    """

    name: str
    output: bool
    per: str
    fields: tuple[Field, ...]
    last: bool = False

    @property
    def data_bits(self) -> int:
        """Width of the native data port."""
        return sum(field.data_bits for field in self.fields)

    @property
    def payload_bits(self) -> int:
        """Width of the core's payload: the data, then ``last``."""
        return self.data_bits + self.last


@dataclass(frozen=True)
class Beats:
    """A stream's beats.

    Parameters
    ----------
    values : for each field, integers (beats, count).
    flags : for each field, its flags as integers (beats, count), low flag first; or None.
    last : bool (beats,), the ends of the reductions.
    """

    values: tuple[Array, ...]
    flags: tuple[Array | None, ...]
    last: Array

    def __len__(self) -> int:
        return len(self.last)

    def only(self, stream: Stream, names: Iterable[str]) -> Beats:
        """Beats of ``stream`` with those of its fields that have these names."""
        places = [n for n, field in enumerate(stream.fields) if field.name in set(names)]
        values = tuple(self.values[n] for n in places)
        return Beats(values, tuple(self.flags[n] for n in places), self.last)

    def beside(self, stream: Stream, name: str, more: Array) -> Beats:
        """Beats of ``stream`` whose field of that name is ``more``, where these have all others; as
        many as there are of both."""
        count = min(len(self), len(more))
        values, flags = [], []
        rest = zip(self.values, self.flags, strict=True)
        for field in stream.fields:
            own, marks = (more, None) if field.name == name else next(rest)
            values.append(own[:count])
            flags.append(None if marks is None else marks[:count])
        return Beats(tuple(values), tuple(flags), self.last[:count])


def nothing(count: int) -> Beats:
    """So many beats without fields."""
    return Beats((), (), np.zeros(count, bool))
