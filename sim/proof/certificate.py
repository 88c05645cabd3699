"""Proves what the streams of a design promise, and keeps how."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from ...golden.errors import ToolFailed
from ...hw.text.emit import Emitted
from ...tools import solvers, yosys
from ...tools.progress import Step, Told, quiet
from . import scripts
from .claims import OPEN, ORDER, PLAIN, PROVEN, Certificate, Claim, state_of
from .due import Due
from .netlist import Mapped, netlist
from .values import CLAIMS as VALUES
from .values import INSTEAD, prove_values
from .work import Work

#: Seconds that one question may take.
SECONDS = 60


def prove(
    emitted: Emitted,
    folder: Path,
    *,
    core: str | None = None,
    seconds: int = SECONDS,
    only: Collection[str] = (*PLAIN, "order", "count", *VALUES),
    mapped: Mapped | None = None,
    progress: Told = quiet,
) -> Certificate:
    """Prove the claims of ``emitted`` in ``folder``, where all files stay.

    Parameters
    ----------
    core : other Verilog for the core.
    seconds : that one question of a solver may take.
    only : which claims; ``drain`` comes with ``count``.
    mapped : the core after synthesis, which is proven to be the core.
    progress : is told each claim as its proof begins.

    Raises ToolMissing, ToolFailed.
    """
    solvers.z3_program()
    work = Work(emitted, folder, core or emitted.verilog, seconds)
    told = Certificate(emitted.name)
    names = [name for name in PLAIN if name in only and (name != "last" or work.counting.marked)]
    for name in names:
        progress(Step(f"proving {name} of {emitted.name}", "prove", len(emitted.rtlil)))
        told.claims.append((_lasting(work) if name == "last" else None) or _plain(work, name))
    if "order" in only and work.engine:
        progress(Step(f"proving order of {emitted.name}", "prove", len(emitted.rtlil)))
        told.claims.append(_ordered(work))
    if "count" in only:
        progress(Step(f"proving count of {emitted.name}", "prove", len(emitted.rtlil)))
        told.claims += Due(work).claims()
    if chosen := [name for name in VALUES if name in only and work.engine]:
        valued = prove_values(
            emitted, folder, cells=work.cells, seconds=seconds, only=chosen, progress=progress
        )
        told.claims += valued.claims
        told.checks = valued.checks
        work.scripts |= valued.scripts
        work.monitors = valued.monitors
    if mapped is not None:
        claim, asked = netlist(
            emitted.core, mapped, folder, cells=work.cells, seconds=seconds, progress=progress
        )
        told.claims.append(claim)
        work.scripts |= asked
    told.files, told.asserting = work.files(), work.asserting
    return told


def _plain(work: Work, name: str) -> Claim:
    """A claim that property-directed reachability proves."""
    begun = time.monotonic()
    seconds = work.seconds // 4 if name == "last" else work.seconds
    found = work.ask(name, f"pdr,-T,{seconds}")
    cycles = work.limit if name == "progress" and found.proven else found.cycles
    return Claim(
        name,
        PLAIN[name],
        state_of(found),
        "property-directed reachability (abc pdr)",
        0 if found.proven and name != "progress" else cycles,
        round(time.monotonic() - begun, 1),
    )


def _lasting(work: Work) -> Claim | None:
    """``last`` by lemmas of where results of a tile are; None where they do not prove it."""
    begun = time.monotonic()
    if work.tiles is None:
        return None
    commands = scripts.staged(work.cells, work.tiles, work.seconds)
    try:
        yosys.run(commands, work.folder, log="last.log")
    except ToolFailed:  # also where registers have other names
        return None
    work.scripts["last"], work.asserting = commands, [*work.asserting, "last"]
    method = "induction over one cycle (yosys sat), with lemmas of each stage"
    seconds = round(time.monotonic() - begun, 1)
    return Claim("last", PLAIN["last"], PROVEN, method, 0, seconds)


def _ordered(work: Work) -> Claim:
    """That results come in the order of their reductions."""
    method = "property-directed reachability (abc pdr) with marked data"
    if work.marks is None:
        what = f"{ORDER}; not tried: {work.unmarked}"
        return Claim("order", what, OPEN, method, 0, 0.0, INSTEAD)
    begun = time.monotonic()
    found = work.ask("order", f"pdr,-T,{work.seconds}")
    cycles, seconds = 0 if found.proven else found.cycles, time.monotonic() - begun
    return Claim("order", ORDER, state_of(found), method, cycles, round(seconds, 1))
