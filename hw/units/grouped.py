"""Hardware of units whose elements share values by groups: streams, buffers, trials."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Member, Out

from ...golden.formats import Format, Integer
from ...golden.streams import Beats, Field, Stream
from ...golden.units.grouped import Grouped
from ..arith.timing import delayed
from ..design import Streaming
from .buffer import Buffer, Pair


class Elements(Protocol):
    """The way of the elements of a row to their results."""

    @property
    def latency(self) -> int:
        """Cycles with ``enable``."""

    def write(
        self, m: Module, enable: Value, codes: Sequence[Value], held: Mapping[str, Value], name: str
    ) -> list[Value]:
        """Codes of results, ``latency`` cycles with ``enable`` after ``codes`` of elements.

        ``held`` are the codes of what the group shares, of the same beat, by name; ``name`` tells
        the row's signals from others.
        """


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


def buffered(m: Module, source: Any, name: str, kind: type[Buffer] | type[Pair] = Buffer) -> Any:
    """The end of a buffer behind ``source``, a stream that comes in."""
    m.submodules[name] = buffer = kind(source.payload.shape())
    m.d.comb += [
        buffer.i.valid.eq(source.valid),
        Value.cast(buffer.i.payload).eq(Value.cast(source.payload)),
        source.ready.eq(buffer.i.ready),
    ]
    return buffer.o


def shared_buffer(unit: Grouped) -> type[Buffer] | type[Pair]:
    """The buffer of a group's values: groups of a single beat need some in every cycle."""
    return Buffer if unit.beats == 1 else Pair


def ends_in_buffer(unit: Grouped) -> bool:
    """Whether results, narrower than elements, leave through a buffer, which cuts the path from
    the ``ready`` of results to all registers."""
    return unit.result.bits < unit.source[1].bits


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
            count.eq(Mux(end, 0, count + 1)),
            final.eq(~end & (count == unit.beats - 2)),
        ]
    return end


class EveryElement(wiring.Component):
    """Works on every element with what its group shares.

    A beat a cycle; ``latency`` cycles from a beat of elements to its results. A beat of the group's
    values is taken with the last beat of the group; they are taken into the unit every second
    cycle, so that groups of one beat, where others are longer, wait a cycle. No path leads from a
    ``ready`` to another stream's.

    Parameters
    ----------
    unit : :class:`Grouped`
        What is computed.
    elements : :class:`Elements`
        How.

    Members
    -------
    streams, as of :func:`ports`.
    """

    def __init__(self, unit: Grouped, elements: Elements):
        self.unit, self.elements = unit, elements
        super().__init__(ports(unit))

    def elaborate(self, platform: Any) -> Module:
        m, unit = Module(), self.unit
        source = unit.source[0]
        room, taken = Signal(), Signal()
        codes = buffered(m, getattr(self, source), f"{source}_buffer")
        m.d.comb += [codes.ready.eq(taken), taken.eq(codes.valid & room)]
        if unit.held:
            scale = buffered(m, self.scale, "scale_buffer", shared_buffer(unit))
            end = group_end(m, unit, taken, codes.payload.last)
            m.d.comb += [
                taken.eq(codes.valid & scale.valid & room),
                scale.ready.eq(taken & end),
            ]

        # The elements of each row, with its values.
        cycles, made = self.elements.latency, []
        for row in range(unit.rows):
            own = row if unit.holders > 1 else 0
            held = {name: scale.payload[name][own] for name in unit.held}
            first = row * unit.lanes
            lanes = [codes.payload[source][first + lane] for lane in range(unit.lanes)]
            made += self.elements.write(m, room, lanes, held, f"row_{row}")
        valid = delayed(m, room, taken, cycles, "valid", reset=True)
        last = delayed(m, room, codes.payload.last, cycles, "last")
        result = self.result
        if ends_in_buffer(unit):
            m.submodules.result_buffer = buffer = Buffer(result.payload.shape())
            wiring.connect(m, buffer.o, wiring.flipped(result))
            result = buffer.i
        m.d.comb += [
            *(result.payload.value[lane].eq(value) for lane, value in enumerate(made)),
            result.payload.last.eq(last),
            result.valid.eq(valid),
            # Behind a buffer, from a register: all stops at once, full or not.
            room.eq(result.ready if ends_in_buffer(unit) else ~valid | result.ready),
        ]
        return m


