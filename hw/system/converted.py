"""A design whose streams are packets of bytes, as wide as a DMA has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from amaranth.lib import wiring

from ...golden import packets
from ...golden.formats import Format, lookup
from ...golden.packets import Record
from ...golden.streams import Beats, Field, Stream
from ..design import Hardware
from ..outside import PACKETS, Interface
from .around import Around
from .converter import Converted
from .interleaved import InterleavedHardware
from .layouts import interleaved, record_of

#: Cycles that a converter of each direction takes at most, but for the beats of its wider side.
_CYCLES = 4


class ConvertedHardware(Around):
    """A design between converters of widths: every stream has one.

    Parameters
    ----------
    inner : the design itself.
    width : bits of a port.
    """

    def __init__(self, inner: Hardware, width: int):
        super().__init__(inner)
        self.width, self.size = width, width // 8
        self.records = {stream.name: Record(stream) for stream in inner.streams}
        self.carriers = inner.carriers if isinstance(inner, InterleavedHardware) else {}

    @property
    def interface(self) -> Interface:
        return PACKETS

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        return tuple(packets.port(item, self.size) for item in self.within.streams)

    def component(self) -> wiring.Component:
        return Converted(self.within, self.size)

    # How long things take.

    def _slowest(self, outputs: bool) -> int:
        """Beats of the narrower side that one of the wider is, at most."""
        found = [
            max(-(-record.size // self.size), -(-self.size // record.size))
            for record in self.records.values()
            if record.stream.output is outputs
        ]
        return max(found)

    @property
    def latency(self) -> int:
        filled = [
            -(-self.size // record.size) - 1
            for record in self.records.values()
            if record.stream.output and record.stream.last
        ]
        return self.within.latency + self.more + max(filled, default=0)

    @property
    def more(self) -> int:
        """Cycles that converters add at most, but for those in which a beat of results fills up."""
        return 2 * _CYCLES

    @property
    def hold(self) -> int:
        return self.within.hold + self._inside

    @property
    def drain(self) -> int:
        return self.within.drain + self._inside

    @property
    def _inside(self) -> int:
        """Cycles in which what is held in converters moves on."""
        pace = int(self.within.facts.get("cycles_per_step", 1))
        return self._slowest(False) * pace + self._slowest(True) + 4 * _CYCLES

    def cycles_of(self, name: str) -> Fraction:
        """Cycles that a beat of a core's stream takes on its port, packets' ends aside; with its
        share of what stands in front of it."""
        each = Fraction(self.records[name].size, self.size)
        if name not in self.carriers or (more := self.carriers[name].pace()) == 1:
            return each
        return more * max(each, Fraction(1))

    @property
    def beat_cycles(self) -> Mapping[Stream, Fraction]:
        return {record.stream: self.cycles_of(name) for name, record in self.records.items()}

    @property
    def full_rate(self) -> bool:
        """Whether every port holds a beat of its stream, so that none is ever waited for."""
        return all(self.cycles_of(name) <= 1 for name in self.records)

    @property
    def rates(self) -> Mapping[str, int | float]:
        """At the pace of the ports, where these set it."""
        step = int(self.within.facts.get("cycles_per_step", 1))
        slowest = max(
            [self.cycles_of(s.name) for s in self.within.sources if s.per == "step"], default=1
        )
        slower = max(Fraction(slowest) / step, Fraction(1))
        return {
            name: rate if slower == 1 else float(rate / slower)
            for name, rate in self.within.rates.items()
        }

    # What is said of it.

    @property
    def summary(self) -> str:
        more = self.latency - self.within.latency
        told = f"AXI-Streams of {self.width} bits, up to {more} cycles more"
        return f"{self.within.summary}; {told}"

    @property
    def notes(self) -> Mapping[str, str]:
        return {name: self._note(name) for name in self.records}

    def _note(self, name: str) -> str:
        record, text = self.records[name], self.within.notes[name]
        told = f"{text}; {record.size} byte{'s' * (record.size != 1)}"
        whole = record.stream.output and not record.stream.last
        return f"{told}, a packet each" if whole else told

    @property
    def manual(self) -> tuple[str, ...]:
        return (*self.within.manual, MANUAL.format(width=self.width))

    @property
    def remarks(self) -> tuple[str, ...]:
        sizes = ", ".join(
            f"{name} {record.size} byte{'s' * (record.size != 1)}"
            for name, record in self.records.items()
        )
        slow = [
            f"{name}: a beat of {record.size} bytes{', with its share of scales,' * ridden} takes "
            f"{float(self.cycles_of(name)):.4g} cycles of {self.width} bits"
            for name, record in self.records.items()
            if self.cycles_of(name) > 1
            for ridden in [name in self.carriers]
        ]
        return (
            *self.within.remarks,
            f"AXI-Streams of {self.width} bits: beats follow each other in memory, {sizes} each",
            *slow,
        )

    @property
    def facts(self) -> Mapping[str, Any]:
        return {
            **self.within.facts,
            "axis_width": self.width,
            "records": {name: self._described(record) for name, record in self.records.items()},
        }

    def _described(self, record: Record) -> dict[str, Any]:
        """Where values lie in the bytes of a beat."""
        packet = "reduction" if record.stream.last else "beat"
        packet = packet if record.stream.output or record.stream.last else "any"
        if carrier := self.carriers.get(record.stream.name):
            return interleaved(carrier, self.alone.format_of)
        return record_of(record, self.within.format_of) | {"packet": packet}

    def format_of(self, field: Field) -> tuple[str, int | None]:
        return self.holds(field).name, None

    def holds(self, field: Field) -> Format:
        return lookup("uint8" if field.kind == packets.BYTES else "uint1")

    # The golden model: packets become beats, and beats packets.

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given = {item.name: self.opened(item, sent[item.name]) for item in self.within.sources}
        made = self.within.answer(given)
        return {item.name: self.packed(item, made[item.name]) for item in self.within.results}

    def opened(self, item: Stream, beats: Beats) -> Beats:
        """The beats of a core's stream that those of its port hold."""
        record = self.records[item.name]
        data, ends = packets.received(beats, record.size)
        return record.beats_of(data, ends & item.last)

    def packed(self, item: Stream, beats: Beats, ends: Sequence[bool] | None = None) -> Beats:
        """Beats of a core's stream as those of its port; ``ends`` of packets, where the stream
        itself does not mark them. A result without marks is a packet of its own."""
        data = self.records[item.name].bytes_of(beats)
        marks = beats.last if item.last else np.full(len(beats), item.output)
        return packets.sent(data, marks if ends is None else np.asarray(ends), self.size)


#: How to use the ports, for who connects them.
MANUAL = (
    "Streams are packets of bytes, {width} bits a beat, for DMAs: beats of the design follow each "
    "other in memory, little-endian, each in as few whole bytes as hold it. A packet has whole "
    "beats. Its last beat on the port may be short: TKEEP marks its bytes, the low ones, and TLAST "
    "ends the packet; the next begins a beat of its own. Where a stream has `last`, a packet is a "
    "reduction, else any number of beats; a packet without bytes is no packet."
)
