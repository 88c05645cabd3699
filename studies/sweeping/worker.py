"""Counts one design in a process of its own: a point as JSON in, its row as JSON out.

``python -m macsmith.studies.sweeping.worker GIGABYTES``: neither it nor a yosys below it may have
more data than that, so that a design that is too large fails alone.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import traceback
from typing import Any

from ...boards import Cost, fitted, lookup
from ...designs import Options, design
from ...golden.errors import DesignError, MacsmithError
from ...hw.engine.hardware import EngineHardware
from ...hw.plan.plan import Plan
from ...hw.text.emit import Emitted, emit
from ...library import cost
from ...tools import cache
from .grid import Point
from .store import COUNTED, FAILED, REFUSED

#: Of the digest of a row's hardware.
DIGITS = 16


def row(point: Point) -> dict[str, Any]:
    """What a point costs, or why it has no cost."""
    begun = time.monotonic()
    found: dict[str, Any] = {"design": point.design, "board": point.board, **dict(point.options)}
    try:
        found.update(_counted(point))
    except DesignError as error:
        found.update(status=REFUSED, error=str(error))
    except MacsmithError as error:
        found.update(status=FAILED, error=str(error))
    except Exception as error:
        log = "".join(traceback.format_exception(error))
        found.update(status=FAILED, error=f"{type(error).__name__}: {error}", log=log)
    return {**found, "seconds": round(time.monotonic() - begun, 2)}


def _counted(point: Point) -> dict[str, Any]:
    made = design(point.design, Options(**dict(point.options)))
    report = cost(made, point.board)
    emitted = emit(fitted(made, lookup(point.board)))
    return filled(emitted, report.cost, report.parts.get("scale path"))


def filled(emitted: Emitted, whole: Cost, path: Cost | None) -> dict[str, Any]:
    """The row of a design that was counted; ``path``: what its scale path takes of it."""
    hardware = emitted.hardware
    found = {
        "status": COUNTED,
        "policy": emitted.target.policy,
        "rate": float(next(iter(hardware.rates.values()))),
        "work": hardware.work,
        "latency": hardware.latency,
        **{name: float(value) for name, value in whole.resources.items()},
        **{f"scale_{name}": _part(path, name) for name in ("sites", "lut", "ff", "dsp")},
        "levels": whole.levels["lut"],
        "carry": whole.levels["carry"],
        "yosys": whole.tools["yosys"],
        "analysis": whole.tools["analysis"],
        "hardware": digest(emitted),
    }
    if isinstance(hardware, EngineHardware):
        plan, build = hardware.plan, hardware.engine.build
        sides = {"rows": build.rows, "cols": build.cols, "lanes": build.lanes}
        found.update(**sides, flow=build.flow)
        if isinstance(plan, Plan) and not plan.aligned:
            used = {plan.dot(pair).name for item in plan.sums for pair in item.pairs}
            found["datapath"] = " ".join(sorted(used))
    return found


def _part(path: Cost | None, name: str) -> float:
    """What the scale path takes of a resource; 0 where there is none."""
    return float(path.resources.get(name, 0)) if path else 0.0


def digest(emitted: Emitted) -> str:
    """Of the hardware that is synthesized: a row of other hardware is stale."""
    return cache.key(emitted.target.policy, emitted.fabric)[:DIGITS]


def limit(gigabytes: float) -> None:
    """Data of this process and of those that it starts: what is written to, not what is reserved,
    of which WebAssembly has many gigabytes."""
    most = int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def main() -> int:
    limit(float(sys.argv[1]))
    given = json.loads(sys.stdin.read())
    point = Point(given["design"], given["board"], tuple(sorted(given["options"].items())))
    json.dump(row(point), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
