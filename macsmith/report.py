"""What a synthesized engine costs, as a table, as JSON and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .boards import Board, Cost
from .golden.description import Engine
from .golden.products import RULES

#: What is printed, in this order, with the board's resource that limits it.
ROWS = {
    "sites": "lut",
    "lut": "lut",
    "lut_packed": "lut",
    "ff": "ff",
    "carry8": None,
    "dsp": "dsp",
    "bram36": "bram36",
    "uram": "uram",
}
NOTE = (
    "Estimate after synthesis, not placed; power is not estimated. Sites: LUT sites of the device "
    "that LUTs, carries and flip-flops take together."
)


def folder_name(engine: Engine, board: Board) -> str:
    """A name that tells one run from another: engine, shape, policy and board."""
    build = engine.build
    shape = f"{build.rows}x{build.cols}x{build.lanes}"
    told = [engine.name] if f"_{shape}" in engine.name else [engine.name, shape]
    return "-".join([*told, build.policy, board.name])


def header(board: Board, macs: float | None, path: Cost | None = None) -> list[str]:
    """What the columns of :func:`rows` are."""
    more = ["scale path"] if path else []
    return ["resource", "used", *more, f"of {board.name}", "share", *(["per MAC"] if macs else [])]


def rows(cost: Cost, board: Board, macs: float | None, path: Cost | None = None) -> list[list[str]]:
    """Resource, used, of that in a scale path, of the board, share, per MAC."""
    lines = []
    for name, limit in ROWS.items():
        used = cost.resources.get(name, 0)
        total = board.resources.get(limit, 0) if limit else 0
        if not used and not total:
            continue  # the family has no such thing
        lines.append(
            [
                name,
                f"{used:,g}",
                *([f"{path.resources.get(name, 0):,g}"] if path else []),
                f"{total:,}" if total else "–",
                f"{used / total:.3%}" if total else "–",
                *([f"{used / macs:.2f}"] if macs else []),
            ]
        )
    return lines


def levels_line(cost: Cost) -> str:
    """The levels between registers."""
    levels = cost.levels
    return f"levels between registers: {levels['lut']} LUT, carry run of {levels['carry']} bits"


def tools_line(cost: Cost) -> str:
    """What made the numbers."""
    return "tools: " + ", ".join(f"{name} {text}" for name, text in cost.tools.items())


@dataclass(frozen=True)
class Report:
    """The cost of ``engine`` on ``board``, and whether the design was verified.

    ``rates`` are the MACs a cycle by the formats of each mode; a MAC is one of the first. ``path``
    is the cost of its scale path alone, which ``cost`` includes; None for raw engines.
    """

    engine: Engine
    board: Board
    cost: Cost
    verified: bool
    seconds: float
    rates: Mapping[str, int | float]
    path: Cost | None = None

    @property
    def macs(self) -> int | float:
        """Products a cycle in the first mode."""
        return next(iter(self.rates.values()))

    @property
    def approximate(self) -> list[str]:
        """The product rules in use that are not exact."""
        rules = sorted({mode.product for mode in self.engine.modes})
        return [name for name in rules if RULES[name].approximate]

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON: resources, their share of the board, and per MAC."""
        resources = {name: self.cost.resources.get(name, 0) for name in ROWS}
        fits = self.cost.fits
        return {
            "engine": self.engine.name,
            "board": self.board.name,
            "part": self.board.part,
            "policy": self.cost.policy,
            "verified": self.verified,
            "shape": {k: getattr(self.engine.build, k) for k in ("rows", "cols", "lanes")},
            "macs_per_cycle": self.macs,
            "approximate": self.approximate,
            "modes": [{"pair": pair, "macs_per_cycle": n} for pair, n in self.rates.items()],
            "resources": resources,
            "macs_per_dsp": round(self.macs / used, 3) if (used := resources["dsp"]) else None,
            "per_mac": {name: round(value / self.macs, 3) for name, value in resources.items()},
            "scale_path": self._path(),
            "utilization": dict(self.cost.utilization),
            "bounds": dict(self.cost.bounds),
            "levels": dict(self.cost.levels),
            "fits": {"engines": fits.engines, "tightest": fits.tightest} if fits else None,
            "tools": dict(self.cost.tools),
            "seconds": self.seconds,
            "note": NOTE,
        }

    def _path(self) -> dict[str, Any] | None:
        """The scale path's resources, and its share of the engine's sites."""
        if self.path is None:
            return None
        resources = {name: self.path.resources.get(name, 0) for name in ROWS}
        whole = self.cost.resources["sites"]
        return {"resources": resources, "share": round(resources["sites"] / whole, 4)}

    @property
    def header(self) -> list[str]:
        """What the columns of ``rows`` are."""
        found = header(self.board, self.macs, self.path)
        return [*found[:-1], f"per {next(iter(self.rates))}"] if len(self.rates) > 1 else found

    def rows(self) -> list[list[str]]:
        """Resource, used, of that in the scale path, of the board, share, per MAC."""
        return rows(self.cost, self.board, self.macs, self.path)

    def summary(self) -> list[str]:
        """Lines below the table."""
        fits = self.cost.fits
        proof = "verified against the golden model" if self.verified else "NOT verified"
        if self.approximate:
            proof = f"products approximate ({', '.join(self.approximate)}); {proof}"
        lines = [
            f"{self._rates()} MACs per cycle{self._packed()}; {proof}",
            levels_line(self.cost),
        ]
        if self.path:
            part, whole = self.path.resources["sites"], self.cost.resources["sites"]
            lines.append(
                f"scale path, from the array's sums to results: {part / whole:.1%} of the sites"
            )
        if fits:
            total = fits.engines * self.macs
            shell = " beside the board's shell" if self.board.shell else ""
            limit = "sites" if fits.tightest == "lut" else fits.tightest
            lines.append(
                f"{fits.engines:,} such engines fit{shell} ({limit} run out first): "
                f"{total:,g} MACs per cycle"
                + f" of {next(iter(self.rates))}"
                * (len(self.rates) > 1)
            )
        return [*lines, NOTE, tools_line(self.cost)]

    def _packed(self) -> str:
        """How many a DSP block, where there are any."""
        used = self.cost.resources.get("dsp", 0)
        return f", {self.macs / used:.2f} for each DSP block" if used else ""

    def _rates(self) -> str:
        if len(self.rates) == 1:
            return f"{self.macs:,g}"
        return ", ".join(f"{rate:,g} {pair}" for pair, rate in self.rates.items())

    def markdown(self) -> str:
        """The report as a Markdown section."""
        lines = [
            f"## {self.engine.name} on {self.board.name}, policy {self.cost.policy}",
            "",
            "| " + " | ".join(self.header) + " |",
            "|" + "---|" * len(self.header),
            *("| " + " | ".join(row) + " |" for row in self.rows()),
            "",
            *(f"- {line}" for line in self.summary()),
        ]
        return "\n".join(lines) + "\n"
