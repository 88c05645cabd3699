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

from ...designs import Options, design
from ...golden.errors import DesignError, MacsmithError
from ...hw.engine.hardware import EngineHardware
from ...hw.plan.plan import Plan
from ...library import cost, explain
from .grid import Point
from .store import COUNTED, FAILED, REFUSED


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
    hardware = explain(made)
    report = cost(made, point.board)
    path = report.parts.get("scale path")
    found = {
        "status": COUNTED,
        "policy": report.hardware.target.policy,
        "rate": float(report.rate),
        "work": report.work,
        "latency": hardware.latency,
        **{name: float(value) for name, value in report.cost.resources.items()},
        "scale_sites": float(path.resources["sites"]) if path else 0.0,
        "levels": report.cost.levels["lut"],
        "carry": report.cost.levels["carry"],
        "yosys": report.cost.tools["yosys"],
    }
    if isinstance(hardware, EngineHardware):
        plan, build = hardware.plan, hardware.engine.build
        sides = {"rows": build.rows, "cols": build.cols, "lanes": build.lanes}
        found.update(**sides, flow=build.flow)
        if isinstance(plan, Plan) and not plan.aligned:
            used = {plan.dot(pair).name for item in plan.sums for pair in item.pairs}
            found["datapath"] = " ".join(sorted(used))
    return found


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
