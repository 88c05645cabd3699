"""One simulated module around many engines, with ports of one kind whatever their interface."""

from __future__ import annotations

from ..hw.emit import Emitted
from ..hw.ports import Stream
from .pack import result_bits


def bench_top(engines: list[Emitted], name: str = "bench") -> str:
    """Verilog of a module that holds ``engines`` side by side.

    Engine i's stream s has the ports ``e<i>_<s>_valid``, ``_ready``, ``_data`` and ``_last``; clk
    and rst (active high) are shared.
    """
    ports, body = ["input wire clk", "input wire rst"], list[str]()
    for index, emitted in enumerate(engines):
        prefix = f"e{index}"
        axis = emitted.engine.build.interface == "axis"
        pins = [".aclk(clk)", ".aresetn(!rst)"] if axis else [".clk(clk)", ".rst(rst)"]
        for stream in emitted.streams:
            ports += _ports(prefix, stream, emitted.engine.build.interface)
            pins += _axis_pins(prefix, stream) if axis else _native_pins(prefix, stream)
        body.append(f"  {emitted.engine.name} engine_{index} ({', '.join(pins)});")
    public = [f"  {port} /* verilator public_flat_rw */" for port in ports]
    lines = [f"module {name} (", ",\n".join(public), ");", *body, "endmodule", ""]
    return "\n".join(lines)


def _ports(prefix: str, stream: Stream, interface: str) -> list[str]:
    here, there = ("output", "input") if stream.output else ("input", "output")
    bits = stream.axis_bits if interface == "axis" else stream.data_bits
    if stream.output:
        bits = result_bits(stream, interface)
    name = f"{prefix}_{stream.name}"
    found = [
        f"{here} wire {name}_valid",
        f"{there} wire {name}_ready",
        f"{here} wire [{bits - 1}:0] {name}_data",
    ]
    return found + ([f"input wire {name}_last"] if stream.last else [])


def _native_pins(prefix: str, stream: Stream) -> list[str]:
    fields = ["valid", "ready", "data"] + ["last"] * stream.last
    return [f".{stream.name}_{f}({prefix}_{stream.name}_{f})" for f in fields]


def _axis_pins(prefix: str, stream: Stream) -> list[str]:
    bus = f"{'m' if stream.output else 's'}_axis_{stream.name}"
    name = f"{prefix}_{stream.name}"
    pins = [f".{bus}_tvalid({name}_valid)", f".{bus}_tready({name}_ready)"]
    pins.append(f".{bus}_tdata({name}_data[{stream.axis_bits - 1}:0])")
    if stream.flags:
        high = result_bits(stream, "axis") - 1
        pins.append(f".{bus}_tuser({name}_data[{high}:{stream.axis_bits}])")
    if stream.last:
        pins.append(f".{bus}_tlast({name}_last)")
    return pins + ([f".{bus}_tlast()"] if stream.output else [])
