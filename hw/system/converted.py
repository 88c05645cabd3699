"""A design whose streams are packets of bytes, as wide as a DMA has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from amaranth.lib import wiring

from ...golden import packets
from ...golden.bounds import Range
from ...golden.description.axis_widths import AXIS_WIDTHS, Widths, check_names, width_of
from ...golden.formats import Format, lookup
from ...golden.packets import Record
from ...golden.streams import Beats, Field, Stream
from ..design import Hardware
from ..outside import PACKETS, SOME_PACKETS, Interface
from .around import Around
from .converter import Converted
from .interleaved import InterleavedHardware
from .layouts import interleaved, record_of

#: Cycles that a converter of each direction takes at most, but for the beats of its wider side.
_CYCLES = 4

#: The formats of a port's fields, by their kinds.
_OF_PORTS = {packets.BYTES: "uint8", packets.KEEP: "uint1"}


class ConvertedHardware(Around):
    """A design between converters of widths: every stream that has a width has one.

    Parameters
    ----------
    inner : the design itself.
    width : bits of all ports, or of some. Raises DesignError for streams that are not there.

    Attributes
    ----------
    sizes : bytes of each port, by name; 0 for a stream that stays as it is.
    """

    def __init__(self, inner: Hardware, width: int | Widths):
        super().__init__(inner)
        names = tuple(stream.name for stream in inner.streams)
        check_names(width, names)
        self.width = width
        self.sizes = {name: width_of(width, name) // 8 for name in names}
        self.records = {stream.name: Record(stream) for stream in inner.streams}
        self.carriers = inner.carriers if isinstance(inner, InterleavedHardware) else {}

    @property
    def interface(self) -> Interface:
        return PACKETS if all(self.sizes.values()) else SOME_PACKETS

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        return tuple(
            packets.port(item, size) if (size := self.sizes[item.name]) else item
            for item in self.within.streams
        )

    def component(self) -> wiring.Component:
        return Converted(self.within, self.sizes)

    # How long things take.

    def _slowest(self, outputs: bool) -> int:
        """Beats of the narrower side that one of the wider is, at most."""
        found = [
            max(-(-record.size // size), -(-size // record.size))
            for record, size in self._ported
            if record.stream.output is outputs
        ]
        return max(found, default=1)

    @property
    def _ported(self) -> list[tuple[Record, int]]:
        """The streams that have converters, and the bytes of their ports."""
        sizes = self.sizes
        return [(record, sizes[name]) for name, record in self.records.items() if sizes[name]]

    @property
    def latency(self) -> int:
        filled = [
            -(-size // record.size) - 1
            for record, size in self._ported
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
        size = self.sizes[name]
        each = Fraction(self.records[name].size, size) if size else Fraction(1)
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
        return f"{self.within.summary}; {self._kinds}, up to {more} cycles more"

    @property
    def for_dmas(self) -> bool:
        """Whether an AXI DMA takes each stream: also one as it is, of 8, 16, 32 … 1,024 bits
        without TUSER."""
        return not self._beyond_dmas

    @property
    def _beyond_dmas(self) -> list[str]:
        """The streams as they are that no AXI DMA takes."""
        records = [record for name, record in self.records.items() if not self.sizes[name]]
        return [
            record.stream.name
            for record in records
            if record.size & (record.size - 1)
            or 8 * record.size > AXIS_WIDTHS[1]
            or any(field.flags for field in record.stream.fields)
        ]

    @property
    def _kinds(self) -> str:
        """What ports there are, in words."""
        if isinstance(self.width, int):
            return f"AXI-Streams of {self.width} bits"
        told = [f"{name} of {8 * size} bits" for name, size in self.sizes.items() if size]
        plain = [name for name, size in self.sizes.items() if not size]
        rest = f"; as they are: {', '.join(plain)}" if plain else ""
        return f"AXI-Streams: {', '.join(told)}{rest}"

    @property
    def notes(self) -> Mapping[str, str]:
        return {name: self._note(name) for name in self.records}

    def _note(self, name: str) -> str:
        record, text = self.records[name], self.within.notes[name]
        if not self.sizes[name]:
            return text
        told = f"{text}; {record.size} byte{'s' * (record.size != 1)}"
        whole = record.stream.output and not record.stream.last
        return f"{told}, a packet each" if whole else told

    @property
    def manual(self) -> tuple[str, ...]:
        which, width = "Streams", f"{self.width} bits a beat"
        if not isinstance(self.width, int):
            sizes = {name: size for name, size in self.sizes.items() if size}
            which = "Streams with TKEEP"
            width = ", ".join(f"{8 * size} bits a beat of `{name}`" for name, size in sizes.items())
        return (*self.within.manual, MANUAL.format(which=which, width=width))

    @property
    def remarks(self) -> tuple[str, ...]:
        sizes = ", ".join(
            f"{name} {record.size} byte{'s' * (record.size != 1)}"
            for name, record in self.records.items()
            if self.sizes[name]
        )
        slow = [
            f"{name}: a beat of {record.size} bytes{', with its share of scales,' * ridden} takes "
            f"{float(self.cycles_of(name)):.4g} cycles of {8 * self.sizes[name]} bits"
            for name, record in self.records.items()
            if self.cycles_of(name) > 1
            for ridden in [name in self.carriers]
        ]
        return (
            *self.within.remarks,
            f"{self._kinds}: beats follow each other in memory, {sizes} each",
            *slow,
            *(
                f"no AXI DMA takes {name} as it is: no driver.py and no block_design.tcl, unless "
                "--axis-width gives it a width"
                for name in self._beyond_dmas
                if self.kind == "engine"
            ),
        )

    @property
    def facts(self) -> Mapping[str, Any]:
        return {
            **self.within.facts,
            "axis_width": self.width if isinstance(self.width, int) else self._widths,
            "records": {
                name: self._described(record)
                for name, record in self.records.items()
                if self.sizes[name] or not any(field.flags for field in record.stream.fields)
            },
        }

    @property
    def _widths(self) -> dict[str, int]:
        """Bits of the ports that have converters."""
        return {name: 8 * size for name, size in self.sizes.items() if size}

    def _described(self, record: Record) -> dict[str, Any]:
        """Where values lie in the bytes of a beat."""
        packet = "reduction" if record.stream.last else "beat"
        packet = packet if record.stream.output or record.stream.last else "any"
        if carrier := self.carriers.get(record.stream.name):
            return interleaved(carrier, self.alone.format_of)
        return record_of(record, self.within.format_of) | {"packet": packet}

    def format_of(self, field: Field) -> tuple[str, int | None]:
        if field.kind in _OF_PORTS:
            return _OF_PORTS[field.kind], None
        return self.within.format_of(field)

    def holds(self, field: Field) -> Format | Range:
        if field.kind in _OF_PORTS:
            return lookup(_OF_PORTS[field.kind])
        return self.within.holds(field)

    # The golden model: packets become beats, and beats packets.

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given = {item.name: self.opened(item, sent[item.name]) for item in self.within.sources}
        made = self.within.answer(given)
        return {item.name: self.packed(item, made[item.name]) for item in self.within.results}

    def opened(self, item: Stream, beats: Beats) -> Beats:
        """The beats of a core's stream that those of its port hold."""
        record = self.records[item.name]
        if not self.sizes[item.name]:
            return beats
        data, ends = packets.received(beats, record.size)
        return record.beats_of(data, ends & item.last)

    def packed(self, item: Stream, beats: Beats, ends: Sequence[bool] | None = None) -> Beats:
        """Beats of a core's stream as those of its port; ``ends`` of packets, where the stream
        itself does not mark them. A result without marks is a packet of its own."""
        size = self.sizes[item.name]
        if not size:
            return beats
        data = self.records[item.name].bytes_of(beats)
        marks = beats.last if item.last else np.full(len(beats), item.output)
        return packets.sent(data, marks if ends is None else np.asarray(ends), size)


#: How to use the ports, for who connects them.
MANUAL = (
    "{which} are packets of bytes, {width}, for DMAs: beats of the design follow each "
    "other in memory, little-endian, each in as few whole bytes as hold it. A packet has whole "
    "beats. Its last beat on the port may be short: TKEEP marks its bytes, the low ones, and TLAST "
    "ends the packet; the next begins a beat of its own. Where a stream has `last`, a packet is a "
    "reduction, else any number of beats; a packet without bytes is no packet."
)