class GroupedHardware(Streaming):
    """A unit of groups as a design: what its kinds share.

    Parameters
    ----------
    design : :class:`Grouped`
    """

    kind, work = "unit", "element"

    def __init__(self, design: Grouped):
        super().__init__(design)
        self.unit = design

    @property
    def streams(self) -> tuple[Stream, ...]:
        return self.unit.streams

    @property
    def entry(self) -> int:
        """Cycles in the buffers of the inputs and of the results."""
        first = 2 if self.unit.held and shared_buffer(self.unit) is Pair else 1
        return first + ends_in_buffer(self.unit)

    @property
    def drain(self) -> int:
        return self.latency + 4

    @property
    def rates(self) -> Mapping[str, int | float]:
        return {self.unit.source[1].name: self.unit.rows * self.unit.lanes}

    @property
    def notes(self) -> Mapping[str, str]:
        unit, order = self.unit, "row by row, lane by lane"
        name, element = unit.source
        found = {name: f"from the low bits: {name} ({element.name}; {order}), {self.ends}"}
        if unit.held:
            whose = "row by row" if unit.holders > 1 else "one for all rows"
            told = ", ".join(f"{key} ({fmt.name}; {whose})" for key, fmt in unit.held.items())
            found["scale"] = f"from the low bits: {told}; a beat per group"
        return found | {
            "result": f"from the low bits: value ({unit.result.name}; {order}), a beat for each "
            f"of {name}, with its last"
        }

    @property
    def ends(self) -> str:
        """What ends a group, in words."""
        if not self.unit.held:
            return "last passes through"
        if not self.unit.beats:
            return "a group ends with last"
        return f"a group ends after {self.unit.beats} beats or with last"

    @property
    def manual(self) -> tuple[str, ...]:
        unit, source = self.unit, self.unit.source[0]
        found = [
            f"A beat of `{source}` holds {unit.lanes} elements of each of {unit.rows} rows and "
            "becomes a beat of `result`, with the same `last`."
        ]
        if unit.held:
            found.append(f"A group has one beat of `scale`; {self.ends}. {self.early}")
        found.append(
            f"{self.latency} cycles from a beat to its result when nobody stalls, no `ready` "
            "depends on another stream's. The reset is synchronous."
        )
        return tuple(found)

    @property
    def early(self) -> str:
        """What becomes of scales that come early, in a sentence."""
        return "Scales may come before their elements."

    def format_of(self, field: Field) -> tuple[str, int | None]:
        return self.unit.formats(field)

    def holds(self, field: Field) -> Format:
        return self.unit.holds(field)

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        return self.unit.answer(sent)

    # How it is tried.

    @property
    @abstractmethod
    def result_beats(self) -> int: ...

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        return self.unit.trials(count, rng)

    def bounds(self) -> list[dict[str, Beats]]:
        return self.unit.bounds()

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int | None:
        codes = sum(len(trial[self.unit.source[0]]) for trial in trials)
        if self.waits(trials):
            return None
        return self.latency + codes - 1

    def waits(self, trials: Sequence[Mapping[str, Beats]]) -> bool:
        """Whether a group of one beat waits for its values, which are taken every second cycle."""
        if not self.unit.held or self.unit.beats == 1:
            return False
        marks = np.concatenate([trial[self.unit.source[0]].last for trial in trials])
        ends = self.unit.ends(marks)
        return bool(np.any(ends[1:] & ends[:-1]) or ends[0])

    def worth(self, trial: Mapping[str, Beats]) -> int:
        return trial[self.unit.source[0]].values[0].size
