"""RTL of the user's own in place of a design's hardware: verified, proven, its cost beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import boards
from .boards import Board, Cost
from .certificate import FOLDER, contents
from .cost_lines import ROWS
from .folder import check_target, write_folder
from .golden.description import Design
from .golden.errors import Mismatch, cut
from .library import cost
from .sim.guest.candidate import Candidate
from .sim.guest.proving import INSTEAD, prove, refuted
from .sim.guest.verify import Verdict, verify
from .sim.proof.certificate import SECONDS
from .sim.proof.claims import Certificate
from .tools import work, yosys
from .tools.progress import Step, Told, quiet

__all__ = [
    "Candidate",
    "Certificate",
    "Costs",
    "Verdict",
    "candidate",
    "certify_rtl",
    "costs",
    "prove_rtl",
    "verify_rtl",
]


def candidate(
    files: Sequence[Path | str], design: Design, ports: Path | str, top: str | None = None
) -> Candidate:
    """A module read and fitted to ``design``; parameters as of :func:`verify_rtl`."""
    return Candidate([Path(file) for file in files], design, Path(ports), top)


def verify_rtl(
    files: Sequence[Path | str],
    design: Design,
    ports: Path | str,
    *,
    top: str | None = None,
    count: int = 100,
    seed: int = 1,
    progress: Told | None = None,
) -> Verdict:
    """Prove RTL of your own against the golden model of ``design``, bit for bit, under stalls.

    Parameters
    ----------
    files : Verilog or SystemVerilog.
    design : what it should do.
    ports : the TOML file that says what its ports carry.
    top : the module; by default the one that the map names, or that no other instantiates.
    count, seed, progress : as of :func:`macsmith.verify`.

    Raises Mismatch with the first wrong result and its operands; DesignError with file and line for
    what does not fit or is refused; ToolMissing, ToolFailed.
    """
    found = candidate(files, design, ports, top)
    return verify(found, count=count, seed=seed, progress=progress or quiet)


def prove_rtl(
    files: Sequence[Path | str],
    design: Design,
    ports: Path | str,
    into: Path,
    *,
    top: str | None = None,
    seconds: int = SECONDS,
    force: bool = False,
    progress: Told | None = None,
) -> Certificate:
    """Prove of RTL of your own that its answers are ours, and what its streams promise.

    ``into/proof`` has the certificate, with scripts that prove it again.

    Parameters
    ----------
    files, design, ports, top : as of :func:`verify_rtl`.
    seconds : that one question of a solver may take.
    force : replace a certificate that is there.

    Raises Mismatch with a run that refutes a claim, whose results the golden model was asked for;
    DesignError, ToolMissing, ToolFailed.
    """
    found = candidate(files, design, ports, top)
    return certify_rtl(found, into, seconds=seconds, force=force, progress=progress)[0]


def certify_rtl(
    found: Candidate,
    into: Path,
    *,
    seconds: int = SECONDS,
    force: bool = False,
    verdict: Verdict | None = None,
    progress: Told | None = None,
) -> tuple[Certificate, Path]:
    """The same of a module that was read, and the folder; ``verdict`` says what was simulated."""
    target = check_target(into / FOLDER, force=force)
    with work.folder("proof") as scratch:
        proof = prove(
            found,
            scratch,
            seconds=seconds,
            instead=INSTEAD if verdict is None else _vectors(verdict),
            progress=progress or quiet,
        )
    for name, run in refuted(proof).items():
        raise Mismatch(f"{found.guest.name}: {name} is refuted: {cut(run)}")
    write_folder(target, contents(proof.certificate, own=True), force=force)
    return proof.certificate, target


def _vectors(verdict: Verdict) -> str:
    """What was simulated, in words."""
    return (
        f"{verdict.results} results of {verdict.trials} {verdict.trial}, under stalls "
        f"(seed {verdict.seed})"
    )


@dataclass(frozen=True)
class Costs:
    """What a module costs, and what our hardware of the same design does.

    Parameters
    ----------
    board, policy : what both were synthesized for.
    theirs, ours : by the same script of yosys, counted by the same rules.
    """

    board: Board
    policy: str
    theirs: Cost
    ours: Cost

    def rows(self) -> list[list[str]]:
        """Resource, theirs, ours."""
        both = self.theirs.resources, self.ours.resources
        found = [
            [name, *(f"{used.get(name, 0):,g}" for used in both)]
            for name in ROWS
            if any(used.get(name, 0) for used in both)
        ]
        levels = self.theirs.levels, self.ours.levels
        found.append(["LUT levels", *(str(level["lut"]) for level in levels)])
        return [*found, ["longest carry", *(str(level["carry"]) for level in levels)]]

    def to_dict(self) -> dict[str, Any]:
        return {"theirs": self.theirs.to_dict(), "ours": self.ours.to_dict()}


def costs(found: Candidate, board: Board | str = "u280", *, progress: Told | None = None) -> Costs:
    """Synthesize a module and our hardware of its design for ``board``, with the same options."""
    told, source = progress or quiet, found.source
    board = boards.lookup(board) if isinstance(board, str) else board
    design = boards.fitted(found.guest.design, board)
    policy, name = design.build.policy, f"{found.guest.name}_alone"
    with work.folder("guest") as folder:
        for file, text in source.texts().items():
            (folder / file).write_text(text, encoding="utf-8")
        with source.placed("yosys"):
            yosys.run([*source.commands(name, models=False), "write_rtlil alone.il"], folder)
        rtlil = (folder / "alone.il").read_text(encoding="utf-8")
        told(Step(f"synthesizing {source.top} for {board.name}", "synth", len(rtlil)))
        theirs = boards.synthesize(rtlil, [name], board, policy, [], folder)[name]
    return Costs(board, policy, theirs, cost(design, board, progress=told).cost)
