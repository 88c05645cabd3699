"""What the ports of an engine carry, as SystemVerilog that puts beats into the model, and takes
beats of results out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...golden.description import Engine
from ...golden.streams import Field, Stream
from ...golden.tiling import Tiling
from ...hw.text.emit import Emitted
from .fields import Field as Array

#: Kinds of fields that the model has an array for.
_KINDS = {"codes", "index", "scales", "select", "bias", "initial"}


@dataclass(frozen=True)
class Port:
    """The data port of a stream.

    Parameters
    ----------
    name, width : of the stream, of the port in bits.
    per : what has a beat.
    lines : the body of the loop over a beat's values, in SystemVerilog.
    """

    name: str
    width: int
    per: str
    lines: tuple[str, ...]

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


def beats(emitted: Emitted, arrays: Sequence[Array]) -> Beats | None:
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


def _input(emitted: Emitted, tiling: Tiling, stream: Stream, arrays: Sequence[Array]) -> Port:
    lines = []
    for field in stream.fields:
        [own] = [
            item
            for item in arrays
            if (item.kind, item.side, item.array) == (field.kind, field.side or 0, field.array)
        ]
        low, stride = _places(emitted, stream, field, flags=False)
        row, place = _place(tiling, field, own)
        lines += [
            f"for (int i = 0; i < {field.count}; i++)",
            f"    put_{own.name}({row}, {place}, data[{low} + {stride} * i +: {field.bits}]);",
        ]
    return Port(stream.name, _width(emitted, stream), stream.per, tuple(lines))


def _place(tiling: Tiling, field: Field, own: Array) -> tuple[str, str]:
    """Row and place of value i of a beat; a scale of the whole matrix has one place for all."""
    lanes, row = field.lanes, "i" if field.lanes == 1 else f"i / {field.lanes}"
    if field.kind in ("codes", "index"):
        return row, f"beat * {lanes} + i % {lanes}"
    if field.kind == "initial":
        cell = f"(beat * {field.count} + i)"
        return f"{cell} / {tiling.cols}", f"{cell} % {tiling.cols}"
    if own.down == "1":
        row = "0"
    if field.kind == "bias" or not own.columns or tiling.group_steps is None:
        return row, "0"
    group = tiling.group_steps * tiling.engine.lanes()
    return row, f"beat * {group} / {own.columns}"


def _output(emitted: Emitted, engine: Engine, stream: Stream) -> Port:
    [field], outputs = stream.fields, engine.arithmetic.outputs
    low, stride = _places(emitted, stream, field, flags=False)
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
    return Port(stream.name, _width(emitted, stream), stream.per, tuple(lines))


def _flags(emitted: Emitted, stream: Stream, field: Field) -> Iterator[str]:
    """Flags above each value, where the data port has them."""
    found = [s for s in emitted.interface.slices(stream) if s.flags and s.role == "data"]
    if not found:
        return
    low, stride = _places(emitted, stream, field, flags=True)
    for number, name in enumerate(field.flags):
        bit = ("nan", "positive", "negative").index(name)
        place = f"{low + number} + {stride} * i"
        yield f"    data[{place}] = 1'(flags(row, col, number) >> {bit});"


def _places(emitted: Emitted, stream: Stream, field: Field, *, flags: bool) -> tuple[int, int]:
    """The lowest bit of value 0 in the data port, and how far the next one is from it."""
    lows = [
        item.low
        for item in emitted.interface.slices(stream)
        if item.field is field and item.flags == flags
    ]
    stride = lows[1] - lows[0] if len(lows) > 1 else 0
    assert lows == [lows[0] + stride * number for number in range(len(lows))]
    return lows[0], stride


def _width(emitted: Emitted, stream: Stream) -> int:
    pin = emitted.interface.pin(stream, "data")
    assert pin is not None
    return pin.width
