"""An engine whose scales ride in front of their codes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from amaranth.lib import wiring

from ...golden.bounds import Range
from ...golden.formats import Format, lookup
from ...golden.interleave import carriers, whole
from ...golden.packets import BYTES, Record
from ...golden.streams import Beats, Field, Stream
from ..engine.hardware import EngineHardware
from .around import Around
from .riders import Interleaved
from .scales import waiting


class InterleavedHardware(Around):
    """An engine behind what takes scales out of the streams of codes.

    Parameters
    ----------
    inner : the engine.

    Attributes
    ----------
    carriers : by name, the streams of codes that scales ride in.
    """

    within: EngineHardware
    timed = False

    def __init__(self, inner: EngineHardware):
        super().__init__(inner)
        found = carriers(inner.streams, inner.plan.group_steps)
        self.carriers = {item.stream.name: item for item in found if item.riders}

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        riding = {item.name for carrier in self.carriers.values() for item in carrier.riders}
        return tuple(
            self.carriers[item.name].units if item.name in self.carriers else item
            for item in self.within.streams
            if item.name not in riding
        )

    def component(self) -> wiring.Component:
        return Interleaved(self.within, self.streams, self.carriers, self._depths())

    def _depths(self) -> dict[str, int]:
        """How many beats of each stream of scales wait between their codes and their use."""
        plan = self.within.plan
        group = (plan.group_steps or 0) * self.within.engine.lanes()
        return {
            item.name: waiting(plan, group if item == carrier.often else 0)
            for carrier in self.carriers.values()
            for item in carrier.riders
        }

    # How long things take: what stands in front comes first, and scales wait a cycle.

    @property
    def latency(self) -> int:
        return self.within.latency + 1

    @property
    def _front(self) -> int:
        return 2 + max(item.once_units + item.often_units for item in self.carriers.values())

    @property
    def hold(self) -> int:
        return self.within.hold + self._front

    @property
    def drain(self) -> int:
        return self.within.drain + self._front

    # What is said of it.

    @property
    def notes(self) -> Mapping[str, str]:
        return {item.name: self._note(item) for item in self.streams}

    def _note(self, item: Stream) -> str:
        told = self.within.notes[item.name]
        if item.name not in self.carriers:
            return told
        carrier = self.carriers[item.name]
        once = [f"{one.name} in front of each reduction" for one in carrier.once]
        often = [f"{carrier.often.name} in front of their groups"] if carrier.often else []
        return "; ".join([told, *once, *often])

    @property
    def manual(self) -> tuple[str, ...]:
        return (*self.within.manual, MANUAL)

    @property
    def remarks(self) -> tuple[str, ...]:
        return (*self.within.remarks, *map(self._remark, self.carriers))

    def _remark(self, name: str) -> str:
        carrier = self.carriers[name]
        told = []
        if carrier.once:
            size = sum(Record(item).size for item in carrier.once)
            told.append(f"{_beats(carrier.once_units)} with {size} bytes in front of a reduction")
        if carrier.often:
            size, count = Record(carrier.often).size * carrier.groups, carrier.groups
            codes = count * carrier.steps
            what = "each group" if count == 1 else f"every {count} groups"
            told.append(
                f"{_beats(carrier.often_units)} with {size} bytes of scales in front of "
                f"{_beats(codes)} of codes, {what}"
            )
        return f"{name}, of {carrier.size} bytes a beat: " + "; ".join(told)

    def format_of(self, field: Field) -> tuple[str, int | None]:
        return ("uint8", None) if field.kind == BYTES else self.within.format_of(field)

    def holds(self, field: Field) -> Format | Range:
        return lookup("uint8") if field.kind == BYTES else self.within.holds(field)

    # The golden model.

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given, riding = dict(sent), dict[str, list[tuple[Stream, Beats]]]()
        for name, carrier in self.carriers.items():
            parts = carrier.parted(sent[name].values[0], sent[name].last)
            given[name] = parts[name]
            for item in carrier.riders:
                riding.setdefault(item.name, []).append((item, parts[item.name]))
        for item in self.within.sources:
            if item.name in riding:
                given[item.name] = whole(item, riding[item.name])
        return self.within.answer(given)


def _beats(count: int) -> str:
    return f"{count} beat{'s' * (count != 1)}"


#: How to use the streams, for who connects them.
MANUAL = (
    "Scales ride in front of the codes that they scale, in beats of the codes' size, filled up "
    "with zero: first what is used once a reduction, then the scales of a few groups, then the "
    "codes of these groups, then the next scales. A packet that something stands in front of once "
    "is a reduction; else it is any number of whole groups, and its last scales may be more than "
    "its groups: the rest is not looked at."
)
