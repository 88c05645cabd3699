"""A few reductions that a user's module and ours take, whatever the operands: as Verilog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
import numpy as np

from ...golden.errors import DesignError
from ...golden.formats import Format
from ...golden.streams import Beats, Field, Stream
from ...hw.text.emit import Emitted
from ..harness import Harness, harness
from ..pack import core_bits
from .hardware import Guest

#: The module that holds both.
TOP = "answers"

#: Bits of the operands of a lane of which all are looked at.
FEW_BITS = 16

#: Reductions behind the first, where there are many.
_MANY = 2

#: Trials of which the shortest are taken.
_DRAWN = 60

#: Fields that may hold anything; others are as trials have them.
_FREE = ("codes", "scales", "bias", "initial", "value")


@dataclass(frozen=True)
class Scenario:
    """What is sent, and how many results must come.

    Parameters
    ----------
    guest, ours : the user's hardware, and ours as it was emitted.
    trials : whose lengths and marks of ends are taken, not their data.
    alone : whether one lane, which may be any, has operands, and all others have zeros.
    fixed : whether operands are those of the trials, too.
    """

    guest: Guest
    ours: Emitted
    trials: Sequence[Any]
    alone: bool = False
    fixed: bool = False

    @property
    def by_lanes(self) -> bool:
        """Whether it is a beat of each stream, with codes of one vector and a zero among them, few
        enough bits a lane that all of its operands can be looked at."""
        fields = [stream.fields[0] for stream in self.sources]
        return (
            all(len(s.fields) == self.count(s) == 1 for s in self.sources)
            and all(f.kind == "codes" and f.vectors == 1 for f in fields)
            and len({f.lanes for f in fields}) == 1 < fields[0].lanes
            and sum(f.bits for f in fields) <= FEW_BITS
            and all(_zero(self.guest.own.holds(f)) is not None for f in fields)
        )

    @property
    def tried(self) -> Harness:
        return harness(self.guest)

    @property
    def sources(self) -> tuple[Stream, ...]:
        return self.guest.sources

    def count(self, stream: Stream) -> int:
        """Beats of a stream."""
        return len(self.tried.sent(stream, self.trials))

    @property
    def steps(self) -> int:
        return self.tried.steps(self.trials)

    def verilog(self, *, stalls: bool, limit: int = 0) -> str:
        """Both under the same beats.

        Parameters
        ----------
        stalls : whether sources and sink of the user's module may pause.
        limit : cycles without a pause after which all results have come.
        """
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("macsmith.sim.guest", "templates"),
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        sides = [
            self._result("mine", f"{self.guest.name}_core"),
            self._result("ours", self.ours.core),
        ]
        totals = {side["width"] * side["beats"] for side in sides}
        if len(totals) > 1:
            raise DesignError(f"results of {self.guest.name} are not as many as ours")
        return environment.get_template("answers.v.j2").render(
            top=TOP,
            mine=self.guest.name,
            ours=self.ours.name,
            sources=[self._source(stream) for stream in self.sources],
            mine_result=sides[0],
            ours_result=sides[1],
            total=totals.pop(),
            stalls=stalls,
            limit=limit,
            which=self.which,
        )

    # Results, each extended to the same width, its flags above.

    def _stream(self, side: str) -> Stream:
        return (self.guest if side == "mine" else self.ours.hardware).results[0]

    @property
    def wide(self) -> int:
        """Bits of a value."""
        sides = self._stream("mine"), self._stream("ours")
        return max(field.bits for stream in sides for field in stream.fields)

    @property
    def each(self) -> int:
        """Bits of a value with its flags."""
        return self.wide + max(len(field.flags) for field in self._stream("ours").fields)

    def values(self, side: str) -> int:
        """Results in a beat."""
        return sum(field.count for field in self._stream(side).fields)

    def beats(self, side: str) -> int:
        """Beats of results."""
        return len(self._answers(side))

    def _answers(self, side: str) -> Beats:
        """Results of the trials: as many, and marked alike, whatever is sent."""
        tried = harness(self.guest if side == "mine" else self.ours.hardware)
        return tried.sent(self._stream(side), self.trials)

    @property
    def bound(self) -> tuple[str, ...]:
        """Fields that hold what the trials have there, such as selections."""
        fields = [field for stream in self.sources for field in stream.fields]
        return tuple(f.name for f in fields if self.fixed or f.kind not in _FREE)

    @property
    def marked(self) -> bool:
        """Whether the user's results have marks of their ends."""
        return self._stream("mine").last

    def wanted(self, sent: Mapping[str, Beats]) -> list[int]:
        """The golden model's results for what is sent."""
        stream = self._stream("ours")
        beats = self.guest.own.answer(sent)[stream.name]
        found = []
        for beat in range(len(beats)):
            for field, values, flags in zip(stream.fields, beats.values, beats.flags, strict=True):
                for place in range(field.count):
                    mark = 0 if flags is None else int(flags[beat, place])
                    value = int(values[beat, place]) & ((1 << self.wide) - 1)
                    found.append(value | mark << self.wide)
        return found

    @property
    def which(self) -> int:
        """Bits of a lane's number; 0 where all lanes have operands."""
        return (self.sources[0].fields[0].lanes - 1).bit_length() if self.alone else 0

    def payloads(self, stream: Stream, number: int, lane: int = 0) -> list[int]:
        """The beats of a stream, ``last`` on top, of which ``number`` has the operands."""
        source = self._source(stream)
        if self.alone:
            place, bits = source["lane"] * lane, source["lane"]
            whole = source["zeros"] & ~((1 << bits) - 1 << place) | number << place
            number = whole & (1 << source["bits"]) - 1
        each, low = stream.data_bits, (1 << stream.data_bits) - 1
        number = number & source["free"] | source["constant"]
        ends = source["ends"]
        return [number >> each * n & low | (ends >> n & 1) << each for n in range(source["count"])]

    def _result(self, side: str, core: str) -> dict[str, Any]:
        """What the template needs of results."""
        stream, wide, texts, low = self._stream(side), self.wide, [], 0
        for field in stream.fields:
            for _ in range(field.count):
                texts.append(_extended(f"{side}_payload", field, low, wide, self.each))
                low += field.lane_bits
        return {
            "name": stream.name,
            "core": core,
            "payload": stream.payload_bits,
            "beats": self.beats(side),
            "last": stream.last,
            "ends": _number(self._answers(side).last),
            "texts": texts[::-1],
            "width": len(texts) * self.each,
        }

    def _source(self, stream: Stream) -> dict[str, Any]:
        """What the template needs of a stream of inputs."""
        beats = self.tried.sent(stream, self.trials)
        count, each = len(beats), stream.data_bits
        free = np.concatenate(
            [np.full(f.data_bits, not self.fixed and f.kind in _FREE) for f in stream.fields]
        )
        held = core_bits(stream, beats)[:, :each] & ~free
        return {
            "name": stream.name,
            "count": count,
            "each": each,
            "bits": count * each,
            "payload": stream.payload_bits,
            "last": stream.last,
            "free": _number(np.tile(free, count)),
            "constant": _number(held.reshape(-1)),
            "ends": _number(beats.last),
            **(self._lane(stream.fields[0]) if self.alone else {}),
        }

    def _lane(self, field: Field) -> dict[str, Any]:
        """Bits of a lane, and zeros in all."""
        zero = _zero(self.guest.own.holds(field)) or 0
        zeros = sum(zero << field.bits * lane for lane in range(field.lanes))
        return {"lane": field.bits, "zeros": zeros}


