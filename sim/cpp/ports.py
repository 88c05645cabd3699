"""The streams of a design as C++ arrays, and where their values lie in a beat of the data ports."""

from __future__ import annotations

from dataclasses import dataclass

from ...golden.formats import Format
from ...golden.interval import Range
from ...golden.streams import Field, Stream
from ...hw.design import Hardware
from ...hw.text.emit import Emitted
from .fields import unsigned


@dataclass(frozen=True)
class Array:
    """The values of a field, beat by beat.

    Parameters
    ----------
    name, type : of the member, of its items in C++.
    count, bits : values in a beat, bits of one.
    holds : what they are.
    low, stride : value ``i`` of a beat lies at ``low + stride * i`` of the data port.
    """

    name: str
    type: str
    count: int
    bits: int
    holds: str
    low: int
    stride: int

    @property
    def shape(self) -> str:
        """In words."""
        return "beats" if self.count == 1 else f"beats x {self.count}"

    @property
    def meaning(self) -> str:
        """Shape and contents."""
        return f"{self.shape}: {self.holds}"


@dataclass(frozen=True)
class Port:
    """A stream.

    Parameters
    ----------
    name, per : of the stream.
    width : bits of its data port.
    arrays : of its fields.
    last : whether its beats have a mark.
    """

    name: str
    per: str
    width: int
    arrays: tuple[Array, ...]
    last: bool


def ports(hardware: Hardware, emitted: Emitted | None) -> list[Port]:
    """The streams of a design, those that go in first.

    Beats lie as on the ports of ``emitted``; without it, or where streams there are cut into beats
    of other widths, dense, the first value in the low bits.
    """
    own = hardware.streams
    dense = emitted is None or emitted.streams != own
    found = []
    for stream in own:
        places = _dense(stream) if dense or emitted is None else _placed(emitted, stream)
        arrays = [
            Array(
                field.name,
                unsigned(field.bits),
                field.count,
                field.bits,
                _holds(hardware.holds(field)),
                *places[field.name],
            )
            for field in stream.fields
        ]
        width = stream.data_bits
        if not dense and emitted is not None and (pin := emitted.interface.pin(stream, "data")):
            width = pin.width
        found.append(Port(stream.name, stream.per, width, tuple(arrays), stream.last))
    return found


def _holds(form: Format | Range) -> str:
    if isinstance(form, Range):
        return f"integers of {form.width} bits in units of 2**{form.lsb}"
    return f"codes of {form.name} ({form.bits} bit{'s' * (form.bits > 1)})"


def _dense(stream: Stream) -> dict[str, tuple[int, int]]:
    found, low = {}, 0
    for field in stream.fields:
        found[field.name] = low, field.lane_bits
        low += field.data_bits
    return found


def _placed(emitted: Emitted, stream: Stream) -> dict[str, tuple[int, int]]:
    return {field.name: places(emitted, stream, field) for field in stream.fields}


def places(
    emitted: Emitted | Hardware, stream: Stream, field: Field, *, flags: bool = False
) -> tuple[int, int]:
    """The lowest bit of value 0 in the data port, and how far the next one is from it."""
    lows = [
        item.low
        for item in emitted.interface.slices(stream)
        if item.field is field and item.flags == flags
    ]
    stride = lows[1] - lows[0] if len(lows) > 1 else 0
    assert lows == [lows[0] + stride * number for number in range(len(lows))]
    return lows[0], stride
