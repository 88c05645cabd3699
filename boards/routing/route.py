"""Routes a mapped netlist in its harness, once for each seed."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path as FilePath
from typing import Any

from ...golden.errors import DesignError, ToolFailed
from ...tools import cache, nextpnr, whole
from ...tools.progress import Step, Told, quiet
from ..catalogue import Board
from ..cost import Cost, demand
from .ecp5 import ROUTER as ECP5
from .gowin import ROUTER as GOWIN
from .harness import Harness, harness, owner
from .ice40 import ROUTER as ICE40
from .nexus import ROUTER as NEXUS
from .result import OWNERS, Path, Routed, Run, slowest
from .router import Packer, Placed, Router

#: family → its router.
ROUTERS = {"ecp5": ECP5, "ice40": ICE40, "gowin": GOWIN, "nexus": NEXUS}

#: Part of every cache key. Raise it whenever a count or a frequency may come out differently.
ANALYSIS = "2"

#: What the router aims at, in MHz. Beyond it has no reason to go on: what reaches it, as small
#: designs on Nexus do, might be faster.
GOAL = 400

#: The most seeds in one go.
MOST = 100

#: Kept of a routing: what the router said, the netlist that it wrote, what the packer reads.
LOG, NETLIST, CONFIG = "nextpnr.log", "routed.json.gz", "config.gz"

#: The netlist as the router writes it.
ROUTED = "routed.json"

#: What a router says of a part that is full.
_FULL = re.compile(r"ERROR: .*(no BELs? remaining|[Uu]nable to find legal placement).*")


def router_of(board: Board) -> Router:
    """The router of a board.

    Raises DesignError for a family or a part that no open router serves, ToolMissing.
    """
    if board.family not in ROUTERS:
        served = ", ".join(sorted(ROUTERS))
        raise DesignError(
            f"no open router places the family {board.family} of {board.name}; routed are "
            f"{served}: choose a board of these, such as --board ulx3s-85, or leave out --route"
        )
    found = ROUTERS[board.family]
    found.device(board.part)
    found.pins(board)
    nextpnr.require(found.package)
    return found


def route(
    netlist: FilePath,
    cost: Cost,
    board: Board,
    seeds: Sequence[int],
    folder: FilePath,
    *,
    pack: bool = True,
    progress: Told = quiet,
) -> Routed:
    """Route the module ``cost.top`` of a netlist in its harness.

    Parameters
    ----------
    netlist : as :func:`~macsmith.boards.synthesize` writes it.
    cost : what it takes, to say at once if it is too much.
    seeds : of the router, each once; the same seed gives the same result.
    folder : the harness, the logs and the bitstream go into ``folder / "routed"``.
    pack : make a bitstream, where there is a packer.
    progress : is told each step as it begins.

    Raises
    ------
    DesignError : a board that is not routed; a design that is larger than its part; seeds that are
        none.
    ToolMissing, ToolFailed : the router.
    """
    router, seeds = router_of(board), checked(seeds)
    found = harness(json.loads(netlist.read_text(encoding="utf-8")), cost.top, router)
    _fits(cost, found, board)
    text = json.dumps(router.prepared(found.netlist))
    runs, entries = [], []
    for number, seed in enumerate(seeds, 1):
        line = f"routing {cost.top.removesuffix('_core')} for {board.name}"
        count = f", seed {number} of {len(seeds)}" if len(seeds) > 1 else ""
        progress(Step(line + count, "route", len(text)))
        path, index = routed(text, router, board, seed)
        runs.append(Run(seed, index["fmax"], Path(**index["path"])))
        entries.append((path, index))
    best, index = entries[runs.index(max(runs, key=lambda run: run.fmax))]
    target = folder / "routed"
    target.mkdir(parents=True, exist_ok=True)
    whole.write(target / "harness.json", text.encode())
    for run, (path, _) in zip(runs, entries, strict=True):
        cache.copy(path / LOG, target / f"seed-{run.seed}.log")
    packer = router.packs(text) if pack else None
    bitstream = _packed(router, packer, board, best, target) if packer else None
    return Routed(
        tuple(runs),
        index["used"],
        index["available"],
        bitstream and f"routed/{bitstream}",
        router.pins(board),
        {
            router.program.replace("_", "-"): nextpnr.version(router.package),
            "options": " ".join(_options(router, board)),
            "analysis": ANALYSIS,
        },
        router.leaves_out(text),
    )


def checked(seeds: Sequence[int]) -> tuple[int, ...]:
    """The seeds, each once; DesignError for none, for too many, and for what is no seed."""
    found = tuple(dict.fromkeys(seeds))
    if not 1 <= len(found) <= MOST:
        raise DesignError(f"a design is routed with 1 to {MOST} seeds, got {len(found)}")
    for seed in found:
        if not 1 <= seed < 1 << 63:
            raise DesignError(f"a seed is a number from 1 to 2^63 - 1, got {seed}")
    return found


def routed(text: str, router: Router, board: Board, seed: int) -> tuple[FilePath, dict[str, Any]]:
    """The folder of a routing that is kept, and what is known of it."""
    options = (*_options(router, board), "--seed", str(seed))
    pins = router.pins(board)
    told = (*options, router.constraints(pins)[2] if pins else "", text)
    name = cache.key(ANALYSIS, router.package, nextpnr.version(router.package), *told)
    return cache.entry(
        "route", name, lambda scratch: _measure(text, router, board, options, scratch)
    )


def _options(router: Router, board: Board) -> tuple[str, ...]:
    return (
        *router.device(board.part),
        *router.freely,
        *(router.constraints(pins)[0] if (pins := router.pins(board)) else ()),
        *("--freq", str(GOAL), "--timing-allow-fail"),
    )


def _measure(
    text: str, router: Router, board: Board, options: Sequence[str], folder: FilePath
) -> tuple[dict[str, Any], list[FilePath]]:
    """Runs the router and the packer inside ``folder``."""
    (folder / "harness.json").write_text(text, encoding="utf-8")
    words = [*options, "--json", "harness.json", "--report", "report.json"]
    words += ["--write", ROUTED]
    packer = router.packs(text)
    if packer and packer.option:
        words += [packer.option, f"harness{packer.source}"]
    if pins := router.pins(board):
        _, name, lines = router.constraints(pins)
        (folder / name).write_text(lines, encoding="utf-8")
    try:
        nextpnr.run(router.package, router.program, words, folder, LOG)
    except ToolFailed as error:
        log = (folder / LOG).read_text(encoding="utf-8") if (folder / LOG).exists() else ""
        if full := _FULL.search(log):
            raise DesignError(_too_small(board, full[0].removeprefix("ERROR: "))) from error
        raise
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    netlist = (folder / ROUTED).read_bytes()
    fmax, path = slowest(report)
    index = {
        "fmax": fmax,
        "path": asdict(path),
        "used": owned(json.loads(netlist), router),
        "available": available(report["utilization"], router),
    }
    (folder / NETLIST).write_bytes(gzip.compress(netlist, 1, mtime=0))
    files = [folder / LOG, folder / NETLIST]
    if packer:
        source = f"harness{packer.source}" if packer.option else ROUTED
        config = (folder / source).read_bytes()
        (folder / CONFIG).write_bytes(gzip.compress(config, 1, mtime=0))
        files.append(folder / CONFIG)
    return index, files


def _packed(router: Router, packer: Packer, board: Board, entry: FilePath, target: FilePath) -> str:
    """The bitstream of a routing that is kept, in ``target``: the file's name."""
    source, name = (f"harness{ending}" for ending in (packer.source, packer.target))

    def pack(folder: FilePath) -> None:
        (folder / source).write_bytes(gzip.decompress((entry / CONFIG).read_bytes()))
        words = packer.words(board.part, source, name)
        nextpnr.run(router.package, packer.program, words, folder, "pack.log")
        (folder / source).unlink()

    found = cache.kept(
        cache.root() / "bitstream" / cache.key(packer.program, _packs(packer), entry.name), pack
    )
    cache.copy(found / name, target / name)
    return name


