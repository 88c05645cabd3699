"""Bits of streams: each bit of each value, of each field of each stream, low and high."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...golden.streams import Field, Stream
from ..harness import Harness
from ..pack import core_bits
from .bins import Bins


def bits(bins: Bins, tried: Harness, trials: Sequence[Any]) -> None:
    """Declare and meet the bits of all streams of a design."""
    for stream in (*tried.hardware.sources, *tried.hardware.results):
        beats = core_bits(stream, tried.sent(stream, trials))
        seen = {"low": (beats == 0).any(axis=0), "high": (beats == 1).any(axis=0)}
        for name, place, width in _values(stream):
            part = f"bits of {stream.name}"
            names = [f"{name} bit {bit} {level}" for bit in range(width) for level in seen]
            bins.declare(part, names)
            for bit in range(width):
                for level, there in seen.items():
                    bins.meet(part, f"{name} bit {bit} {level}", int(there[place + bit]))


def _values(stream: Stream) -> list[tuple[str, int, int]]:
    """The name, first bit and width of every value of a beat."""
    found, place = [], 0
    for field in stream.fields:
        for lane in range(field.count):
            found.append((_name(field, lane), place, field.lane_bits))
            place += field.lane_bits
    return [*found, *([("last", place, 1)] if stream.last else [])]


def _name(field: Field, lane: int) -> str:
    vector, place = np.unravel_index(lane, (field.vectors, field.lanes))
    return f"{field.name} {vector}.{place}" if field.count > 1 else field.name
