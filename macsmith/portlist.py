"""The ports of an emitted engine, one by one, with what each carries."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .hw.plan.streams import Field, Stream
from .hw.text.emit import Emitted, format_of, notes
from .sim.pack import has_last


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
    role : ``clock``, ``reset``, ``valid``, ``ready``, ``data``, ``user`` or ``last``.
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
    interface = emitted.engine.build.interface
    axis = interface == "axis"
    clock, reset, level = ("aclk", "aresetn", "low") if axis else ("clk", "rst", "high")
    found = [
        Port(clock, "input", 1, "clock, rising edge", "", "clock"),
        Port(reset, "input", 1, f"synchronous reset, active {level}", "", "reset"),
    ]
    for stream in emitted.streams:
        prefix = f"{bus(stream)}_t" if axis else f"{stream.name}_"
        found += [_port(stream, prefix, role, 1) for role in ("valid", "ready")]
        bits = stream.axis_bits if axis else stream.data_bits
        found.append(_port(stream, prefix, "data", bits, _layouts(emitted, stream)))
        if axis and stream.flag_bits:
            found.append(_port(stream, prefix, "user", stream.flag_bits, _user(emitted, stream)))
        if has_last(stream, interface):
            found.append(_port(stream, prefix, "last", 1))
    return tuple(_explained(emitted, port) for port in found)


def bus(stream: Stream) -> str:
    """The name of a stream's AXI-Stream interface."""
    return f"{'m' if stream.output else 's'}_axis_{stream.name}"


def _port(
    stream: Stream, prefix: str, role: str, width: int, fields: tuple[Layout, ...] = ()
) -> Port:
    outward = stream.output != (role == "ready")
    direction = "output" if outward else "input"
    return Port(f"{prefix}{role}", direction, width, "", stream.name, role, fields)


def _layouts(emitted: Emitted, stream: Stream) -> tuple[Layout, ...]:
    """The fields of a data port."""
    found, offset = [], 0
    for field in stream.fields:
        layout = replace(_layout(emitted, field), offset=offset)
        if emitted.engine.build.interface == "axis":
            layout = replace(layout, stride=stream.axis_lane_bits(field), flags=())
        found.append(layout)
        offset += field.count * layout.stride
    return tuple(found)


def _user(emitted: Emitted, stream: Stream) -> tuple[Layout, ...]:
    """The fields of TUSER: flags alone."""
    found, offset = [], 0
    for field in stream.fields:
        if field.flags:
            layout = replace(_layout(emitted, field), offset=offset, bits=0, signed=False)
            found.append(replace(layout, stride=len(field.flags), format="flags", unit=None))
            offset += field.count * len(field.flags)
    return tuple(found)


def _layout(emitted: Emitted, field: Field) -> Layout:
    """A field as it lies in the native port, from bit 0."""
    name, unit = format_of(emitted.plan, field)
    shape = field.vectors, field.lanes, field.lane_bits, field.bits
    return Layout(field.name, field.kind, name, unit, 0, *shape, field.signed, field.flags)


def _explained(emitted: Emitted, port: Port) -> Port:
    if not port.stream:
        return port
    stream = next(s for s in emitted.streams if s.name == port.stream)
    flags = [name for field in stream.fields for name in field.flags]
    texts = {
        "valid": "a beat is offered; it stands until it is taken",
        "ready": "the beat is taken at this clock edge if valid",
        "data": notes(emitted.plan, emitted.engine.build.interface)[stream.name],
        "user": f"flags of each result, sticky over its reduction: {', '.join(flags)}",
        "last": "ends the reduction" if stream.last else "always 1: a beat is a whole packet",
    }
    return replace(port, meaning=texts[port.role])
