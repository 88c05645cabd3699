"""Data that mark results, so that one which overtakes another is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...golden.formats import Format
from ...golden.streams import Stream
from ...hw.design import Hardware
from ...hw.engine.hardware import EngineHardware
from ...hw.plan.plan import Plan

#: Bits of the widest code of which all are looked at.
WIDEST = 16


@dataclass(frozen=True)
class Marks:
    """What a step holds, and what tells marked results from others: these are 0.

    Parameters
    ----------
    payloads : of each source, without ``last``: as it is in general, and in the first step of a
        marked reduction.
    slices : the highest and lowest bits of the values in a beat of results.
    """

    payloads: dict[str, tuple[int, int]]
    slices: tuple[tuple[int, int], ...]


def marks_of(hardware: Hardware) -> tuple[Marks | None, str]:
    """Marks for an engine whose results are sums of products; or None, and why."""
    engine = hardware.alone
    if not isinstance(engine, EngineHardware) or not isinstance(engine.plan, Plan):
        return None, "it is no engine of one mode"
    plan = engine.plan
    if {s.name for s in engine.streams} != {"weight", "activation", "result"} or plan.stationary:
        return None, "results are more than sums of a step's products"
    if len(plan.sums) > 1 or len(plan.sums[0].pairs) > 1 or plan.aligned:
        return None, "several products meet in a result, or it is rounded"
    [pair] = plan.sums[0].pairs
    payloads = {}
    for side, stream in enumerate(hardware.sources):
        chosen = plan.operand(side).planes[pair.planes[side]]
        marked = _payload(stream, chosen.code, chosen.element, marked=True)
        idle = _payload(stream, chosen.code, chosen.element, marked=False)
        if marked is None or idle is None:
            return None, "its codes are wide, have several tables, or no zero"
        payloads[stream.name] = (idle if side else marked, marked)
    [field] = hardware.results[0].fields
    lows = [field.lane_bits * number for number in range(field.count)]
    return Marks(payloads, tuple((low + field.bits - 1, low) for low in lows)), ""


def _payload(stream: Stream, name: str, fmt: Format, *, marked: bool) -> int | None:
    """Zeros in all lanes; or in each vector's first lane the least number beside 0."""
    if fmt.select_width or not 0 < fmt.bits <= WIDEST or len(stream.fields) > 1:
        return None
    [field] = stream.fields
    values = [abs(int(value)) for value in fmt.integers(np.arange(1 << fmt.bits))]
    if (field.name, field.kind) != (name, "codes") or 0 not in values:
        return None
    zero, least = values.index(0), values.index(min(value for value in values if value))
    payload = 0
    for number in range(field.count):
        code = least if marked and number % field.lanes == 0 else zero
        payload |= code << number * field.lane_bits
    return payload
