"""Reports of Vivado beside what macsmith counts of the same design."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import boards
from .boards import Board
from .boards.estimates import Figure
from .boards.estimates.fmax import numbers
from .boards.estimates.report_text import Text, text
from .boards.estimates.rows import PATH
from .boards.estimates.timing import Timing, timing
from .boards.estimates.utilization import Utilization, utilization
from .boards.estimates.vivado import FAMILY
from .golden.description import Design
from .golden.errors import DesignError
from .library import cost
from .report import Report
from .tools.progress import Told

__all__ = ["Beside", "Reports", "beside", "reports"]

#: Devices of the families that Vivado knows, and a board of each.
_DEVICES = {
    "xcup": (re.compile(r"x[acq](?:[kv]u\d+p|au\d+p|zu\d+|u\d+|k\d+)"), "u280"),
    "xc7": (re.compile(r"(?:x[acq])?7[akvsz]\d+"), "pynq-z2"),
}

#: What is set side by side.
_SHOWN = ("lut", "ff", "srl", "lutram", "dsp", "bram36", "uram")


@dataclass(frozen=True)
class Reports:
    """What was read.

    Parameters
    ----------
    counts : of utilization, by stage: ``synthesis``, ``placement``, ``routing``.
    timing : of the longest path, if there was such a report.
    """

    counts: dict[str, Utilization]
    timing: Timing | None

    @property
    def texts(self) -> list[Text]:
        found = [item.text for item in self.counts.values()]
        return [*found, *([self.timing.text] if self.timing else [])]

    @property
    def device(self) -> str:
        """The longest of their names for the part: some leave the speed grade out."""
        return max((item.device for item in self.texts), key=len)

    def synthesized(self) -> Utilization:
        """The counts after synthesis, which a row compares.

        Raises DesignError without them, and for a device that the rows are not of.
        """
        if not _DEVICES[FAMILY][0].match(self.device):
            raise DesignError(f"rows are of UltraScale+ devices, got reports of {self.device}")
        if "synthesis" not in self.counts:
            got = ", ".join(self.counts) or "timing alone"
            raise DesignError(
                f"a row has Vivado's counts after synthesis, got reports of {got}: give that of "
                "report_utilization after synth_design"
            )
        return self.counts["synthesis"]


def reports(paths: Sequence[Path]) -> Reports:
    """The reports of one design.

    Raises DesignError, with file and line, for what is none, and where two tell the same.
    """
    counts: dict[str, Utilization] = {}
    timed: Timing | None = None
    for path in paths:
        found = text(path)
        if found.kind == "report_utilization":
            item = utilization(found)
            if item.stage in counts:
                other = counts[item.stage].text.name
                raise DesignError(f"{found.name} and {other} are both of {item.stage}: give one")
            counts[item.stage] = item
        elif found.kind in ("report_timing_summary", "report_timing"):
            # What both tell is the same; the summary names its clock.
            again = timing(found)
            timed = again if timed is None or found.kind == "report_timing_summary" else timed
        else:
            raise found.wrong(
                0, "give report_utilization, report_timing_summary or report_timing, got "
                f"{found.kind}"
            )  # fmt: skip
    read = Reports(counts, timed)
    names = {item.device.replace("-", "")[:7] for item in read.texts}
    if len(names) > 1:
        told = ", ".join(f"{item.name}: {item.device}" for item in read.texts)
        raise DesignError(f"reports must be of one device, got {told}")
    return read


def board_of(device: str, name: str | None) -> Board:
    """The board that ``name`` names, or one of the device's family: its part, if it has a board.

    Raises DesignError for a device that yosys does not map for.
    """
    family = next((key for key, (known, _) in _DEVICES.items() if known.match(device)), None)
    if family is None:
        raise DesignError(
            f"devices of UltraScale+ and 7 series can be compared with, got {device or 'none'}"
        )
    if name is not None:
        board = boards.lookup(name)
        if board.family != family:
            raise DesignError(f"--board must be of the family {family}, as {device}, got {name}")
        return board
    known = map(boards.lookup, boards.names())
    part = device.split("-")[0]
    return next(
        (board for board in known if board.part.split("-")[0] == part),
        boards.lookup(_DEVICES[family][1]),
    )


@dataclass(frozen=True)
class Beside:
    """A design's counts, and those of Vivado's reports."""

    ours: Report
    theirs: Reports

    @property
    def stages(self) -> list[str]:
        return list(self.theirs.counts)

    def rows(self) -> list[list[str]]:
        """Resource, ours, the estimate, and each report's."""
        found = []
        for name in _SHOWN:
            counts = [item.counts.get(name) for item in self.theirs.counts.values()]
            used = self.ours.cost.resources.get(name, 0)
            if not used and not any(counts):
                continue
            told = [_number(count) for count in counts]
            found.append([name, _number(used), self._bars(name), *told])
        return found

    def header(self) -> list[str]:
        """What the columns of ``rows`` are."""
        return ["resource", "ours", "estimate", *(f"Vivado, {name}" for name in self.stages)]

    def _figure(self, name: str) -> Figure | None:
        found = self.ours.vivado
        return {"lut": found.lut, "ff": found.ff}.get(name) if found else None

    def _bars(self, name: str) -> str:
        found = self._figure(name)
        return f"{found.least:,.0f}…{found.most:,.0f}" if found else "–"

    def lines(self) -> list[str]:
        """What is to be known of them."""
        found = []
        for name in ("lut", "ff"):
            figure, item = self._figure(name), self.theirs.counts.get("synthesis")
            if figure is not None and item is not None:
                count = item.counts[name]
                inside = "inside" if figure.least <= count <= figure.most else "OUTSIDE"
                off = count / figure.value - 1
                found.append(f"{name.upper()}: {off:+.1%} of the estimate, {inside} its bars")
        if (path := self.theirs.timing) is not None:
            stage = "routed" if path.routed else "NOT routed"
            met = "met, so it may go faster" if path.met else "missed"
            found.append(
                f"{stage}: {path.megahertz:.1f} MHz (asked for {1000 / path.period:.1f} MHz, {met})"
            )
            found += self._reached(path)
            if path.levels:
                found.append(f"longest path: levels {path.levels}")
        names = {item.head.get("Design", "") for item in self.theirs.texts} - {""}
        for name in sorted(names - {self.ours.hardware.name}):
            found.append(f"note: the reports are of {name}, ours of {self.ours.hardware.name}")
        return found

    def _reached(self, path: Timing) -> list[str]:
        """The estimate of the frequency beside what was reached, if it tells of it."""
        told = self.ours.vivado.fmax if self.ours.vivado else None
        if told is None or told.figure is None or not path.routed:
            return []
        figure, reached = told.figure, path.megahertz
        if path.met and reached < figure.least:
            return []  # a clock that was met bounds it from below
        inside = "inside" if figure.least <= reached <= figure.most else "OUTSIDE"
        return [f"Fmax: {reached / figure.value - 1:+.1%} of the estimate, {inside} its bars"]

    def cells(self) -> dict[str, str]:
        """The row for the data set; DesignError without counts after synthesis."""
        item, vivado = self.theirs.synthesized(), self.ours.vivado
        assert vivado is not None, "ours is of the reports' family"
        used, hardware, path = self.ours.cost.resources, self.ours.hardware, self.theirs.timing
        release = item.text.tool.removeprefix("Vivado ")
        words = [hardware.shape, self.ours.cost.policy, self.theirs.device, release]
        found = {
            "module": hardware.name,
            "variant": "-".join(word for word in words if word),
            "yosys_lut": f"{used['lut']:g}",
            "yosys_lut_packed": f"{used['lut_packed']:g}",
            "sites": f"{used['sites']:g}",
            "vivado_lut": f"{item.counts['lut']:g}",
            "yosys_ff": f"{used['ff']:g}",
            "yosys_srl_bits": str(vivado.srl_bits),
            "vivado_ff": f"{item.counts['ff']:g}",
            "part": self.theirs.device,
            "tool": item.text.tool,
        }
        if (told := vivado.fmax) is not None and told.path is not None:
            found |= dict(zip(PATH, map(str, numbers(told.path)), strict=True))
        if path is not None and path.routed:
            found |= {"vivado_fmax_mhz": f"{path.megahertz:.0f}", "period_ns": f"{path.period:g}"}
        return found

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        path = self.theirs.timing
        return {
            "design": self.ours.hardware.name,
            "device": self.theirs.device,
            "board": self.ours.board.name,
            "ours": {name: self.ours.cost.resources.get(name, 0) for name in _SHOWN},
            "estimate": self.ours.vivado.to_dict() if self.ours.vivado else None,
            "vivado": {stage: dict(item.counts) for stage, item in self.theirs.counts.items()},
            "timing": {
                "mhz": round(path.megahertz, 2),
                "period_ns": path.period,
                "slack_ns": path.slack,
                "met": path.met,
                "routed": path.routed,
                "levels": path.levels,
            }
            if path
            else None,
            "tool": sorted({item.tool for item in self.theirs.texts}),
        }


def beside(
    design: Design, read: Reports, board: str | None = None, *, progress: Told | None = None
) -> Beside:
    """The counts of ``design`` beside those of reports.

    Parameters
    ----------
    read : of :func:`reports`.
    board : for which ours is synthesized; by default one of the reports' device or its family.

    Raises DesignError, UnknownName, ToolMissing, ToolFailed.
    """
    chosen = board_of(read.device, board)
    return Beside(cost(design, chosen, progress=progress), read)


def _number(count: float | None) -> str:
    return "–" if count is None else f"{count:,g}"
