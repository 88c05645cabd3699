"""What a synthesized design costs, in lines of text: rows of a table, and what stands below it."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from .boards import Board, Cost
from .boards.fanout import LIMIT

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
ROUTED_NOTE = (
    "The table is what synthesis leaves, the frequency is what the router says of the placed and "
    "routed part; power is not estimated. Sites: LUT sites of the device that LUTs, carries and "
    "flip-flops take together."
)

VERIFIED, NOT_VERIFIED = "verified against the golden model", "NOT verified"

#: What the bounds of sites are called.
_BINDING = {"lut": "LUTs", "carry": "carries", "alu": "carries", "ff": "flip-flops"}

#: So many registers of great fan-out are told by name.
_TOLD = 5


def header(board: Board, per: str, parts: Mapping[str, Cost]) -> list[str]:
    """What the columns of :func:`rows` are; ``per`` is the unit of work, or nothing."""
    more = [f"per {per}"] if per else []
    return ["resource", "used", *parts, f"of {board.name}", "share", *more]


def rows(
    cost: Cost, board: Board, work: float | None, parts: Mapping[str, Cost]
) -> list[list[str]]:
    """Resource, used, of that in each part, of the board, share, per unit of work."""
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
                *(f"{part.resources.get(name, 0):,g}" for part in parts.values()),
                f"{total:,}" if total else "–",
                f"{used / total:.3%}" if total else "–",
                *([f"{used / work:.2f}"] if work else []),
            ]
        )
    return lines


def levels_line(cost: Cost) -> str:
    """The levels between registers."""
    levels = cost.levels
    return f"levels between registers: {levels['lut']} LUT, carry run of {levels['carry']} bits"


def binding_lines(cost: Cost) -> list[str]:
    """What ``sites`` is the largest of; nothing where cells are alike."""
    bounds = cost.bounds
    if len(bounds) < 2 or not max(bounds.values()):
        return []
    first, *others = sorted(bounds, key=lambda name: -bounds[name])
    told = [f"{_BINDING[name]} {ceil(bounds[name]):,}" for name in others]
    return [f"sites: {_BINDING[first]} bind ({ceil(bounds[first]):,}); {', '.join(told)}"]


def register_lines(cost: Cost, limit: int = LIMIT) -> list[str]:
    """The greatest fan-out and the control sets; and by name what drives more than ``limit``."""
    found = cost.registers
    if not found.get("greatest"):
        return []
    name, most, _ = found["greatest"][0]
    lines = [
        f"registers: greatest fan-out {most:,} ({name}), {found['control_sets']:,} control sets"
    ]
    above = sum(n for fanout, n in found["fanouts"].items() if int(fanout) > limit)
    if above:
        named = [item for item in found["greatest"] if item[1] > limit][:_TOLD]
        words = [
            f"{n} ({count:,})" + f" {times:,} times" * (times > 1) for n, count, times in named
        ]
        more = above - sum(times for _, _, times in named)
        words += [f"{more:,} more"] if more > 0 else []
        lines.append(f"fan-out above {limit:,}: {', '.join(words)}")
    return lines


def tools_line(cost: Cost) -> str:
    """What made the numbers."""
    return "tools: " + ", ".join(f"{name} {text}" for name, text in cost.tools.items())


def style(line: str) -> str:
    """How a terminal shows a line below the table: the proof stands out, small print does not."""
    if line.endswith(VERIFIED):
        return "green"
    if line.endswith(NOT_VERIFIED):
        return "yellow"
    return "dim" if line in (NOTE, ROUTED_NOTE) or line.startswith("tools: ") else ""
