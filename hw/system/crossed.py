"""A design in a die of its own: all its streams cross a border."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import wiring

from ...golden.bounds import Range
from ...golden.formats import Format
from ...golden.streams import Beats, Field, Stream
from ..arith.shared import Owned
from ..design import Hardware
from ..outside import Interface
from .around import Around
from .component import instance
from .crossing import Crossing, Way


class CrossedHardware(Around):
    """A design whose streams cross borders of dies, each as :class:`.crossing.Crossing` does.

    Parameters
    ----------
    inner : the design itself.
    borders : how many lie between it and its ports.
    """

    def __init__(self, inner: Hardware, borders: int):
        super().__init__(inner)
        self.way = Way(borders)

    @property
    def interface(self) -> Interface:
        return self.within.interface

    @property
    def streams(self) -> tuple[Stream, ...]:
        return self.within.streams

    @property
    def beat_cycles(self) -> Mapping[Stream, Fraction]:
        return self.within.beat_cycles

    def component(self) -> wiring.Component:
        return Crossed(self.within, self.way)

    # How long things take.

    @property
    def more(self) -> int:
        """Cycles on the way in and out."""
        return 2 * self.way.latency

    @property
    def latency(self) -> int:
        return self.within.latency + self.more

    @property
    def hold(self) -> int:
        return self.within.hold + self.more + self._waiting

    @property
    def drain(self) -> int:
        return self.within.drain + self.more + self._waiting

    @property
    def _waiting(self) -> int:
        """Cycles in which what waits in queues moves on, at the pace of the design."""
        pace = int(self.within.facts.get("cycles_per_step", 1))
        return self.way.depth * (pace + self.within.drain - self.within.latency)

    # What is said of it.

    @property
    def summary(self) -> str:
        return f"{self.within.summary}; {self._where}, {self.more} cycles more"

    @property
    def _where(self) -> str:
        many = self.way.borders
        return f"{many} border{'s' * (many > 1)} of dies before its streams"

    @property
    def remarks(self) -> tuple[str, ...]:
        wires, way = self._wires, self.way
        told = ", ".join(f"{name} {count:,}" for name, count in wires.items())
        return (
            *self.within.remarks,
            f"{self._where}: {sum(wires.values()):,} wires cross each ({told}); a stream takes "
            f"{way.latency} cycles, and waits in a queue of {way.depth}",
        )

    @property
    def _wires(self) -> dict[str, int]:
        """Wires between dies: a stream's beat, its valid and its ready."""
        return {item.name: item.payload_bits + 2 for item in self.streams}

    @property
    def facts(self) -> Mapping[str, Any]:
        return {
            **self.within.facts,
            "die_crossings": self.way.borders,
            "crossing_wires": self._wires,
        }

    def format_of(self, field: Field) -> tuple[str, int | None]:
        return self.within.format_of(field)

    def holds(self, field: Field) -> Format | Range:
        return self.within.holds(field)

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        return self.within.answer(sent)


def in_one_die(hardware: Hardware) -> Hardware:
    """What is behind the crossings, where there are any."""
    return hardware.within if isinstance(hardware, CrossedHardware) else hardware


class Crossed(wiring.Component):
    """A core, and a crossing at each of its streams.

    Parameters
    ----------
    inner : the hardware of the core.
    way : over which borders.

    Members
    -------
    streams as the core has them.
    """

    def __init__(self, inner: Hardware, way: Way):
        self.inner, self.way = inner, way
        self.core = inner.component()
        super().__init__({s.name: self.core.signature.members[s.name] for s in inner.streams})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        if self.inner is self.inner.alone:
            m.submodules[instance(self.inner)] = Owned(self.core, self.inner.name)
        else:  # which has the design as a part of that name
            m.submodules.inner = self.core
        for item in self.inner.streams:
            outside, inside = getattr(self, item.name), getattr(self.core, item.name)
            crossing = Crossing(item.payload_bits, self.way)
            m.submodules[f"{item.name}_crossing"] = crossing
            first, last = (inside, outside) if item.output else (outside, inside)
            for given, taken in ((first, crossing.i), (crossing.o, last)):
                m.d.comb += [
                    taken.valid.eq(given.valid),
                    given.ready.eq(taken.ready),
                    Value.cast(taken.payload).eq(Value.cast(given.payload)),
                ]
        return m
