"""What the ports of an engine carry: where the values of a beat go in the model, and where those of
a beat of results come from. Places are expressions that SystemVerilog and C++ read alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...golden.description import Engine
from ...golden.streams import Field, Stream
from ...golden.tiling import Tiling
from ...hw.design import Hardware
from ...hw.text.emit import Emitted
from .fields import Field as Array
from .ports import places

#: Kinds of fields that the model has an array for.
_KINDS = {"codes", "index", "scales", "select", "bias", "initial"}


@dataclass(frozen=True)
class Put:
    """Values of a beat that one of the model's arrays takes.

    Parameters
    ----------
    own : the array.
    count : values in a beat; value ``i`` is
    low, stride, bits : at ``low + stride * i``, of so many bits.
    row, place : where it belongs: of ``i`` and ``beat``.
    """

    own: Array
    count: int
    low: int
    stride: int
    bits: int
    row: str
    place: str

    @property
    def lines(self) -> list[str]:
        """In SystemVerilog."""
        value = f"data[{self.low} + {self.stride} * i +: {self.bits}]"
        return [
            f"for (int i = 0; i < {self.count}; i++)",
            f"    put_{self.own.name}({self.row}, {self.place}, {value});",
        ]


@dataclass(frozen=True)
class Take:
    """Values of a beat of results: number ``beat * count + i`` of a reduction's.

    Parameters
    ----------
    count : values in a beat.
    low, stride, bits : value ``i`` lies at ``low + stride * i``, of so many bits.
    flags : name -> its bit of value 0, where the port has them; as far from the next.
    """

    count: int
    low: int
    stride: int
    bits: int
    flags: Mapping[str, int]


@dataclass(frozen=True)
class Port:
    """The data port of a stream.

    Parameters
    ----------
    name, width : of the stream, of the port in bits.
    per : what has a beat.
    lines : the body of the loop over a beat's values, in SystemVerilog.
    puts, take : of an input, of the output: the same as data.
    """

    name: str
    width: int
    per: str
    lines: tuple[str, ...]
    puts: tuple[Put, ...] = ()
    take: Take | None = None

    @property
    def counted(self) -> bool:
        """Whether it matters which beat it is."""
        return any("beat" in line for line in self.lines)


@dataclass(frozen=True)
class Beats:
    """The streams of an engine with one mode whose weights do not stay.

    Parameters
    ----------
    inputs, output : ports; of the output ``result``.
    step : elements of K that a beat of weights brings.
    """

    inputs: tuple[Port, ...]
    output: Port
    step: int


def beats(emitted: Emitted | Hardware, arrays: Sequence[Array]) -> Beats | None:
    """The beats of an engine's ports; None where a beat's place in a tile depends on others."""
    engine = emitted.design
    assert isinstance(engine, Engine)
    tiling = Tiling(engine)
    fields = [field for stream in emitted.streams for field in stream.fields]
    inputs = [stream for stream in emitted.streams if not stream.output]
    if len(engine.modes) > 1 or tiling.stationary or _spread(engine, fields):
        return None
    ports = [_input(emitted, tiling, stream, arrays) for stream in inputs]
    [result] = [stream for stream in emitted.streams if stream.output]
    return Beats(tuple(ports), _output(emitted, engine, result), engine.step())


def _spread(engine: Engine, fields: Sequence[Field]) -> bool:
    known = {*_KINDS, "value"}
    several = engine.arithmetic.outputs > 1 and engine.arithmetic.initial is not None
    return several or any(field.kind not in known for field in fields)


def _input(
    emitted: Emitted | Hardware, tiling: Tiling, stream: Stream, arrays: Sequence[Array]
) -> Port:
    puts = []
    for field in stream.fields:
        [own] = [
            item
            for item in arrays
            if (item.kind, item.side, item.array) == (field.kind, field.side or 0, field.array)
        ]
        low, stride = places(emitted, stream, field)
        row, place = _place(tiling, stream, field, own)
        puts.append(Put(own, field.count, low, stride, field.bits, row, place))
    lines = [line for put in puts for line in put.lines]
    return Port(stream.name, _width(emitted, stream), stream.per, tuple(lines), tuple(puts))


def _place(tiling: Tiling, stream: Stream, field: Field, own: Array) -> tuple[str, str]:
    """Row and place of value i of a beat; a scale of the whole matrix has one place for all."""
    lanes, row = field.lanes, "i" if field.lanes == 1 else f"i / {field.lanes}"
    if field.kind in ("codes", "index"):
        return row, f"beat * {lanes} + i % {lanes}"
    if field.kind == "initial":
        cell = f"(beat * {field.count} + i)"
        return f"{cell} / {tiling.cols}", f"{cell} % {tiling.cols}"
    if own.down == "1":
        row = "0"
    steps = 1 if stream.per == "step" else tiling.group_steps
    if field.kind == "bias" or not own.columns or steps is None:
        return row, "0"
    return row, f"beat * {steps * tiling.engine.lanes()} / {own.columns}"


def _output(emitted: Emitted | Hardware, engine: Engine, stream: Stream) -> Port:
    [field], outputs = stream.fields, engine.arithmetic.outputs
    low, stride = places(emitted, stream, field)
    wide = next(s.wide for s in emitted.interface.slices(stream) if not s.flags)
    cols, across = engine.build.cols, "at" if outputs == 1 else f"at / {outputs}"
    at = f"at = beat * {field.count} + i"
    lines = [
        f"for (int i = 0; i < {field.count}; i++) begin",
        f"    automatic int {at};",
        f"    automatic int row = {across} / {cols}, col = {across} % {cols};",
        f"    automatic int number = at % {outputs};",
        f"    data[{low} + {stride} * i +: {wide}] = {wide}'(result(row, col, number));",
        *_flags(emitted, stream, field),
        "end",
    ]
    take = Take(field.count, low, stride, wide, _flag_bits(emitted, stream, field))
    return Port(stream.name, _width(emitted, stream), stream.per, tuple(lines), take=take)


def _flag_bits(emitted: Emitted | Hardware, stream: Stream, field: Field) -> dict[str, int]:
    """The bits of the flags of value 0, where the data port has them."""
    found = [s for s in emitted.interface.slices(stream) if s.flags and s.role == "data"]
    if not found:
        return {}
    low, _ = places(emitted, stream, field, flags=True)
    return {name: low + number for number, name in enumerate(field.flags)}


def _flags(emitted: Emitted | Hardware, stream: Stream, field: Field) -> Iterator[str]:
    """Flags above each value, where the data port has them."""
    found = _flag_bits(emitted, stream, field)
    _, stride = places(emitted, stream, field, flags=bool(found))
    for name, low in found.items():
        bit = ("nan", "positive", "negative").index(name)
        yield f"    data[{low} + {stride} * i] = 1'(flags(row, col, number) >> {bit});"


def _width(emitted: Emitted | Hardware, stream: Stream) -> int:
    pin = emitted.interface.pin(stream, "data")
    assert pin is not None
    return pin.width
