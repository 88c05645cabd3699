"""A design's hardware with a user's RTL in its place: results as that gives them, at its pace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from ...golden.description import Engine
from ...golden.errors import DesignError
from ...golden.formats import Integer
from ...golden.streams import Field, Stream
from ...hw.catalogue import hardware
from ...hw.design import Hardware
from ...hw.outside import NATIVE, Interface
from .portmap import PortMap

#: Cycles in which a first result must come.
PATIENCE = 1 << 13

#: Cycles beyond those that were measured, after which nothing moves.
_SPARE = 8


class Guest(Hardware):
    """Goes before the class of a design's hardware: says what the user's RTL does otherwise.

    Attributes
    ----------
    own : the design's hardware as it is.
    result : the stream of results.
    outlasted : cycles after which everything has come out.
    called : the name.
    """

    own: Hardware
    result: Stream
    called: str
    outlasted: int = PATIENCE
    timed = False

    @property
    def name(self) -> str:
        return self.called

    @property
    def streams(self) -> tuple[Stream, ...]:
        return tuple(self.result if s.output else s for s in self.own.streams)

    @property
    def interface(self) -> Interface:
        found: Interface = NATIVE
        return found

    @property
    def latency(self) -> int:
        return self.outlasted

    @property
    def hold(self) -> int:
        return self.outlasted + _SPARE

    @property
    def drain(self) -> int:
        return self.outlasted


def guest(design: Any, found: PortMap, top: str) -> Guest:
    """The hardware of a user's module ``top`` that does what ``design`` does.

    Raises DesignError with a place in the map where results have no such shape.
    """
    if design.build.axis_width:
        raise DesignError(
            f"the map says how your ports are; got --axis-width {design.build.axis_width}",
            {"axis_width": None},
        )
    own = hardware(design)
    made = cast(Guest, type("GuestHardware", (Guest, type(own)), {})(design))
    made.own = own
    plain = "".join(letter if letter.isalnum() else "_" for letter in top)
    made.called = f"{plain}_as_{own.name}"
    if len(own.results) > 1:
        found.lines.refuse(f"{own.name} has several streams of results", "output")
    made.result = _result(own, found)
    return made


def _result(own: Hardware, found: PortMap) -> Stream:
    """Results as the module gives them: one beat with all or one of each, as wide as it says."""
    stream, lines = own.results[0], found.lines
    field, *others = stream.fields
    values = found.output.values
    if values not in (None, field.count):
        fields = _shapes(own, field)
        if others or values not in fields:
            known = " or ".join(map(str, sorted({field.count, *fields})))
            lines.refuse(f"{own.name} gives {known} results at a time, got {values}", "values",
                         "output")  # fmt: skip
        per, vectors = fields[values]
        field = replace(field, vectors=vectors)
        stream = replace(stream, per=per)
    wide = {width for said in found.ports.values() for width in _widths(said, stream, field)}
    width = max(wide, default=field.bits)
    if width > field.bits and not others:
        field = replace(field, bits=width)
    return replace(stream, fields=(field, *others), last=found.output.last is not None)


def _shapes(own: Hardware, field: Field) -> dict[int, tuple[str, int]]:
    """Results at a time -> how often such a beat comes, and vectors in it."""
    if not isinstance(own.design, Engine):
        return {}
    places = own.design.build.rows * own.design.build.cols
    return {places * field.lanes: ("reduction", places), field.lanes: ("result", 1)}


def _widths(said: Any, stream: Stream, field: Field) -> list[int]:
    """How wide parts say a whole result is."""
    if isinstance(said, list):
        return [width for part in said for width in _widths(part, stream, field)]
    if not isinstance(said, dict) or not isinstance(said.get("width"), int):
        return []
    names = (stream.name, f"{stream.name}.{field.name}")
    name = str(said.get("carries", "")).strip()
    plain = name.partition("[")[0] in names and ":" not in name
    return [said["width"]] if plain else []


def each(made: Guest) -> int:
    """Beats of results of a reduction."""
    design = made.design
    if made.result.per != "result" or not isinstance(design, Engine):
        return 1
    return design.build.rows * design.build.cols


def signed_fields(made: Guest) -> set[tuple[str, str]]:
    """Fields whose values are two's complement."""
    return {
        (stream.name, field.name)
        for stream in made.streams
        for field in stream.fields
        if field.signed or (field.kind == "codes" and _negative(made.own.holds(field)))
    }


def _negative(held: object) -> bool:
    return isinstance(held, Integer) and held.low < 0
