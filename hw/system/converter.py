"""Between a stream of a core and a port of bytes that a DMA takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Cat, Const, Module, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.packets import BYTES, KEEP, Record
from ...golden.streams import Stream
from ..arith.shared import Owned
from ..design import Hardware
from ..units.buffer import Buffer
from .component import instance
from .narrow import Narrow
from .turned import layout
from .widen import Widen


def port_layout(size: int) -> data.StructLayout:
    """A beat of a port: its bytes, which of them count, and whether it is its packet's last."""
    return data.StructLayout({BYTES: 8 * size, KEEP: size, "last": 1})


class Regrip(wiring.Component):
    """Packets in beats of ``given`` bytes as packets in beats of ``made``, of one mask bit a byte.

    Parameters
    ----------
    given, made : bytes of a beat.
    short : whether it is the beats that leave of which the last may be short, else those that come.

    Members
    -------
    i, o : beats as :func:`.turned.layout` has them.
    """

    def __init__(self, given: int, made: int, *, short: bool):
        self.given, self.made, self.short = given, made, short
        super().__init__(
            {
                "i": In(stream.Signature(layout(given, given))),
                "o": Out(stream.Signature(layout(made, made))),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, given, made = Module(), self.given, self.made
        if given == made:
            m.submodules.slots = slots = Buffer(self.i.payload.shape())
            wiring.connect(m, wiring.flipped(self.i), slots.i)
            wiring.connect(m, slots.o, wiring.flipped(self.o))
            return m
        kind = Narrow if made < given else Widen
        m.submodules.beats = beats = kind(given, made, short=self.short)
        grain = beats.grain
        m.d.comb += [
            beats.i.valid.eq(self.i.valid),
            self.i.ready.eq(beats.i.ready),
            beats.i.payload.data.eq(self.i.payload.data),
            beats.i.payload.keep.eq(Cat(self.i.payload.keep[::grain])),
            beats.i.payload.last.eq(self.i.payload.last),
            self.o.valid.eq(beats.o.valid),
            beats.o.ready.eq(self.o.ready),
            self.o.payload.data.eq(beats.o.payload.data),
            self.o.payload.keep.eq(Cat(bit.replicate(grain) for bit in beats.o.payload.keep)),
            self.o.payload.last.eq(beats.o.payload.last),
        ]
        return m


class FromPort(wiring.Component):
    """A port's bytes as beats of a core's stream.

    Parameters
    ----------
    item : the core's stream.
    size : bytes of the port.

    Members
    -------
    i : beats as :func:`port_layout` has them.
    o : the core's payload.
    """

    def __init__(self, item: Stream, size: int):
        self.record, self.size = Record(item), size
        super().__init__(
            {
                "i": In(stream.Signature(port_layout(size))),
                "o": Out(stream.Signature(item.payload_bits)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, record = Module(), self.record
        m.submodules.regrip = regrip = Regrip(self.size, record.size, short=False)
        whole = regrip.o.payload.data
        values = [whole[place.low : place.low + place.bits] for place in record.places]
        last = [regrip.o.payload.last] if record.stream.last else []
        m.d.comb += [
            regrip.i.valid.eq(self.i.valid),
            self.i.ready.eq(regrip.i.ready),
            Value.cast(regrip.i.payload).eq(Value.cast(self.i.payload)),
            self.o.valid.eq(regrip.o.valid),
            regrip.o.ready.eq(self.o.ready),
            self.o.payload.eq(Cat(*values, *last)),
        ]
        return m


class ToPort(wiring.Component):
    """Beats of a core's stream as a port's bytes; where nothing marks an end, each is a packet.

    Parameters
    ----------
    item : the core's stream.
    size : bytes of the port.

    Members
    -------
    i : the core's payload.
    o : beats as :func:`port_layout` has them.
    """

    def __init__(self, item: Stream, size: int):
        self.record, self.size = Record(item), size
        super().__init__(
            {
                "i": In(stream.Signature(item.payload_bits)),
                "o": Out(stream.Signature(port_layout(size))),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, record = Module(), self.record
        m.submodules.regrip = regrip = Regrip(record.size, self.size, short=True)
        payload = self.i.payload
        whole: list[Value] = [Const(0, 1)] * (8 * record.size)
        for place in record.places:
            value = payload[place.core : place.core + place.bits]
            above = value[-1] if place.signed else Const(0, 1)
            bits = [*value, *[above] * (place.wide - place.bits)]
            whole[place.low : place.low + place.wide] = bits
        m.d.comb += [
            regrip.i.valid.eq(self.i.valid),
            self.i.ready.eq(regrip.i.ready),
            regrip.i.payload.data.eq(Cat(whole)),
            regrip.i.payload.keep.eq(-1),
            regrip.i.payload.last.eq(payload[-1] if record.stream.last else 1),
            self.o.valid.eq(regrip.o.valid),
            regrip.o.ready.eq(self.o.ready),
            Value.cast(self.o.payload).eq(Value.cast(regrip.o.payload)),
        ]
        return m


class Converted(wiring.Component):
    """A core, and a converter at each of its streams that has a port of bytes.

    Parameters
    ----------
    inner : the hardware of the core.
    sizes : bytes of each port, by the stream's name; 0 leaves a stream as the core has it.

    Members
    -------
    streams as the core has them, those of ports with beats as :func:`port_layout` has them.
    """

    def __init__(self, inner: Hardware, sizes: Mapping[str, int]):
        self.inner, self.sizes = inner, sizes
        self.core = inner.component()
        super().__init__({item.name: self._member(item) for item in inner.streams})

    def _member(self, item: Stream) -> Any:
        if not self.sizes[item.name]:
            return self.core.signature.members[item.name]
        signature = stream.Signature(port_layout(self.sizes[item.name]))
        return Out(signature) if item.output else In(signature)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        if self.inner is self.inner.alone:
            m.submodules[instance(self.inner)] = Owned(self.core, self.inner.name)
        else:  # which has the design as a part of that name
            m.submodules.inner = self.core
        for item in self.inner.streams:
            outside, inside = getattr(self, item.name), getattr(self.core, item.name)
            size = self.sizes[item.name]
            if not size:
                wiring.connect(m, wiring.flipped(outside), inside)
                continue
            kind = ToPort if item.output else FromPort
            m.submodules[f"{item.name}_port"] = converter = kind(item, size)
            sides = (inside, outside) if item.output else (outside, inside)
            for given, taken in ((sides[0], converter.i), (converter.o, sides[1])):
                m.d.comb += [
                    taken.valid.eq(given.valid),
                    given.ready.eq(taken.ready),
                    Value.cast(taken.payload).eq(Value.cast(given.payload)),
                ]
        return m
