"""Streams of units whose elements share values by groups, and the buffers at their ends."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Member, Out

from ...golden.formats import Integer
from ...golden.units.grouped import Grouped
from ..arith.table import plus
from .buffer import Buffer, Pair, Slot, Slots


def held_layout(unit: Grouped) -> data.StructLayout:
    """A beat of what a group shares: of every kind those of all rows."""
    return data.StructLayout(
        {name: data.ArrayLayout(fmt.bits, unit.holders) for name, fmt in unit.held.items()}
    )


def codes_layout(unit: Grouped) -> data.StructLayout:
    """A beat of codes: row by row, lane by lane."""
    name, element = unit.source
    codes = data.ArrayLayout(element.bits, unit.rows * unit.lanes)
    return data.StructLayout({name: codes, "last": 1})


def ports(unit: Grouped) -> dict[str, Member]:
    """The streams."""
    result = unit.result
    whole = isinstance(result, Integer) and result.signed
    values = data.ArrayLayout(signed(result.bits) if whole else result.bits, unit.rows * unit.lanes)
    found = {unit.source[0]: In(stream.Signature(codes_layout(unit)))}
    if unit.held:
        found["scale"] = In(stream.Signature(held_layout(unit)))
    made = data.StructLayout({"value": values, "last": 1})
    return found | {"result": Out(stream.Signature(made))}


def buffered(m: Module, source: Any, name: str, kind: type[Slots] = Buffer) -> Any:
    """The end of a buffer behind ``source``, a stream that comes in."""
    m.submodules[name] = buffer = kind(source.payload.shape())
    m.d.comb += [
        buffer.i.valid.eq(source.valid),
        Value.cast(buffer.i.payload).eq(Value.cast(source.payload)),
        source.ready.eq(buffer.i.ready),
    ]
    return buffer.o


def shared_buffer(unit: Grouped) -> type[Slots]:
    """The buffer of a group's values: groups of a single beat need some in every cycle."""
    if ends_in_buffer(unit):
        return Slot
    return Buffer if unit.beats == 1 else Pair


def source_buffer(unit: Grouped) -> type[Slots]:
    """The buffer of elements: one slot where results leave through two, which cut the path."""
    return Slot if ends_in_buffer(unit) else Buffer


def ends_in_buffer(unit: Grouped) -> bool:
    """Whether results leave through a buffer, which cuts the path from the ``ready`` of results to
    all registers: where they are narrower than elements, or as narrow and nothing else comes in."""
    given, made = unit.source[1].bits, unit.result.bits
    return made < given or (made == given and not unit.held)


def group_end(m: Module, unit: Grouped, taken: Value, last: Value) -> Value:
    """Whether the beat that is ``taken`` ends a group: by number, or because it is marked."""
    if not unit.beats:
        return last
    # Known a beat before: the end then waits for the mark alone.
    count, final = Signal(range(max(unit.beats, 2)), name="beat"), Signal(name="final")
    end = Signal(name="group_end")
    m.d.comb += end.eq(last | (final if unit.beats > 1 else 1))
    with m.If(taken):
        m.d.sync += [
            count.eq(Mux(end, 0, plus(m, count, 1, len(count), "beat_next"))),
            final.eq(~end & (count == unit.beats - 2)),
        ]
    return end
