"""A component that works on every element with what its group shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring

from ...golden.units.grouped import Grouped
from ..arith.timing import delayed
from .buffer import Buffer
from .grouped_ports import buffered, ends_in_buffer, group_end, ports, shared_buffer, source_buffer


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


class EveryElement(wiring.Component):
    """Works on every element with what its group shares.

    A beat a cycle; ``latency`` cycles from a beat of elements to its results. A beat of the group's
    values is taken with the last beat of the group. Where results do not leave through a buffer,
    values are taken into the unit every second cycle, so that groups of one beat, where others are
    longer, wait a cycle. No path leads from a ``ready`` to another stream's.

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
        codes = buffered(m, getattr(self, source), f"{source}_buffer", source_buffer(unit))
        if unit.held:
            # A stream's ``ready`` leaves its own ``valid`` out, which its buffer looks at anyway.
            scale = buffered(m, self.scale, "scale_buffer", shared_buffer(unit))
            end = group_end(m, unit, taken, codes.payload.last)
            m.d.comb += [
                codes.ready.eq(scale.valid & room),
                scale.ready.eq(codes.valid & end & room),
            ]
        else:
            m.d.comb += codes.ready.eq(room)
        m.d.comb += taken.eq(codes.valid & codes.ready)

        # The elements of each row, with its values.
        cycles, made = self.elements.latency, []
        for row in range(unit.rows):
            own = row if unit.holders > 1 else 0
            held = {name: scale.payload[name] for name in unit.held}
            if not unit.together:
                held = {name: values[own] for name, values in held.items()}
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
