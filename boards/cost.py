"""What engines cost on a board: synthesized, counted, and compared with what the board has.

These are estimates after synthesis: nothing is placed or routed, and no power is estimated.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import floor
from pathlib import Path
from typing import Any

from ..tools import cache, yosys
from . import script
from .catalogue import Board
from .families import Family, family
from .fanout import registers
from .levels import levels
from .netlist import Netlist, read
from .sites import usage

#: Part of every cache key. Raise it whenever a count or a level may come out differently.
ANALYSIS = "2"


@dataclass(frozen=True)
class Fits:
    """How many engines fit beside the shell, and the resource that runs out first.

    Every resource is divided alone: nothing is kept free for routing. ``dies`` is how many fit each
    die of a device of several, without a shell, of which it is not known where it lies.
    """

    engines: int
    tightest: str
    dies: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Cost:
    """The cost of one engine.

    Parameters
    ----------
    top : the engine's top module.
    board, policy : what it was synthesized for.
    resources : as :class:`~macsmith.boards.sites.Usage`.
    bounds : what ``sites`` is the largest of.
    levels : ``lut``, ``carry`` (bits), ``carry_runs``, ``muxf``, ``dsp``: see
        :class:`~macsmith.boards.levels.Levels`.
    utilization : the share of the board, by the board's resources; ``lut`` by sites.
    fits : None for an engine that uses nothing.
    tools : the yosys version, its flags and variant, the version of this analysis.
    seconds : what the synthesis of all engines of the run took, when it ran.
    registers : ``fanouts``, ``greatest`` and ``control_sets``: see
        :class:`~macsmith.boards.fanout.Registers`.
    """

    top: str
    board: str
    policy: str
    resources: Mapping[str, float]
    bounds: Mapping[str, float]
    levels: Mapping[str, int]
    utilization: Mapping[str, float]
    fits: Fits | None
    tools: Mapping[str, str]
    seconds: float
    registers: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def synthesize(
    rtlil: str,
    tops: Sequence[str],
    board: Board,
    policy: str,
    keep: Iterable[str],
    folder: Path,
    *,
    edif: bool = False,
    variant: str = "default",
    most: int | None = None,
) -> dict[str, Cost]:
    """Synthesizes every module of ``tops`` in one yosys run and counts each apart.

    Modules of ``keep`` stay modules of their own, synthesized once however often they stand; all
    others are dissolved. Into ``folder`` go ``mapped.v``, ``netlist.json``, with ``edif`` one
    ``<top>.edf`` each; the script and its log are in ``folder / "yosys"``. The same work is not
    done twice: :mod:`macsmith.tools.cache`.

    Parameters
    ----------
    policy : ``lut`` (no DSP inferred) or ``dsp``.
    variant : what yosys does to plain arithmetic first: ``default``, ``booth``, ``arith_tree``; or
        ``levels``, which maps for few LUTs in series.
    most : where a top has more LUTs in series, all are mapped for fewer; what has the fewest is
        taken.

    Raises
    ------
    DesignError, UnknownName : a name or policy that does not work; a combinational loop.
    ToolMissing, ToolFailed : yosys.
    """
    chosen = family(board.family)
    text = script.design(rtlil, tops, keep)
    texts = *(path.read_text(encoding="utf-8") for path in chosen.maps), text

    def mapped(variant: str) -> tuple[int, str, Path, dict[str, Any]]:
        commands = script.commands(board, policy, variant, tops, edif)
        name = cache.key(ANALYSIS, yosys.version(), chosen.name, *commands, *tops, *texts)
        path, index = cache.entry(
            "synth", name, lambda scratch: _measure(text, commands, tops, chosen, scratch)
        )
        deepest = max(measured["levels"]["lut"] for measured in index["tops"].values())
        return deepest, variant, path, index

    found = mapped(variant)
    if most is not None and found[0] > most and any(chosen.levels):
        found = min(found, mapped(script.LEVELS), key=lambda known: known[0])
    _, variant, path, index = found
    for file in index["files"]:
        cache.copy(path / file, folder / file)
    flags = script.synthesis(board, policy, variant)
    tools = {"yosys": yosys.version(), "flags": flags, "variant": variant, "analysis": ANALYSIS}
    return {
        top: _cost(top, board, policy, index["tops"][top], tools, index["seconds"]) for top in tops
    }


def _measure(
    text: str, commands: list[str], tops: Sequence[str], chosen: Family, folder: Path
) -> tuple[dict[str, Any], list[Path]]:
    """Runs yosys and both analyses inside ``folder``."""
    started = time.monotonic()
    (folder / "design.il").write_text(text, encoding="utf-8")
    for path in chosen.maps:
        shutil.copy(path, folder)
    yosys.run(commands, folder)
    netlist = read(folder / "netlist.json")
    measured = {top: _analyse(netlist, top, chosen) for top in tops}
    seconds = round(time.monotonic() - started, 2)
    files = [folder / "mapped.v", folder / "netlist.json", *sorted(folder.glob("*.edf"))]
    files += [folder / "yosys.ys", folder / "yosys.log"]
    return {"tops": measured, "seconds": seconds}, files


def _analyse(netlist: Netlist, top: str, chosen: Family) -> dict[str, Any]:
    used = usage(netlist, top, chosen)
    return {
        "resources": dict(used.resources),
        "bounds": dict(used.bounds),
        "levels": asdict(levels(netlist, top, chosen)),
        "registers": asdict(registers(netlist, top, chosen)),
    }


def _cost(
    top: str,
    board: Board,
    policy: str,
    measured: Mapping[str, Any],
    tools: Mapping[str, str],
    seconds: float,
) -> Cost:
    used = demand(measured["resources"])
    return Cost(
        top,
        board.name,
        policy,
        measured["resources"],
        measured["bounds"],
        measured["levels"],
        {key: used.get(key, 0) / have for key, have in board.resources.items() if have},
        fits(used, board),
        tools,
        seconds,
        measured.get("registers", {}),
    )


def demand(resources: Mapping[str, float]) -> dict[str, float]:
    """What an engine takes of a board, by the board's names: LUTs are counted as sites."""
    board_wide = (
        "ff",
        "dsp",
        "alu54b",
        "bram36",
        "uram",
        "ebr18",
        "ebr4",
        "bsram",
        "spram",
        "lram",
    )
    used = {"lut": resources["sites"]}
    return used | {key: resources[key] for key in board_wide if key in resources}


def fits(used: Mapping[str, float], board: Board) -> Fits | None:
    """How many times ``used`` fits on ``board`` after its shell; None if nothing is used."""
    counts = {
        key: max(0, floor(board.available(key) / amount)) for key, amount in used.items() if amount
    }
    if not counts:
        return None
    tightest = min(counts, key=lambda key: counts[key])
    many = len(next(iter(board.dies.values()), ()))
    dies = (
        min(floor(board.dies[key][die] / used[key]) if key in board.dies else 0 for key in counts)
        for die in range(many)
    )
    return Fits(counts[tightest], tightest, tuple(dies))
