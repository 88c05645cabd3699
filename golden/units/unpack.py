"""A stored matrix as codes and scales: bytes as they lie in memory on the way to an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import lcm
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .. import storage
from ..description.operand import Span
from ..description.unit import UNITS, Unit
from ..formats import Format, lookup
from ..storage import Mapped, Part
from ..streams import Beats, Field, Stream
from ..tensor import Quantized
from . import unpack_rules as rules
from . import unpack_trials as trials
from .unpack_words import Words

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Unpack(Unit):
    """Codes and scales of a matrix whose bytes come in, in beats of a memory's port.

    Every array of the scheme is a stream of its own. Its bytes are those of whole blocks, one after
    the other, wherever beats begin and end: blocks go along K, and of each column of blocks those
    of ``rows`` rows follow each other. So with one row they stand as in a GGUF file, whose next row
    follows when one is finished.

    The answer is that of :func:`.storage.unpack`. A beat of results holds ``lanes`` elements of
    each row, and beside them the scales that they have, in every beat.

    Parameters
    ----------
    scheme : the name of a storage scheme.
    port : bits of a beat of bytes, a power of two.
    rows : rows of weights side by side.
    lanes : elements of a row in a beat of results.
    k : elements along K of a row, of which results mark the last; 0: any number, and no marks.
        Schemes with a scale for a whole row need it.
    """

    kind: ClassVar[str] = "unpack"

    scheme: str = "q4_0"
    port: int = 512
    rows: int = 1
    lanes: int = 16
    k: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        rules.check(self)

    # What follows from the parameters.

    @cached_property
    def stored(self) -> Mapped:
        """The scheme."""
        found = storage.lookup(self.scheme)
        assert isinstance(found, Mapped)  # after __post_init__
        return found

    @property
    def bytes(self) -> int:
        """Of a beat of a port."""
        return self.port // 8

    @cached_property
    def words(self) -> dict[str, Words]:
        """The words of each part, by its name."""
        return {part.name: self._words(part) for part in self.stored.parts}

    def _words(self, part: Part) -> Words:
        return Words(part, self.rows, self.lanes, self.k)

    @property
    def codes(self) -> dict[str, Format]:
        """What elements have, by the name of its field."""
        return self.stored.operand.codes

    @property
    def beside(self) -> dict[str, tuple[Format, Span]]:
        """What several elements share, by the name of its field, and which elements."""
        operand = self.stored.operand
        found = {level.name: (level.format, level.span) for level in operand.levels}
        if operand.select:
            found["select"] = lookup(f"uint{operand.select.width}"), operand.select.span
        return found

    def shared(self, span: Span) -> tuple[int, int]:
        """How many of what a span shares a beat holds: along a column, and along a row."""
        down = self.rows // span.rows if span.rows else 1
        return down, self.lanes // span.columns if span.columns else 1

    @property
    def streams(self) -> tuple[Stream, ...]:
        sources = [
            Stream(name, False, "port", (Field(name, "codes", 0, name, 1, self.bytes, 8),))
            for name in self.words
        ]
        fields = [
            Field(name, "codes", 0, name, self.rows, self.lanes, fmt.bits)
            for name, fmt in self.codes.items()
        ]
        for name, (fmt, span) in self.beside.items():
            down, along = self.shared(span)
            kind = "select" if name == "select" else "scales"
            fields.append(Field(name, kind, 0, name, down, max(along, 1), fmt.bits))
        return (*sources, Stream("result", True, "step", tuple(fields), last=True))

    def formats(self, field: Field) -> tuple[str, int | None]:
        return self.holds(field).name, None

    def holds(self, field: Field) -> Format:
        """The format of a field's codes."""
        if field.array in self.words:
            return lookup("uint8")
        held = {name: fmt for name, (fmt, _) in self.beside.items()}
        return {**self.codes, **held}[field.array]

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "scheme": self.scheme,
            "port": self.port,
            "rows": self.rows,
            "lanes": self.lanes,
            "k": self.k,
        }

    # The golden function.

    def sent(self, parts: Mapping[str, Array], shape: tuple[int, int]) -> dict[str, Beats]:
        """The arrays of a matrix of ``shape`` (rows, K) as beats; zeros fill the last of each."""
        found = {}
        for name, words in self.words.items():
            data = words.sent(np.asarray(parts[name]), shape)
            data = np.pad(data, (0, -len(data) % self.bytes))
            found[name] = self.beats(data)
        return found

    def beats(self, data: Array) -> Beats:
        """Whole beats of bytes."""
        values = data.reshape(-1, self.bytes)
        return Beats((values,), (None,), np.zeros(len(values), bool))

    def matrix(self, sent: Mapping[str, Beats]) -> tuple[Quantized, int]:
        """What beats hold, tiles of ``rows`` rows below each other, and how many beats of results
        that is: the last columns of the matrix may not have come."""
        given = {name: np.asarray(sent[name].values[0], np.uint8).ravel() for name in self.words}
        there = min(
            len(given[name]) // words.size * words.beats for name, words in self.words.items()
        )
        whole = self.k or lcm(*(words.columns for words in self.words.values()))
        count = max(-(-there * self.lanes // whole), 1)
        shape = (self.rows * count, self.k) if self.k else (self.rows, whole * count)
        parts = {}
        for name, words in self.words.items():
            size = shape[0] * shape[1] // (self.rows * words.columns) * words.size
            data = np.pad(given[name][:size], (0, max(size - len(given[name]), 0)))
            parts[name] = words.words(data, shape)
        return self.stored.unpack_parts(parts, shape), there

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        held, count = self.matrix(sent)
        found = [self._in_beats(np.asarray(held.codes[name]), None)[:count] for name in self.codes]
        arrays = {**held.scales, "select": held.select}
        found += [
            self._in_beats(np.asarray(arrays[name]), span)[:count]
            for name, (_, span) in self.beside.items()
        ]
        last = np.zeros(count, bool)
        if self.k:
            last[self.k // self.lanes - 1 :: self.k // self.lanes] = True
        return {"result": Beats(tuple(found), (None,) * len(found), last)}

    def _in_beats(self, array: Array, span: Span | None) -> Array:
        """(all rows, along K) -> (beats, values), of elements or of what a span shares."""
        down, along = self.shared(span or Span(1, 1))
        tiles = array.reshape(-1, down, array.shape[1])
        if along > 0 and (not span or span.columns):
            cut = tiles.reshape(len(tiles), down, -1, along)
        else:
            beats = (span.columns if span and span.columns else self.k) // self.lanes
            cut = tiles[..., None].repeat(beats, axis=2)
        return cut.transpose(0, 2, 1, 3).reshape(-1, cut.shape[1] * cut.shape[3])

    # What is worth trying.

    @property
    def period(self) -> int:
        """Beats of results after which all streams begin a word at the start of a beat."""
        return lcm(
            *(lcm(words.size, self.bytes) // words.size * words.beats for words in
              self.words.values())
        )  # fmt: skip

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        return [trials.drawn(self, rng) for _ in range(count)]

    def bounds(self) -> list[dict[str, Beats]]:
        """All bytes zero, and all bits one."""
        return [trials.filled(self, byte) for byte in (0, 255)]


UNITS.register(Unpack.kind, Unpack)