def _extended(wire: str, field: Field, low: int, wide: int, each: int) -> str:
    """A value of ``wire``, extended, its flags above it."""
    top, high = low + field.bits - 1, low + field.lane_bits - 1
    above = each - wide - len(field.flags)
    fill = f"{wire}[{top}]" if field.signed else "1'b0"
    parts = [f"{above}'d0"] if above else []
    parts += [f"{wire}[{high}:{top + 1}]"] if field.flags else []
    parts += [f"{{{wide - field.bits}{{{fill}}}}}"] if wide > field.bits else []
    return f"{{{', '.join([*parts, f'{wire}[{top}:{low}]'])}}}"


def _zero(held: object) -> int | None:
    """The code of zero, where a format of few bits has one."""
    if not isinstance(held, Format) or held.select_width or held.bits > FEW_BITS:
        return None
    try:
        values = [int(value) for value in held.integers(np.arange(1 << held.bits))]
    except (DesignError, ValueError):  # codes that stand for no number
        return None
    return values.index(0) if 0 in values else None


def _number(bits: Any) -> int:
    """Bits, the lowest first, as a number."""
    array = np.asarray(bits).astype(np.uint8)
    return int.from_bytes(np.packbits(array, bitorder="little").tobytes(), "little")


def shortest(guest: Guest) -> list[list[Any]]:
    """Trials of three scenarios: the shortest reduction alone; a longer one, and it behind that;
    and as many of both as fill what a module may keep."""
    tried = harness(guest)
    ordered = sorted(tried.stimuli(_DRAWN, 1), key=lambda trial: tried.steps([trial]))
    least = tried.steps(ordered[:1])
    longer = next((trial for trial in ordered if tried.steps([trial]) > least), ordered[0])
    return [ordered[:1], [longer, ordered[0]], [longer, *ordered[:_MANY]]]
