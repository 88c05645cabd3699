"""The ports of an emitted engine, one by one, with what each carries."""

from __future__ import annotations

from dataclasses import dataclass

from .hw.emit import Emitted
from .hw.ports import Stream


@dataclass(frozen=True)
class Layout:
    """How the lanes of a data port lie; lane 0 is in the low bits.

    Parameters
    ----------
    vectors, lanes : lane ``i`` is lane ``i % lanes`` of vector ``i // lanes``.
    stride : bits from one lane to the next.
    value_bits : bits of a lane's value, from its lowest; above it come the flags, then padding.
    signed : whether the value is two's complement, sign-extended into the padding.
    flags : one bit each, low bit first.
    """

    vectors: int
    lanes: int
    stride: int
    value_bits: int
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
    layout : of the lanes, for ``data`` and ``user``.
    """

    name: str
    direction: str
    width: int
    meaning: str
    stream: str
    role: str
    layout: Layout | None = None


def portlist(emitted: Emitted) -> tuple[Port, ...]:
    """All ports of ``emitted``'s wrapper, in the order of its Verilog."""
    axis = emitted.engine.build.interface == "axis"
    clock, reset, level = ("aclk", "aresetn", "low") if axis else ("clk", "rst", "high")
    found = [
        Port(clock, "input", 1, "clock, rising edge", "", "clock"),
        Port(reset, "input", 1, f"synchronous reset, active {level}", "", "reset"),
    ]
    for stream in emitted.streams:
        found += _axis(emitted, stream) if axis else _native(emitted, stream)
    return tuple(found)


def bus(stream: Stream) -> str:
    """The name of a stream's AXI-Stream interface."""
    return f"{'m' if stream.output else 's'}_axis_{stream.name}"


def meaning(emitted: Emitted, stream: Stream) -> str:
    """What a stream's data are, in one line."""
    plan = emitted.plan
    if stream.name == "weight":
        return f"{plan.weight.name} codes of one step: row by row, lane by lane"
    if stream.name == "activation":
        return f"{plan.activation.name} codes of one step: column by column, lane by lane"
    unit = f"in units of 2^{plan.total.lsb}"
    if stream.name == "initial":
        return f"what the sums of a reduction start from, {unit}: row by row, column by column"
    if plan.stage.format is not None and plan.stage.rule == "aligned":
        unit = f"as {plan.stage.format.name} codes"
    return f"the sums of a reduction, {unit}: row by row, column by column"


def _native(emitted: Emitted, stream: Stream) -> list[Port]:
    layout = Layout(
        stream.vectors, stream.lanes, stream.lane_bits, stream.bits, stream.signed, stream.flags
    )
    ports = _handshake(stream, f"{stream.name}_")
    ports.append(_port(stream, f"{stream.name}_data", "data", stream.data_bits, layout))
    if stream.last:
        ports.append(_port(stream, f"{stream.name}_last", "last", 1))
    return _explained(emitted, stream, ports)


def _axis(emitted: Emitted, stream: Stream) -> list[Port]:
    prefix, flags = f"{bus(stream)}_t", stream.flags
    stride, shape = stream.axis_lane_bits, (stream.vectors, stream.lanes)
    ports = _handshake(stream, prefix)
    layout = Layout(*shape, stride, stream.bits, stream.signed, ())
    ports.append(_port(stream, f"{prefix}data", "data", stream.axis_bits, layout))
    if flags:
        layout = Layout(*shape, len(flags), 0, False, flags)
        ports.append(_port(stream, f"{prefix}user", "user", stream.count * len(flags), layout))
    if stream.last or stream.output:
        ports.append(_port(stream, f"{prefix}last", "last", 1))
    return _explained(emitted, stream, ports)


def _handshake(stream: Stream, prefix: str) -> list[Port]:
    return [_port(stream, f"{prefix}{role}", role, 1) for role in ("valid", "ready")]


def _port(stream: Stream, name: str, role: str, width: int, layout: Layout | None = None) -> Port:
    outward = stream.output != (role == "ready")
    return Port(name, "output" if outward else "input", width, "", stream.name, role, layout)


def _explained(emitted: Emitted, stream: Stream, ports: list[Port]) -> list[Port]:
    texts = {
        "valid": "a beat is offered; it stands until it is taken",
        "ready": "the beat is taken at this clock edge if valid",
        "data": meaning(emitted, stream),
        "user": f"flags of each sum, sticky over its reduction: {', '.join(stream.flags)}",
        "last": "always 1: a beat is a whole packet" if stream.output else "ends the reduction",
    }
    return [
        Port(p.name, p.direction, p.width, texts[p.role], p.stream, p.role, p.layout) for p in ports
    ]
