"""Takes scales out of the stream of codes in front of which they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.interleave import Carrier
from ...golden.packets import Record
from ...golden.streams import Stream
from ..arith.shared import Owned
from ..design import Hardware
from ..scale.queue import Queue
from .component import instance


class Riders(wiring.Component):
    """Units of a stream as its codes, and as what rides in front of them.

    A unit is taken every cycle. What was in front is shifted into registers; it is offered with the
    first codes that it belongs to, which wait until all of it is taken.

    ``o.valid`` depends on no ``o.ready``. The ``ready`` of what rides must come from registers, as
    a :class:`~macsmith.hw.scale.queue.Queue` has it: what rides with the same codes is offered when
    all is taken.

    Parameters
    ----------
    carrier : what rides in what.

    Members
    -------
    i : units and the mark of a packet's end, as :attr:`.Carrier.units` has them.
    o : the codes' payload.
    one for each stream that rides, of its name: its fields' bits.
    """

    def __init__(self, carrier: Carrier):
        self.carrier = carrier
        riders = {item.name: Out(stream.Signature(item.data_bits)) for item in carrier.riders}
        super().__init__(
            {
                "i": In(stream.Signature(carrier.units.payload_bits)),
                "o": Out(stream.Signature(carrier.stream.payload_bits)),
                **riders,
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, carrier = Module(), self.carrier
        taken, last = Signal(), self.i.payload[-1]
        m.d.comb += taken.eq(self.i.valid & self.i.ready)
        body = self._sections(m, taken, last)
        begins, group = self._places(m, taken & body, last)

        # What stood in front is offered once, with the first codes behind it.
        wanted = [(getattr(self, item.name), begins) for item in carrier.once]
        wanted += [(getattr(self, carrier.often.name), group)] if carrier.often else []
        gone, free, needed = Signal(), Signal(), Signal()
        m.d.comb += [
            free.eq(Cat(sink.ready | ~when for sink, when in wanted).all()),
            needed.eq(Cat(when for _, when in wanted).any() & ~gone),
            self.o.valid.eq(self.i.valid & body & (~needed | free)),
            self.i.ready.eq(~body | (self.o.ready & (~needed | free))),
        ]
        for sink, when in wanted:
            m.d.comb += sink.valid.eq(self.i.valid & body & when & ~gone & free)
        with m.If(self.o.valid):
            m.d.sync += gone.eq((needed | gone) & ~self.o.ready)
        self._codes(m)
        return m

    def _codes(self, m: Module) -> None:
        record = Record(self.carrier.stream)
        values = [self.i.payload[place.low :][: place.bits] for place in record.places]
        last = [self.i.payload[-1]] if self.carrier.stream.last else []
        m.d.comb += self.o.payload.eq(Cat(*values, *last))

    def _sections(self, m: Module, taken: Value, last: Value) -> Value:
        """Whether the unit is codes; what is in front of them goes into registers."""
        carrier = self.carrier
        first = 0 if carrier.once_units else 1 if carrier.often_units else 2
        section, count = Signal(2, init=first), Signal(range(max(self._longest, 2)))
        self._full = Signal()  # that a frame's codes are over
        with m.If(taken):
            for number, units, after in (
                (0, carrier.once_units, 1 if carrier.often_units else 2),
                (1, carrier.often_units, 2),
            ):
                if units:
                    with m.If(section == number):
                        m.d.sync += count.eq(count + 1)
                        with m.If(count == units - 1):
                            m.d.sync += [section.eq(after), count.eq(0)]
            if carrier.often:
                with m.If((section == 2) & self._full):
                    m.d.sync += section.eq(1)
            with m.If(last):
                m.d.sync += [section.eq(first), count.eq(0)]
        self._once = self._held(m, "once", carrier.once_units, taken & (section == 0))
        self._often = self._held(m, "often", carrier.often_units, taken & (section == 1))
        self._hand_out(m)
        return section == 2

    @property
    def _longest(self) -> int:
        return max(self.carrier.once_units, self.carrier.often_units)

    def _held(self, m: Module, name: str, units: int, comes: Value) -> Signal:
        """Units of a front, the first in the low bits when all have come."""
        held = Signal(8 * self.carrier.size * units, name=name, reset_less=True)
        if units:
            with m.If(comes):
                m.d.sync += held.eq(Cat(held, self.i.payload[:-1])[-len(held) :])
        return held

    def _hand_out(self, m: Module) -> None:
        carrier, begin = self.carrier, 0
        found = [(item, self._once) for item in carrier.once]
        found += [(carrier.often, self._often)] if carrier.often else []
        for item, held in found:
            record = Record(item)
            at = 8 * begin if held is self._once else 0
            begin += record.size
            values = [held[at + place.low :][: place.bits] for place in record.places]
            m.d.comb += getattr(self, item.name).payload.eq(Cat(*values))

    def _places(self, m: Module, moves: Value, last: Value) -> tuple[Value, Value]:
        """Whether codes are the first of their packet, and of their group."""
        carrier = self.carrier
        begins, group = Signal(init=1), Signal(init=1)
        with m.If(moves):
            m.d.sync += begins.eq(last)
        if not carrier.often:
            return begins, Const(0, 1)
        step, number = Signal(range(max(carrier.steps, 2))), Signal(range(max(carrier.groups, 2)))
        ends, over = Signal(), Signal()
        m.d.comb += [
            ends.eq(step == carrier.steps - 1),
            over.eq(number == carrier.groups - 1),
            self._full.eq(ends & over),
        ]
        size = 8 * Record(carrier.often).size
        with m.If(moves):
            m.d.sync += [step.eq(step + 1), group.eq(ends | last)]
            with m.If(ends | last):
                m.d.sync += [step.eq(0), number.eq(number + 1)]
                if carrier.groups > 1:
                    m.d.sync += self._often.eq(self._often >> size)
            with m.If(last | (ends & over)):
                m.d.sync += number.eq(0)
        return begins, group


class Interleaved(wiring.Component):
    """An engine, and what takes scales out of its streams of codes.

    Parameters
    ----------
    inner : the hardware of the engine.
    streams : as they are outside.
    carriers : those of them that carry, by name.
    depths : how many beats of each stream of scales wait.

    Members
    -------
    ``streams``.
    """

    def __init__(
        self,
        inner: Hardware,
        streams: Sequence[Stream],
        carriers: Mapping[str, Carrier],
        depths: Mapping[str, int],
    ):
        self.inner, self.outside = inner, streams
        self.carriers, self.depths = carriers, depths
        self.core = inner.component()
        signature = {item.name: stream.Signature(item.payload_bits) for item in streams}
        super().__init__(
            {s.name: Out(signature[s.name]) if s.output else In(signature[s.name]) for s in streams}
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules[instance(self.inner)] = Owned(self.core, self.inner.name)
        riding = dict[str, list[tuple[Stream, Queue]]]()
        for item in self.outside:
            outside, inside = getattr(self, item.name), getattr(self.core, item.name)
            if item.name not in self.carriers:
                sides = (inside, outside) if item.output else (outside, inside)
                _connected(m, *sides)
                continue
            carrier = self.carriers[item.name]
            m.submodules[f"{item.name}_riders"] = riders = Riders(carrier)
            _connected(m, outside, riders.i)
            _connected(m, riders.o, inside)
            for rider in carrier.riders:
                queue = Queue(rider.data_bits, self.depths[rider.name])
                m.submodules[f"{item.name}_{rider.name}"] = queue
                _connected(m, getattr(riders, rider.name), queue.i)
                riding.setdefault(rider.name, []).append((rider, queue))
        for item in self.inner.streams:
            if item.name in riding:
                self._filled(m, item, riding[item.name])
        return m

    def _filled(self, m: Module, item: Stream, parts: list[tuple[Stream, Queue]]) -> None:
        """A stream of the engine out of what came with its sides."""
        sink, fields = getattr(self.core, item.name), dict[str, Value]()
        for part, queue in parts:
            start = 0
            for field in part.fields:
                fields[field.name] = queue.o.payload[start:][: field.data_bits]
                start += field.data_bits
            others = [other.o.valid for _, other in parts if other is not queue]
            m.d.comb += queue.o.ready.eq(Cat(sink.ready, *others).all())
        m.d.comb += [
            sink.valid.eq(Cat(queue.o.valid for _, queue in parts).all()),
            Value.cast(sink.payload).eq(Cat(*(fields[field.name] for field in item.fields))),
        ]


def _connected(m: Module, given: Any, taken: Any) -> None:
    m.d.comb += [
        taken.valid.eq(given.valid),
        given.ready.eq(taken.ready),
        Value.cast(taken.payload).eq(Value.cast(given.payload)),
    ]
