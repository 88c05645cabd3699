"""What a router says of a routed design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from .harness import CORE

#: Who a routed cell is of: the core, the harness, or the router, which adds ends of carry chains,
#: constants, buffers.
OWNERS = ("core", "harness", "router")


@dataclass(frozen=True)
class Path:
    """The slowest path from clock edge to clock edge.

    Parameters
    ----------
    source, target : the cells where it starts and ends.
    logic, routing : nanoseconds in cells and in wires.
    """

    source: str
    target: str
    logic: float
    routing: float

    @property
    def where(self) -> str:
        """Which side of the core's ports it is on."""
        inside = self.source.startswith(f"{CORE}."), self.target.startswith(f"{CORE}.")
        return {
            (True, True): "within the core",
            (True, False): "from the core to the harness",
            (False, True): "from the harness to the core",
        }.get(inside, "within the harness")


@dataclass(frozen=True)
class Run:
    """One routing: its seed, the frequency in MHz, what limits it."""

    seed: int
    fmax: float
    path: Path


@dataclass(frozen=True)
class Routed:
    """A design routed with each of some seeds.

    Parameters
    ----------
    runs : in the order of the seeds.
    used : owner → resource → how many, by the names of the board's resources; ``sites`` are the
        family's. Of the fastest run.
    available : resource → how many the router knows of.
    bitstream : the file in the report's folder; None where nothing packs one.
    pins : port of the harness → pin; empty if the router chose them.
    tools : the router's version and its options.
    untimed : which paths the router has no delays for: they have no part in the frequency.
    """

    runs: tuple[Run, ...]
    used: Mapping[str, Mapping[str, float]]
    available: Mapping[str, float]
    bitstream: str | None
    pins: Mapping[str, str]
    tools: Mapping[str, str]
    untimed: tuple[str, ...] = ()

    @property
    def fmax(self) -> float:
        """The median over seeds, in MHz."""
        return median(run.fmax for run in self.runs)

    @property
    def spread(self) -> tuple[float, float]:
        """The slowest and the fastest, in MHz."""
        found = [run.fmax for run in self.runs]
        return min(found), max(found)

    @property
    def fastest(self) -> Run:
        return max(self.runs, key=lambda run: run.fmax)

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        low, high = self.spread
        whole = {name: sum(self.used[who].get(name, 0) for who in OWNERS) for name in self.names}
        return {
            "fmax_mhz": {
                "median": round(self.fmax, 2),
                "slowest": round(low, 2),
                "fastest": round(high, 2),
            },
            "untimed": list(self.untimed),
            "runs": [
                {
                    "seed": run.seed,
                    "fmax_mhz": round(run.fmax, 2),
                    "path": {**asdict(run.path), "where": run.path.where},
                }
                for run in self.runs
            ],
            "used": {**{who: dict(self.used[who]) for who in OWNERS}, "whole": whole},
            "available": dict(self.available),
            "bitstream": self.bitstream,
            "pins": dict(self.pins),
            "tools": dict(self.tools),
        }

    @property
    def made(self) -> dict[str, str]:
        """The router, with its version and its options."""
        name, version = next(i for i in self.tools.items() if i[0].startswith("nextpnr"))
        return {name: f"{version} {self.tools.get('options', '')}".rstrip()}

    @property
    def names(self) -> tuple[str, ...]:
        """The resources that are counted."""
        return tuple(dict.fromkeys(name for who in OWNERS for name in self.used[who]))

    def lines(self) -> list[str]:
        """For the screen."""
        low, high = self.spread
        seeds = f"{len(self.runs)} seeds" if len(self.runs) > 1 else f"seed {self.runs[0].seed}"
        spread = f" ({low:.1f} to {high:.1f})" if len(self.runs) > 1 else ""
        path = self.fastest.path
        lines = [
            f"routed at {self.fmax:.1f} MHz, median of {seeds}{spread}"
            if spread
            else f"routed at {self.fmax:.1f} MHz, {seeds}",
            *self._left_out(),
            f"slowest path of seed {self.fastest.seed}: {path.where}, {path.logic:.1f} ns in cells "
            f"and {path.routing:.1f} ns in wires",
            "routed utilization: " + ", ".join(map(self._used, self.names)),
        ]
        if self.bitstream:
            chosen = "" if self.pins else ", with pins that the router chose: not for a board"
            lines.append(f"bitstream of seed {self.fastest.seed}: {self.bitstream}{chosen}")
        return lines

    def _left_out(self) -> list[str]:
        """The line that tells it, if anything is left out."""
        if not self.untimed:
            return []
        told = ", ".join(self.untimed)
        return [f"left out of the frequency, as the router knows no delays there: {told}"]

    def _used(self, name: str) -> str:
        core, harness, router = (self.used[who].get(name, 0) for who in OWNERS)
        told = [f"{core:,g} {name}"]
        told += [f"{harness:,g} of the harness"] if harness else []
        told += [f"{router:,g} of the router"] if router else []
        total, have = core + harness + router, self.available.get(name, 0)
        return " + ".join(told) + (f" ({total / have:.1%})" if have else "")


def slowest(report: Mapping[str, Any]) -> tuple[float, Path]:
    """The frequency in MHz and the path of a report that nextpnr writes with ``--report``."""
    clocked = [
        path for path in report["critical_paths"] if "<async>" not in (path["from"], path["to"])
    ]
    steps = max((path["path"] for path in clocked), key=lambda path: sum(s["delay"] for s in path))
    wires = sum(step["delay"] for step in steps if step["type"] == "routing")
    whole = sum(step["delay"] for step in steps)
    fmax = min(clock["achieved"] for clock in report["fmax"].values())
    source, target = steps[0]["from"]["cell"], steps[-1]["to"]["cell"]
    return fmax, Path(source, target, round(whole - wires, 3), round(wires, 3))
