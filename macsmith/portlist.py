"""The ports of an emitted engine, one by one, with what each carries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .golden.packets import KEEP
from .golden.streams import Stream
from .hw.text.emit import Emitted


@dataclass(frozen=True)
class Layout:
    """How the values of one field lie in a port; lane 0 of vector 0 is in its low bits.

    Parameters
    ----------
    name : of the field, unique in its stream.
    holds : ``codes`` (or ``words`` of them), ``select`` or ``scales`` of an operand, ``mode``,
        ``bias``, ``initial`` (what sums start from) or ``value`` (results).
    format : of a value: a format's name, or ``integer`` for a raw sum.
    unit : raw sums count units of ``2**unit``; None for the others.
    offset : the field's lowest bit.
    vectors, lanes : value ``i`` is lane ``i % lanes`` of vector ``i // lanes``.
    stride : bits from one value to the next.
    bits : of a value, from its lowest; above it come the flags, then padding.
    signed : whether it is two's complement, sign-extended into the padding.
    flags : one bit each, low bit first.
    """

    name: str
    holds: str
    format: str
    unit: int | None
    offset: int
    vectors: int
    lanes: int
    stride: int
    bits: int
    signed: bool
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Port:
    """One port of the wrapper.

    Parameters
    ----------
    name, direction, width : as in the Verilog; ``input`` or ``output``.
    meaning : one line.
    stream : the name of its stream; empty for clock and reset.
    role : ``clock``, ``reset``, ``valid``, ``ready``, ``data``, ``keep``, ``user`` or ``last``.
    fields : of ``data`` and ``user``, from the low bits.
    """

    name: str
    direction: str
    width: int
    meaning: str
    stream: str
    role: str
    fields: tuple[Layout, ...] = ()


def portlist(emitted: Emitted) -> tuple[Port, ...]:
    """All ports of ``emitted``'s wrapper, in the order of its Verilog."""
    interface = emitted.interface
    level = "low" if interface.reset_low else "high"
    found = [
        Port(interface.clock, "input", 1, "clock, rising edge", "", "clock"),
        Port(interface.reset, "input", 1, f"synchronous reset, active {level}", "", "reset"),
    ]
    for stream in emitted.streams:
        for pin in interface.pins(stream):
            direction = "output" if pin.output else "input"
            fields = tuple(_layouts(emitted, stream, pin.role))
            found.append(Port(pin.name, direction, pin.width, "", stream.name, pin.role, fields))
    return tuple(_explained(emitted, port) for port in found)


def _layouts(emitted: Emitted, stream: Stream, role: str) -> Iterator[Layout]:
    """The fields of a port: values with the flags beside them, or flags alone."""
    slices = [item for item in emitted.interface.slices(stream) if item.role == role]
    for field in stream.fields:
        here = [item for item in slices if item.field is field]
        values = [item for item in here if not item.flags]
        flags = [item for item in here if item.flags]
        if not here:
            continue
        first, *others = values or flags
        stride = (
            others[0].low - first.low
            if others
            else sum(item.wide for item in here if item.index == first.index)
        )
        form, unit = emitted.format_of(field) if values else ("flags", None)
        yield Layout(
            field.name,
            field.kind,
            form,
            unit,
            first.low,
            field.vectors,
            field.lanes,
            stride,
            field.bits if values else 0,
            field.signed and bool(values),
            field.flags if flags else (),
        )


def _explained(emitted: Emitted, port: Port) -> Port:
    if not port.stream:
        return port
    stream = next(s for s in emitted.streams if s.name == port.stream)
    flags = [name for field in stream.fields for name in field.flags]
    texts = {
        "valid": "a beat is offered; it is held until it is taken",
        "ready": "the beat is taken at this clock edge if valid",
        "data": emitted.notes[stream.name],
        "user": f"flags of each result, sticky over its reduction: {', '.join(flags)}",
        "keep": "which bytes of the packet's last beat belong to it: the low ones; else all",
        "last": _last(stream),
    }
    return replace(port, meaning=texts[port.role])


def _last(stream: Stream) -> str:
    if stream.per == "port" and stream.fields[-1].kind == KEEP:
        return "ends the packet"
    if not stream.last:
        return "always 1: a beat is a whole packet"
    if stream.output:
        return "last result of the tile" if stream.per == "result" else "last, as of the input"
    return "ends the reduction"
