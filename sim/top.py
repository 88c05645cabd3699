"""One simulated module around many engines, with ports of one kind whatever their interface."""

from __future__ import annotations

from ..hw.plan.streams import Stream
from ..hw.text.emit import Emitted
from .pack import beat_bits, data_bits, has_last


def bench_top(engines: list[Emitted], name: str = "bench") -> str:
    """Verilog of a module that holds ``engines`` side by side.

    Engine i's stream s has the ports ``e<i>_<s>_valid``, ``_ready`` and ``_data``, a beat as
    :mod:`macsmith.sim.pack` makes it; clk and rst (active high) are shared.
    """
    ports, body = ["input wire clk", "input wire rst"], list[str]()
    for index, emitted in enumerate(engines):
        interface = emitted.engine.build.interface
        axis = interface == "axis"
        pins = [".aclk(clk)", ".aresetn(!rst)"] if axis else [".clk(clk)", ".rst(rst)"]
        for stream in emitted.streams:
            prefix = f"e{index}_{stream.name}"
            ports += _ports(prefix, stream, interface)
            pins += _pins(prefix, stream, interface)
        body.append(f"  {emitted.engine.name} engine_{index} ({', '.join(pins)});")
    public = [f"  {port} /* verilator public_flat_rw */" for port in ports]
    lines = [f"module {name} (", ",\n".join(public), ");", *body, "endmodule", ""]
    return "\n".join(lines)


def _ports(prefix: str, stream: Stream, interface: str) -> list[str]:
    here, there = ("output", "input") if stream.output else ("input", "output")
    return [
        f"{here} wire {prefix}_valid",
        f"{there} wire {prefix}_ready",
        f"{here} wire [{beat_bits(stream, interface) - 1}:0] {prefix}_data",
    ]


def _pins(prefix: str, stream: Stream, interface: str) -> list[str]:
    """The wrapper's ports and what part of a beat each carries."""
    head = f".{stream.name}_"
    if interface == "axis":
        head = f".{'m' if stream.output else 's'}_axis_{stream.name}_t"
    width = data_bits(stream, interface)
    pins = [f"{head}valid({prefix}_valid)", f"{head}ready({prefix}_ready)"]
    pins.append(f"{head}data({prefix}_data[{width - 1}:0])")
    if interface == "axis" and stream.flag_bits:
        pins.append(f"{head}user({prefix}_data[{width + stream.flag_bits - 1}:{width}])")
    if has_last(stream, interface):
        pins.append(f"{head}last({prefix}_data[{beat_bits(stream, interface) - 1}])")
    return pins