def _packs(packer: Packer) -> str:
    """The version of a packer that is a wheel of its own."""
    package, dot, _ = packer.program.partition(".")
    return version(package) if dot else ""


def owned(netlist: Mapping[str, Any], router: Router) -> dict[str, dict[str, float]]:
    """Whose the cells of a routed netlist are: owner → resource → how many."""
    used: dict[str, dict[str, float]] = {who: {} for who in OWNERS}
    (module,) = netlist["modules"].values()
    for name, cell in module["cells"].items():
        if router.empty(Placed.read(cell)):
            continue
        own = used[owner(name)]
        for resource, amount in router.kinds(cell["type"], cell["parameters"]).items():
            own[resource] = own.get(resource, 0) + amount
    return used


def available(utilization: Mapping[str, Any], router: Router) -> dict[str, float]:
    """Resource → how many the router knows of."""
    found: dict[str, float] = {}
    for kind, counts in utilization.items():
        for resource, amount in router.kinds(kind, {}).items():
            if amount == 1:
                found[resource] = max(found.get(resource, 0), counts["available"])
    return found


def _fits(cost: Cost, found: Harness, board: Board) -> None:
    """Raise DesignError, with the counts, if a design and its harness are larger than the part."""
    needed = demand(cost.resources)
    needed["lut"] += found.luts
    needed["ff"] = needed.get("ff", 0) + found.flip_flops
    for resource, amount in needed.items():
        have = board.resources.get(resource)  # a board's file need not tell all
        if have is not None and amount > have:
            kind = "sites" if resource == "lut" else resource
            raise DesignError(
                _too_small(
                    board,
                    f"{cost.top.removesuffix('_core')} in its harness takes {amount:,g} {kind}, "
                    f"the part has {have:,g}",
                )
            )


def _too_small(board: Board, why: str) -> str:
    return f"{board.part} of {board.name} is too small: {why}; choose a smaller shape"
