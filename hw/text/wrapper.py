"""The wrapper around a core: its interface's ports, and what of them goes where in the core."""

from __future__ import annotations

from pathlib import Path

import jinja2

from ...golden.streams import Stream
from ..design import Hardware
from ..outside import Interface, Slice


def wrapper(hardware: Hardware, core: str) -> str:
    """Verilog of the module called after the design."""
    interface = hardware.interface
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    clock, reset = interface.attributes(hardware.streams)
    return environment.get_template("wrapper.v.j2").render(
        hardware=hardware,
        interface=interface,
        core=core,
        attributes={"clock": clock, "reset": reset},
        streams=[_connected(interface, stream) for stream in hardware.streams],
    )


def _connected(interface: Interface, stream: Stream) -> dict[str, object]:
    """What the template needs of a stream: its ports, the wire of its data, and assignments."""
    pins = {pin.role: pin for pin in interface.pins(stream)}
    runs, inner = list(interface.runs(stream)), f"{stream.name}_data"
    whole = runs[0].low == 0 and runs[0].bits == stream.data_bits == pins["data"].width
    if len(runs) == 1 and whole and pins["data"].name == inner:
        wire, lines = None, []
    else:
        wire = inner
        lines = [_assignment(stream, run, pins[run.role].name, inner) for run in runs]
        top = max(run.low + run.wide for run in runs if run.role == "data")
        if stream.output and top < pins["data"].width:
            high = pins["data"].width
            lines.append(f"{pins['data'].name}[{high - 1}:{top}] = {high - top}'d0")
    if "last" in pins and not stream.last:
        lines.append(f"{pins['last'].name} = 1'b1")
    payload = f"{{{pins['last'].name}, {inner}}}" if stream.last else inner
    return {
        "name": stream.name,
        "pins": pins,
        "wire": wire,
        "bits": stream.data_bits,
        "lines": lines,
        "payload": payload,
    }


def _assignment(stream: Stream, run: Slice, pin: str, inner: str) -> str:
    """One run of values, outward with what extends it, inward without."""
    core = f"{inner}[{run.core + run.bits - 1}:{run.core}]"
    if not stream.output:
        return f"{core} = {pin}[{run.low + run.bits - 1}:{run.low}]"
    extra, value = run.wide - run.bits, core
    if extra and run.signed:
        value = f"{{{{{extra}{{{inner}[{run.core + run.bits - 1}]}}}}, {core}}}"
    elif extra:
        value = f"{{{extra}'d0, {core}}}"
    return f"{pin}[{run.low + run.wide - 1}:{run.low}] = {value}"
