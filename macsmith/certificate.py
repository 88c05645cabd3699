"""Writes a certificate: what was proven of a design, and what proves it again without macsmith."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import jinja2

from . import boards
from .boards import Board
from .boards.families import family
from .folder import MANIFEST, check_target, write_folder
from .golden.description import Design
from .golden.errors import DesignError, Mismatch, ToolFailed
from .hw.text.emit import Emitted, emit
from .sim.proof import scripts
from .sim.proof.certificate import SECONDS, prove
from .sim.proof.claims import PROVEN, Certificate
from .sim.proof.netlist import MAPPED, Mapped
from .tools import work, yosys
from .tools.progress import Step, Told, quiet

#: The folder of a certificate, inside an engine's.
FOLDER = "proof"


def certify(
    design: Design,
    into: Path,
    *,
    board: Board | None = None,
    seconds: int = SECONDS,
    force: bool = False,
    progress: Told = quiet,
) -> tuple[Certificate, Path]:
    """Prove what the streams of ``design`` promise, and write ``into/proof``.

    Parameters
    ----------
    into : the design's output folder, or one that is made.
    board : prove also that the netlist that is mapped for it is the core.
    seconds : that one question may take.
    force : replace a certificate that is there.
    progress : is told each step as it begins.

    Raises Mismatch where a claim is refuted; DesignError, ToolMissing, ToolFailed.
    """
    if design.build.axis_width:
        raise DesignError(
            "a proof counts beats, and converters change how many there are; got --axis-width "
            f"{design.build.axis_width}",
            {"axis_width": None},
        )
    if design.build.die_crossings:
        raise DesignError(
            "a proof counts the beats in a design, and those that cross dies are not counted; got "
            f"--die-crossings {design.build.die_crossings}",
            {"die_crossings": None},
        )
    target = check_target(into / FOLDER, force=force)
    progress(Step(f"emitting {design.name}", "emit"))
    emitted = emit(design if board is None else boards.fitted(design, board))
    mapped = None if board is None else mapped_for(emitted, board, progress)
    with work.folder("proof") as scratch:
        found = prove(emitted, scratch, seconds=seconds, mapped=mapped, progress=progress)
    for claim in found.refuted:
        raise Mismatch(
            f"{found.design}: refuted in cycle {claim.cycles}: {claim.what} ({claim.method})"
        )
    write_folder(target, contents(found), force=force)
    return found, target


def mapped_for(emitted: Emitted, board: Board, progress: Told = quiet) -> Mapped:
    """What synthesis makes of the core's Verilog, which is what :func:`macsmith.cost` counts but
    for names."""
    progress(Step(f"mapping {emitted.name} for {board.name}", "synth", len(emitted.rtlil)))
    policy, keep = emitted.target.policy, emitted.keep
    with work.folder("mapped") as folder:
        (folder / "core.v").write_text(emitted.verilog, encoding="utf-8")
        read = ["read_verilog core.v", f"hierarchy -top {emitted.core}", "proc"]
        yosys.run([*read, "write_rtlil core.il"], folder, log="core.log")
        core = (folder / "core.il").read_text(encoding="utf-8")
        given, most = ([emitted.core], board, policy, keep, folder), emitted.hardware.levels
        try:
            boards.synthesize(core, *given, most=most)
        except ToolFailed:  # yosys maps some memories only as it was given them
            boards.synthesize(emitted.fabric, *given, most=most)
        netlist = (folder / "mapped.v").read_text(encoding="utf-8")
    models = tuple(f"+/{model}" for model in family(board.family).models)
    return Mapped(board.name, netlist, emitted.keep, models)


def contents(found: Certificate, *, own: bool = False) -> dict[str, str]:
    """The files of a certificate: name -> text; ``own``: of a module of the user's own."""
    proven = [claim.name for claim in found.claims if claim.state == PROVEN]
    induced = "count.smt2" in found.files
    questions = found.files["count.smt2"].count("(check-sat") if induced else 0
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("macsmith", "templates"),
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    known = {
        "found": found,
        "own": own,
        "induced": induced,
        "questions": questions,
        "graphs": [
            name
            for name in proven
            if name not in ("netlist", *found.asserting, *found.checks)
            and not (name == "count" and induced)
        ],
        "netlist": "netlist" in proven,
        "mapped": MAPPED if MAPPED in found.files else "",
        "asserting": found.asserting,
        "checks": found.checks,
        "others": [claim.name for claim in found.claims if claim.state != PROVEN],
        "instead": [claim for claim in found.claims if claim.instead],
        "monitor": scripts.MONITOR,
        "core": scripts.CORE,
        "cells": scripts.CELLS in found.files,
    }
    files = dict(found.files)
    for name in ("check.sh", "proof.md"):
        files[name] = environment.get_template(f"{name}.j2").render(known)
    files["proof.json"] = json.dumps(found.to_dict(), indent=2) + "\n"
    names = sorted([*files, MANIFEST])
    manifest = {"schema": 1, "tools": {"macsmith": version("macsmith")}, "files": names}
    files[MANIFEST] = json.dumps(manifest, indent=2) + "\n"
    return files
