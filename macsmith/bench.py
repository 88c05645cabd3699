"""What the template of a test bench is filled with."""

from __future__ import annotations

from typing import Any

from .golden.streams import Field, Stream
from .hw.outside import Slice
from .hw.text.emit import Emitted
from .portlist import Port, portlist
from .sim.harness import Chosen, Harness
from .vectors import Memory


def bench(
    emitted: Emitted, tried: Harness, chosen: Chosen, held: tuple[Memory, ...], seed: int
) -> dict[str, Any]:
    """What the test bench is filled with."""
    hardware, result = emitted.hardware, held[-1]
    return {
        "memories": held,
        "sources": held[:-1],
        "result": result,
        "leader": tried.leader,
        "trial": tried.trial,
        "beats": tried.beats,
        "pins": [(port.name, _net(emitted, port)) for port in portlist(emitted)],
        "pinned": [(memory, _pins(emitted, memory.stream)) for memory in held],
        "tiles": len(chosen.trials),
        "freely": len(chosen.freely),
        "stalled": len(chosen.stalled),
        "hold": hardware.hold,
        "steps": tried.steps(chosen.freely),
        "pace": f", {tried.pace}" if tried.pace else "",
        "cycles": chosen.cycles,
        "drain": tried.longest(chosen.trials) + hardware.drain + 16,
        "seed": seed,
        # Any odd number times any other spreads the seed; xorshift must not start from 0.
        "noise": f"{(2 * seed + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}",
        "cols": tried.cols,
        "results_a_trial": tried.each,
        **_lanes(emitted, result.stream),
    }


def _pins(emitted: Emitted, stream: Stream) -> dict[str, Any]:
    """A stream's ports: of valid, of ready, and what carries its beats, from the low bits up."""
    pins = emitted.interface.pins(stream)
    found: dict[str, Any] = {pin.role: pin.name for pin in pins if pin.role in ("valid", "ready")}
    carries = [(pin.name, pin.width) for pin in pins if pin.role not in ("valid", "ready")]
    return found | {"carries": carries}


def _lanes(emitted: Emitted, stream: Stream) -> dict[str, Any]:
    """Where a result's lanes and their flags lie in the bench's vector, and its other fields."""
    [field, *rest], interface = stream.fields, emitted.interface
    lows, every = interface.positions(stream), interface.slices(stream)
    slices = [item for item in every if item.field is field]
    value, *others = [item for item in slices if not item.flags]
    marks = [item for item in slices if item.flags]
    mark = marks[0] if marks else None
    beside = 1 + (mark is not None and mark.role == value.role)
    stride = others[0].low - value.low if others else sum(s.wide for s in slices[:beside])
    return {
        "lanes": field.count,
        "outputs": field.lanes,
        "vectors": field.vectors,
        "bits": value.wide,
        "stride": stride,
        "flags": field.flags,
        "flag_base": lows[mark.role] + mark.low if mark else 0,
        "flag_stride": marks[1].low - marks[0].low if marks[1:] else len(field.flags),
        "result_last": "last" in lows,
        "beside": [_beside(item, [s for s in every if s.field is item], lows) for item in rest],
    }


def _beside(field: Field, slices: list[Slice], lows: dict[str, int]) -> dict[str, Any]:
    """Where the lanes of a field lie that has no flags; ``lows`` of the ports in a beat."""
    first, *others = slices
    stride = others[0].low - first.low if others else first.wide
    return {
        "name": field.name,
        "lanes": field.count,
        "low": lows[first.role] + first.low,
        "stride": stride,
        "bits": first.wide,
    }


def _net(emitted: Emitted, port: Port) -> str:
    """The expression in the test bench to which a port is connected."""
    if port.role == "clock":
        return "clk"
    if port.role == "reset":
        return "!rst" if emitted.interface.reset_low else "rst"
    stream = next(stream for stream in emitted.streams if stream.name == port.stream)
    name = "result" if stream.output else stream.name
    if port.role in ("valid", "ready"):
        return f"{name}_{port.role}"
    low = emitted.interface.positions(stream)[port.role]
    return f"{name if stream.output else f'{name}_beat'}[{low + port.width - 1}:{low}]"
