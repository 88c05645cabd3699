"""What a synthesized design costs, as a table, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .boards import Board, Cost
from .boards.estimates import Estimate, Vivado
from .boards.fanout import LIMIT
from .boards.routing import Routed
from .cost_lines import (
    NOT_VERIFIED,
    NOTE,
    ROUTED_NOTE,
    ROWS,
    VERIFIED,
    binding_lines,
    header,
    levels_line,
    register_lines,
    rows,
    tools_line,
)
from .hw.design import Hardware
from .tools import cache


def folder_name(hardware: Hardware, board: Board) -> str:
    """A name that tells one run from another: design, shape, policy and board."""
    name, shape = hardware.name, hardware.shape
    told = [name, shape] if shape and f"_{shape}" not in name else [name]
    return "-".join([*told, hardware.target.policy, board.name])


@dataclass(frozen=True)
class Report:
    """The cost of a design on ``board``, and whether the design was verified.

    Parameters
    ----------
    hardware : of the design.
    board, cost : what it takes there.
    parts : the cost of parts alone, such as the scale path; ``cost`` includes them.
    verified : whether it was.
    seconds : what all took.
    vivado : what Vivado would count; None for a family of which nothing is known.
    fanout : registers that drive more pins are told by name.
    routed : what an open router makes of it; None if nobody asked.
    fmax : what an open router may make of it; None where it was routed, and for a family of which
        nothing is known.
    """

    hardware: Hardware
    board: Board
    cost: Cost
    parts: Mapping[str, Cost]
    verified: bool
    seconds: float
    vivado: Vivado | None = None
    fanout: int = LIMIT
    routed: Routed | None = None
    fmax: Estimate | None = None

    @property
    def rates(self) -> Mapping[str, int | float]:
        """Units of work a cycle, by the formats of each mode."""
        return self.hardware.rates

    @property
    def work(self) -> str:
        """The unit of work: ``MAC`` for engines."""
        return self.hardware.work

    @property
    def rate(self) -> int | float:
        """Units of work a cycle in the first mode."""
        return next(iter(self.rates.values()))

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON: resources, their share of the board, and per unit of work."""
        resources = {name: self.cost.resources.get(name, 0) for name in ROWS}
        fits, plural = self.cost.fits, f"{self.work.lower()}s"
        return {
            "design": self.hardware.name,
            "board": self.board.name,
            "part": self.board.part,
            "policy": self.cost.policy,
            "verified": self.verified,
            **self.hardware.facts,
            f"{plural}_per_cycle": self.rate,
            "approximate": self.hardware.approximate,
            "resources": resources,
            f"{plural}_per_dsp": round(self.rate / n, 3) if (n := resources["dsp"]) else None,
            f"per_{self.work.lower()}": {
                name: round(value / self.rate, 3) for name, value in resources.items()
            },
            "parts": {name: self._part(part) for name, part in self.parts.items()},
            "utilization": dict(self.cost.utilization),
            "bounds": dict(self.cost.bounds),
            "levels": dict(self.cost.levels),
            "vivado": self.vivado.to_dict() if self.vivado else None,
            "registers": dict(self.cost.registers),
            "routed": self.routed.to_dict() if self.routed else None,
            "fmax": self.fmax.to_dict() if self.fmax else None,
            "fits": self._fits() if fits else None,
            "tools": dict(self.cost.tools),
            "seconds": self.seconds,
            "note": self.note,
        }

    def _fits(self) -> dict[str, Any]:
        fits = self.cost.fits
        assert fits is not None
        found = {"designs": fits.engines, "tightest": fits.tightest}
        return found | ({"dies": list(fits.dies)} if fits.dies else {})

    def _part(self, part: Cost) -> dict[str, Any]:
        """A part's resources, and its share of the design's sites."""
        resources = {name: part.resources.get(name, 0) for name in ROWS}
        return {"resources": resources, "share": round(self._share(part), 4)}

    def _share(self, part: Cost) -> float:
        return part.resources["sites"] / self.cost.resources["sites"]

    @property
    def header(self) -> list[str]:
        """What the columns of ``rows`` are."""
        per = next(iter(self.rates)) if len(self.rates) > 1 else self.work
        return header(self.board, per, self.parts)

    def rows(self) -> list[list[str]]:
        """Resource, used, of that in each part, of the board, share, per unit of work."""
        return rows(self.cost, self.board, self.rate, self.parts)

    def summary(self) -> list[str]:
        """Lines below the table."""
        fits = self.cost.fits
        proof = VERIFIED if self.verified else NOT_VERIFIED
        if approximate := self.hardware.approximate:
            proof = f"products approximate ({', '.join(approximate)}); {proof}"
        lines = [
            f"{self._rates()} {self.work}s per cycle{self._packed()}; {proof}",
            *binding_lines(self.cost),
            levels_line(self.cost),
            *register_lines(self.cost, self.fanout),
        ]
        for name, part in self.parts.items():
            lines.append(f"{self.hardware.explained(name)}: {self._share(part):.1%} of the sites")
        if fits:
            total = fits.engines * self.rate
            shell = " beside the board's shell" if self.board.shell else ""
            limit = "sites" if fits.tightest == "lut" else fits.tightest
            lines.append(
                f"{fits.engines:,} such {self.hardware.kind}s fit{shell} ({limit} run out first): "
                f"{total:,g} {self.work}s per cycle"
                + f" of {next(iter(self.rates))}"
                * (len(self.rates) > 1)
            )
            if fits.dies:
                each = ", ".join(f"{count:,}" for count in fits.dies)
                if len(set(fits.dies)) == 1:
                    each = f"{fits.dies[0]:,} each"
                lines.append(f"the device's {len(fits.dies)} dies, empty, take {each}")
        lines += self.vivado.lines() if self.vivado else []
        lines += [line] if self.fmax and (line := self.fmax.line()) else []
        tools = tools_line(self.cost)
        if self.routed:
            lines += self.routed.lines()
            tools += "".join(f", {name} {text}" for name, text in self.routed.tools.items())
        return [*lines, self.note, tools]

    @property
    def note(self) -> str:
        """What the numbers are."""
        return ROUTED_NOTE if self.routed else NOTE

    def _packed(self) -> str:
        """How many a DSP block, where there are any."""
        used = self.cost.resources.get("dsp", 0)
        return f", {self.rate / used:.2f} for each DSP block" if used else ""

    def _rates(self) -> str:
        if len(self.rates) == 1:
            return f"{self.rate:,g}"
        return ", ".join(f"{rate:,g} {pair}" for pair, rate in self.rates.items())

    def markdown(self) -> str:
        """The report as a Markdown section."""
        lines = [
            f"## {self.hardware.name} on {self.board.name}, policy {self.cost.policy}",
            "",
            "| " + " | ".join(self.header) + " |",
            "|" + "---|" * len(self.header),
            *("| " + " | ".join(row) + " |" for row in self.rows()),
            "",
            *(f"- {line}" for line in self.summary()),
        ]
        return "\n".join(lines) + "\n"

    def write(self, made: Path, folder: Path) -> None:
        """Puts the files that were ``made`` for it, and the report, into ``folder``: at the end, so
        that work that ends early leaves nothing there. An earlier report's of other seeds go."""
        (made / "report.json").write_text(
            json.dumps(self.to_dict(), indent=2) + "\n", encoding="utf-8"
        )
        (made / "report.md").write_text(self.markdown(), encoding="utf-8")
        for stale in [*folder.glob("routed/seed-*.log"), *folder.glob("routed/harness.*")]:
            stale.unlink()
        for path in filter(Path.is_file, sorted(made.rglob("*"))):
            cache.copy(path, folder / path.relative_to(made))
