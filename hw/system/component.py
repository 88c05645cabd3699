"""The component of a chain: cores one behind the other, and what stands between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.joins import Beside, Join
from ...golden.streams import Stream
from ..arith.shared import Owned
from ..design import Hardware
from ..scale.queue import Queue
from .regroup import Regroup


def instance(part: Hardware) -> str:
    """What a part's module is called: as no module inside a part is, whatever the part's name."""
    return f"part_{part.name}"


class ChainComponent(wiring.Component):
    """The cores of a chain's parts, and what regroups beats between them.

    Parameters
    ----------
    parts : of the chain, in order.
    entries, joins : between each part and the next, the stream that is fed and how.
    outside : for each part its ports, by name, and what they have of its streams.

    Members
    -------
    streams, as ``outside`` has them.
    """

    def __init__(
        self,
        parts: Sequence[Hardware],
        entries: Sequence[Stream],
        joins: Sequence[Join],
        outside: Sequence[Sequence[tuple[str, Stream]]],
    ):
        self.parts, self.entries, self.joins, self.outside = parts, entries, joins, outside
        self.cores = [part.component() for part in parts]
        ports = {}
        for part, core, streams in zip(parts, self.cores, outside, strict=True):
            for name, item in streams:
                whole = item in part.streams
                ports[name] = core.signature.members[item.name] if whole else _port(item)
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        for part, core, streams in zip(self.parts, self.cores, self.outside, strict=True):
            m.submodules[instance(part)] = Owned(core, part.name)
            for name, item in streams:
                if item in part.streams:
                    wiring.connect(m, wiring.flipped(getattr(self, name)), getattr(core, item.name))
        for number, join in enumerate(self.joins):
            first, fed = self.parts[number], self.entries[number]
            source = getattr(self.cores[number], first.results[0].name)
            sink = getattr(self.cores[number + 1], fed.name)
            given = Flow.of(first.results[0], source)
            if join.beside:
                given = self._scaled(m, join.beside, given, number)
            if not join.direct:
                given = self._regrouped(m, join, first.results[0].fields[0].bits, given, number)
            values = given.values
            if join.direct:
                each = first.results[0].fields[0].lane_bits
                values = Cat(*(values.word_select(n, each) for n in join.order().tolist()))
            end = self._ends(m, join, given.valid & sink.ready, given.last, number)
            m.d.comb += [
                sink.valid.eq(given.valid),
                given.ready.eq(sink.ready),
                Value.cast(sink.payload).eq(Cat(values, end)),
            ]
        return m

    def _regrouped(self, m: Module, join: Join, bits: int, given: Flow, number: int) -> Flow:
        """Beats in another order, or of other sizes."""
        m.submodules[f"regroup_{number}"] = regroup = Regroup(join, bits)
        m.d.comb += [
            regroup.i.valid.eq(given.valid),
            given.ready.eq(regroup.i.ready),
            regroup.i.payload.values.eq(given.values),
            regroup.i.payload.last.eq(given.last),
        ]
        made = regroup.o
        return Flow(made.valid, made.ready, Value.cast(made.payload.values), made.payload.last)

    def _ends(self, m: Module, join: Join, taken: Value, last: Value, number: int) -> Value:
        """The mark of a reduction's end: as it comes, or every so many beats; weights have none."""
        if not self.entries[number].last:
            return Const(0, 0)
        if not join.every:
            return last
        count = Signal(range(max(join.every, 2)), name=f"beats_{number}")
        end = count == join.every - 1
        with m.If(taken):
            m.d.sync += count.eq(count + 1)
            with m.If(end):
                m.d.sync += count.eq(0)
        return end

    # Scales that come beside values.

    def _scaled(self, m: Module, beside: Beside, given: Flow, number: int) -> Flow:
        """``given``, of whose blocks each hands its scales to where they are used.

        A block begins when there is room for its scales.
        """
        queue = Queue(beside.width, beside.kept)
        m.submodules[f"scales_{number}"] = queue
        first = self._firsts(m, beside, given, number)
        free, ready = Signal(name=f"free_{number}"), Signal(name=f"taken_{number}")
        m.d.comb += [
            free.eq(~first | queue.i.ready),
            given.ready.eq(ready & free),
            queue.i.valid.eq(given.valid & ready & first),
            queue.i.payload.eq(given.beside),
        ]
        self._filled(m, beside, queue, number + 1)
        return Flow(given.valid & free, ready, given.values, given.last)

    def _firsts(self, m: Module, beside: Beside, given: Flow, number: int) -> Value:
        """Whether a beat is the first of its block."""
        if beside.every == 1:
            return Const(1, 1)
        inside, ends = Signal(name=f"inside_{number}"), given.last
        with m.If(given.valid & given.ready):
            if beside.every:
                count = Signal(range(beside.every), name=f"block_{number}")
                ends = ends | (count == beside.every - 1)
                m.d.sync += count.eq(count + 1)
                with m.If(ends):
                    m.d.sync += count.eq(0)
            m.d.sync += inside.eq(~ends)
        return ~inside

    def _filled(self, m: Module, beside: Beside, queue: Queue, number: int) -> None:
        """A part's stream of scales, made of those from the queue and those from outside."""
        part, core = self.parts[number], self.cores[number]
        [whole] = [stream for stream in part.sources if stream.name == beside.stream]
        sink = getattr(core, whole.name)
        there, fields = Const(1, 1), dict[str, Value]()
        for name, item in self.outside[number]:
            if item.name == whole.name:
                port = getattr(self, name)
                there = port.valid
                fields = {field.name: Value.cast(port.payload[field.name]) for field in item.fields}
                m.d.comb += port.ready.eq(queue.o.valid & sink.ready)
        start = 0
        for field, _, bits in beside.taken:
            fields[field] = queue.o.payload[start:][: beside.count * bits]
            start += beside.count * bits
        m.d.comb += [
            sink.valid.eq(there & queue.o.valid),
            queue.o.ready.eq(there & sink.ready),
            Value.cast(sink.payload).eq(Cat(*(fields[field.name] for field in whole.fields))),
        ]


class Flow:
    """A stream between two parts, by its signals.

    Parameters
    ----------
    valid, ready : of a beat.
    values, last : of a beat; where nothing marks an end, ``last`` is low.
    beside : what comes with the values.
    """

    def __init__(
        self, valid: Value, ready: Value, values: Value, last: Value, beside: Value | None = None
    ):
        self.valid, self.ready, self.values, self.last = valid, ready, values, last
        self.beside = Const(0, 0) if beside is None else beside

    @classmethod
    def of(cls, result: Stream, source: Any) -> Flow:
        """The results of a part."""
        whole, bits = Value.cast(source.payload), result.fields[0].data_bits
        last = whole[-1] if result.last else Const(0, 1)
        values, beside = whole[:bits], whole[bits : result.data_bits]
        return cls(source.valid, source.ready, values, last, beside)


def _port(item: Stream) -> In | Out:
    """A port for what is left of a stream."""
    fields = {field.name: field.data_bits for field in item.fields}
    fields |= {"last": 1} if item.last else {}
    signature = stream.Signature(data.StructLayout(fields))
    return Out(signature) if item.output else In(signature)
