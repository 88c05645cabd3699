"""A chain of designs: their cores one behind the other, and what the joins need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import wiring

from ...golden.bounds import Range
from ...golden.description import Chain, Design, Engine
from ...golden.errors import DesignError
from ...golden.formats import Format
from ...golden.joins import Join
from ...golden.streams import Beats, Field, Stream
from ..arith.shared import Owned
from ..design import Hardware, Piece, StageRow
from .joining import entry, joined, needs
from .regroup import Regroup


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
        return tuple(dict.fromkeys([*inner, *(part.name for part in self.hardware)]))

    @property
    def parts(self) -> Mapping[str, str]:  # type: ignore[override]
        return {part.name: part.name for part in self.hardware}

    @property
    def work(self) -> str:  # type: ignore[override]
        return self.hardware[-1].work

    # Streams: those of the parts that no join takes, named apart where two have one name.

    @cached_property
    def outside(self) -> list[list[tuple[str, Stream]]]:
        """For each part its streams that stay, as (their name in the chain, as the part has it)."""
        stay, final = [], len(self.hardware) - 1
        for number, part in enumerate(self.hardware):
            taken = {self.entries[number - 1].name} if number else set()
            taken |= {part.results[0].name} if number < final else set()
            stay.append([stream for stream in part.streams if stream.name not in taken])
        counts = Counter(stream.name for streams in stay for stream in streams)
        return [
            [(f"{part.name}_{s.name}" if counts[s.name] > 1 else s.name, s) for s in streams]
            for part, streams in zip(self.hardware, stay, strict=True)
        ]

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        return tuple(replace(s, name=name) for part in self.outside for name, s in part)

    def _owner(self, field: Field) -> Hardware:
        for part, streams in zip(self.hardware, self.outside, strict=True):
            if any(field is held for _, stream in streams for held in stream.fields):
                return part
        raise DesignError(f"{self.name} has no field {field.name!r}")

    def component(self) -> wiring.Component:
        return ChainComponent(self)

    @property
    def latency(self) -> int:
        return sum(part.latency for part in self.hardware) + sum(map(self._wait, self.joins))

    @staticmethod
    def _wait(join: Join) -> int:
        return 0 if join.direct else 2

    @property
    def hold(self) -> int:
        return sum(part.hold for part in self.hardware) + sum(2 + j.leaving for j in self.joins)

    @property
    def drain(self) -> int:
        longest = sum(part.drain for part in self.hardware)
        return longest + sum(2 + join.cycles for join in self.joins)

    @property
    def rates(self) -> Mapping[str, int | float]:
        return self.hardware[-1].rates

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
            name: part.notes[stream.name]
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
                Piece(part, called, entry(part).name, needs(join))
                for part, called, join in zip(rest, names[1:], self.joins, strict=True)
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
                 "values_kept": 0 if join.direct else 2 * join.elements * join.vectors}
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
            results = part.answer(given)
        return results


class ChainComponent(wiring.Component):
    """The cores of a chain's parts, and what regroups beats between them.

    Parameters
    ----------
    hardware : :class:`ChainHardware`
    """

    def __init__(self, hardware: ChainHardware):
        self.hardware = hardware
        self.cores = [part.component() for part in hardware.hardware]
        ports = {}
        for core, streams in zip(self.cores, hardware.outside, strict=True):
            for name, item in streams:
                ports[name] = core.signature.members[item.name]
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m, hardware = Module(), self.hardware
        for part, core, streams in zip(
            hardware.hardware, self.cores, hardware.outside, strict=True
        ):
            m.submodules[part.name] = Owned(core, part.name)
            for name, item in streams:
                wiring.connect(m, wiring.flipped(getattr(self, name)), getattr(core, item.name))
        for number, join in enumerate(hardware.joins):
            first = hardware.hardware[number]
            source = getattr(self.cores[number], first.results[0].name)
            sink = getattr(self.cores[number + 1], hardware.entries[number].name)
            bits = first.results[0].fields[0].bits
            if join.direct:
                self._connect(m, join, bits, source, sink, number)
                continue
            m.submodules[f"regroup_{number}"] = regroup = Regroup(join, bits)
            values, last = _taken(first.results[0], source.payload)
            m.d.comb += [
                regroup.i.valid.eq(source.valid),
                source.ready.eq(regroup.i.ready),
                regroup.i.payload.values.eq(values),
                regroup.i.payload.last.eq(last),
            ]
            end = self._ends(m, join, regroup.o.valid & sink.ready, regroup.o.payload.last, number)
            m.d.comb += [
                sink.valid.eq(regroup.o.valid),
                regroup.o.ready.eq(sink.ready),
                Value.cast(sink.payload).eq(Cat(Value.cast(regroup.o.payload.values), end)),
            ]
        return m

    def _connect(
        self, m: Module, join: Join, bits: int, source: Any, sink: Any, number: int
    ) -> None:
        """A beat as a beat, its values in another order."""
        values, last = _taken(self.hardware.hardware[number].results[0], source.payload)
        order = [values[bits * n : bits * (n + 1)] for n in join.order().tolist()]
        end = self._ends(m, join, source.valid & sink.ready, last, number)
        m.d.comb += [
            sink.valid.eq(source.valid),
            source.ready.eq(sink.ready),
            Value.cast(sink.payload).eq(Cat(*order, end)),
        ]

    def _ends(self, m: Module, join: Join, taken: Value, last: Value, number: int) -> Value:
        """The mark of a reduction's end: as it comes, or every so many beats; weights have none."""
        if not self.hardware.entries[number].last:
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


def _taken(result: Stream, payload: Any) -> tuple[Value, Value]:
    """The values of a beat of results, and its ``last``."""
    whole = Value.cast(payload)
    return whole[: result.data_bits], whole[-1] if result.last else whole[:0].any()
