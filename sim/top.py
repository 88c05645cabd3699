"""One simulated module around many designs, with ports of one kind whatever their interface."""

from __future__ import annotations

from ..golden.streams import Stream
from ..hw.outside import Interface
from ..hw.text.emit import Emitted


def bench_top(designs: list[Emitted], name: str = "bench") -> str:
    """Verilog of a module that holds ``designs`` side by side.

    Design i's stream s has the ports ``e<i>_<s>_valid``, ``_ready`` and ``_data``, a beat as
    :mod:`macsmith.sim.pack` makes it; clk and rst (active high) are shared.
    """
    ports, body = ["input wire clk", "input wire rst"], list[str]()
    for index, emitted in enumerate(designs):
        interface = emitted.interface
        reset = "!rst" if interface.reset_low else "rst"
        pins = [f".{interface.clock}(clk)", f".{interface.reset}({reset})"]
        for stream in emitted.streams:
            prefix = f"e{index}_{stream.name}"
            ports += _ports(prefix, stream, interface)
            pins += _pins(prefix, stream, interface)
        body.append(f"  {emitted.name} engine_{index} ({', '.join(pins)});")
    public = [f"  {port} /* verilator public_flat_rw */" for port in ports]
    lines = [f"module {name} (", ",\n".join(public), ");", *body, "endmodule", ""]
    return "\n".join(lines)


def _ports(prefix: str, stream: Stream, interface: Interface) -> list[str]:
    here, there = ("output", "input") if stream.output else ("input", "output")
    return [
        f"{here} wire {prefix}_valid",
        f"{there} wire {prefix}_ready",
        f"{here} wire [{interface.beat_bits(stream) - 1}:0] {prefix}_data",
    ]


def _pins(prefix: str, stream: Stream, interface: Interface) -> list[str]:
    """The wrapper's ports and what part of a beat each carries."""
    lows, found = interface.positions(stream), []
    for pin in interface.pins(stream):
        if pin.role in lows:
            low = lows[pin.role]
            found.append(f".{pin.name}({prefix}_data[{low + pin.width - 1}:{low}])")
        else:
            found.append(f".{pin.name}({prefix}_{pin.role})")
    return found
