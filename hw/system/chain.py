"""A chain of designs: their cores one behind the other, and what the joins need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from amaranth.lib import wiring

from ...golden.bounds import Range
from ...golden.description import Chain, Design, Engine
from ...golden.errors import DesignError
from ...golden.formats import Format
from ...golden.joins import Beside
from ...golden.streams import Beats, Field, Stream, nothing
from ..design import Hardware, Piece, StageRow
from .component import ChainComponent, instance
from .joining import entry, joined, needs


class ChainHardware(Hardware):
    """Parts joined stream to stream.

    Parameters
    ----------
    design : :class:`Chain`
    built : makes the hardware of a part.

    Attributes
    ----------
    hardware : of each part.
    joins, entries : between each part and the next, and the stream that is fed there.
    """

    kind = "chain"

    def __init__(self, design: Chain, built: Callable[[Design], Hardware]):
        super().__init__(design)
        self.chain = design
        self.hardware = [built(part) for part in design.parts]
        lengths = (*design.lengths, *[0] * (len(self.hardware) - 1 - len(design.lengths)))
        words = (*design.into, *["activation"] * (len(self.hardware) - 1 - len(design.into)))
        self.entries = [
            entry(part, into) for part, into in zip(self.hardware[1:], words, strict=True)
        ]
        counted = [isinstance(part, Engine) for part in design.parts]
        self.joins = [
            joined(first, second, length, counted=any(counted[: number + 1]), into=into)
            for number, (first, second, length, into) in enumerate(
                zip(self.hardware, self.hardware[1:], lengths, words, strict=False)
            )
        ]

    # Modules that are kept, and costed: those of the parts, and the parts themselves.

    @property
    def kept(self) -> tuple[str, ...]:  # type: ignore[override]
        inner = [name for part in self.hardware for name in part.kept]
        return tuple(dict.fromkeys([*inner, *(instance(part) for part in self.hardware)]))

    @property
    def parts(self) -> Mapping[str, str]:  # type: ignore[override]
        return {instance(part): part.name for part in self.hardware}

    @property
    def main(self) -> int:
        """The number of the part whose work is counted: the engine that shapes the chain, else the
        last."""
        names = [part.name for part in self.hardware]
        return names.index(self.chain.shaped) if self.chain.shaped else len(names) - 1

    @property
    def work(self) -> str:  # type: ignore[override]
        return self.hardware[self.main].work

    # Streams: what no join takes of those of the parts, named apart where two have one name.

    @cached_property
    def outside(self) -> list[list[tuple[str, Stream]]]:
        """For each part what stays of its streams: their name in the chain, and as the part has
        them, less the field that a join fills."""
        stay, final = [], len(self.hardware) - 1
        for number, part in enumerate(self.hardware):
            taken = {self.entries[number - 1].name} if number else set()
            taken |= {part.results[0].name} if number < final else set()
            left = [self._left(number, s) for s in part.streams if s.name not in taken]
            stay.append([stream for stream in left if stream.fields])
        counts = Counter(stream.name for streams in stay for stream in streams)
        return [
            [(f"{part.name}_{s.name}" if counts[s.name] > 1 else s.name, s) for s in streams]
            for part, streams in zip(self.hardware, stay, strict=True)
        ]

    def filled(self, number: int) -> Beside | None:
        """The scales that a join brings to a part, if it does."""
        return self.joins[number - 1].beside if number else None

    def _left(self, number: int, stream: Stream) -> Stream:
        """A stream of a part without what a join brings."""
        beside = self.filled(number)
        if beside is None or beside.stream != stream.name:
            return stream
        taken = [field for field, *_ in beside.taken]
        return replace(stream, fields=tuple(f for f in stream.fields if f.name not in taken))

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        return tuple(replace(s, name=name) for part in self.outside for name, s in part)

    def _owner(self, field: Field) -> Hardware:
        for part, streams in zip(self.hardware, self.outside, strict=True):
            if any(field is held for _, stream in streams for held in stream.fields):
                return part
        raise DesignError(f"{self.name} has no field {field.name!r}")

    def component(self) -> wiring.Component:
        return ChainComponent(self.hardware, self.entries, self.joins, self.outside)

    @property
    def latency(self) -> int:
        return sum(part.latency for part in self.hardware) + sum(j.latency for j in self.joins)

    @property
    def hold(self) -> int:
        return sum(part.hold for part in self.hardware) + sum(
            2 + j.latency + j.leaving for j in self.joins
        )

    @property
    def drain(self) -> int:
        longest = sum(part.drain for part in self.hardware)
        return longest + sum(2 + join.latency + join.cycles for join in self.joins)

    @property
    def rates(self) -> Mapping[str, int | float]:
        return self.hardware[self.main].rates

    @property
    def approximate(self) -> list[str]:
        return [name for part in self.hardware for name in part.approximate]

    @property
    def summary(self) -> str:
        parts = " -> ".join(part.name for part in self.hardware)
        return f"{parts}: {'; '.join(part.summary for part in self.hardware)}"

    @property
    def notes(self) -> Mapping[str, str]:
        return {
            name: part.note(stream)
            for part, streams in zip(self.hardware, self.outside, strict=True)
            for name, stream in streams
        }

    @property
    def manual(self) -> tuple[str, ...]:
        found = []
        for part in self.hardware:
            found += [f"{part.name}: {paragraph}" for paragraph in part.manual]
        return (*found, *self._told())

    def _told(self) -> list[str]:
        """What each join needs."""
        return [
            f"{first.name} to {second.name}: {needs(join)}"
            for first, second, join in zip(
                self.hardware, self.hardware[1:], self.joins, strict=False
            )
        ]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        names = [{stream.name: name for name, stream in streams} for streams in self.outside]
        first, *rest = self.hardware
        return (
            Piece(first, names[0]),
            *(
                Piece(part, called, fed.name, needs(join))
                for part, called, fed, join in zip(
                    rest, names[1:], self.entries, self.joins, strict=True
                )
            ),
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        inner = [f"{part.name}: {line}" for part in self.hardware for line in part.remarks]
        return (*inner, *self._told())

    @property
    def facts(self) -> Mapping[str, Any]:
        return {
            "chain": [part.name for part in self.hardware],
            "joins": [
                {"beats": join.arriving, "become": join.leaving, "cycles": join.cycles,
                 "values_kept": join.kept}
                | ({"scales_kept": b.kept * b.count * len(b.taken)} if (b := join.beside) else {})
                for join in self.joins
            ],
        }  # fmt: skip

    @property
    def rows(self) -> tuple[StageRow, ...]:
        return tuple(
            replace(row, stage=f"{part.name}: {row.stage}")
            for part in self.hardware
            for row in part.rows
        )

    def format_of(self, field: Field) -> tuple[str, int | None]:
        return self._owner(field).format_of(field)

    def holds(self, field: Field) -> Format | Range:
        return self._owner(field).holds(field)

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        results: dict[str, Beats] = {}
        for number, (part, streams) in enumerate(zip(self.hardware, self.outside, strict=True)):
            given = {s.name: sent[name] for name, s in streams if not s.output}
            if number:
                [before] = results.values()
                given[self.entries[number - 1].name] = self.joins[number - 1].joined(before)
                if beside := self.filled(number):
                    [whole] = [s for s in part.sources if s.name == beside.stream]
                    scales = beside.all_joined(before)
                    held = given.get(whole.name)
                    if held is None:  # one without beats is there, too
                        held = nothing(len(scales[beside.field]))
                    for name in [*scales]:
                        more = scales.pop(name)
                        fields = tuple(f for f in whole.fields if f.name not in scales)
                        held = held.beside(replace(whole, fields=fields), name, more)
                    given[whole.name] = held
            results = part.answer(given)
        return results
