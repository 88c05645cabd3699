"""What the package does with a design, as functions: each command and each script calls these."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy.typing as npt

from . import boards
from .boards import Board
from .boards.families import family, models
from .golden.description import Design, Engine
from .golden.matmul import Matrix, Result
from .hw.catalogue import hardware
from .hw.design import Hardware
from .hw.text.emit import Emitted, emit
from .output import generate
from .report import Report
from .sim import verify as simulated
from .sim.matmul import engine_matmul
from .sim.models import primitives
from .sim.streams import Simulator
from .sim.verify import Verification
from .tools import work

__all__ = ["cost", "explain", "generate", "simulate", "verify"]


def explain(design: Design) -> Hardware:
    """What ``design`` is built of: its streams, stages, latency and rate.

    Raises DesignError for what cannot be built.
    """
    return hardware(design)


def verify(
    design: Design,
    *,
    count: int = 100,
    seed: int = 1,
    board: Board | str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Verification:
    """Prove the hardware of ``design`` against the golden model, bit for bit, under stalls.

    Parameters
    ----------
    count : random trials in the bench; ten times as many follow in compiled simulation.
    seed : of random data and stalls.
    board : simulate the netlist that is mapped for this board instead of the RTL.
    progress : is told what is done.

    Raises Mismatch with what differs and how to run it again; DesignError, ToolMissing, ToolFailed.
    """
    told = progress or (lambda line: None)
    if board is None:
        emitted = emit(design)
        told(f"building and simulating {emitted.name}")
        return simulated.verify(emitted, count=count, seed=seed)
    board = boards.lookup(board) if isinstance(board, str) else board
    emitted = emit(boards.fitted(design, board))
    told(f"synthesizing {emitted.name} for {board.name}")
    with work.folder("mapped") as folder:
        _synthesized(emitted, board, folder)
        netlist = (folder / "mapped.v").read_text(encoding="utf-8")
    told(f"building and simulating {emitted.name}")
    libraries = (*models(family(board.family).name), *primitives())
    return simulated.verify(emitted, count=count, seed=seed, core=netlist, libraries=libraries)


def cost(
    design: Design,
    board: Board | str = "u280",
    *,
    folder: Path | None = None,
    verified: bool = False,
    edif: bool = False,
    variant: str = "default",
    progress: Callable[[str], None] | None = None,
) -> Report:
    """What ``design`` costs on ``board``, after synthesis.

    Parameters
    ----------
    folder : report.json, report.md, the mapped netlist and yosys's script and log go there.
    verified : verify the design first; without, the report says that it was not.
    edif : write the netlist as EDIF too.
    variant : what yosys does to plain arithmetic first: ``default``, ``booth``, ``arith_tree``.
    progress : is told what is done.

    Raises Mismatch, DesignError, ToolMissing, ToolFailed.
    """
    told = progress or (lambda line: None)
    begun = time.monotonic()
    board = boards.lookup(board) if isinstance(board, str) else board
    emitted = emit(boards.fitted(design, board))
    if verified:
        told(f"verifying {emitted.name}")
        simulated.verify(emitted)
    told(f"synthesizing {emitted.name} for {board.name}")
    with work.folder("synth") as scratch:
        target = folder or scratch
        found = _synthesized(emitted, board, target, edif=edif, variant=variant)
        parts = {name: found[module] for module, name in emitted.parts.items()}
        seconds = round(time.monotonic() - begun, 2)
        whole = found[emitted.core]
        report = Report(emitted.hardware, board, whole, parts, verified, seconds)
        target.mkdir(parents=True, exist_ok=True)
        (target / "report.json").write_text(
            json.dumps(report.to_dict(), indent=2) + "\n", encoding="utf-8"
        )
        (target / "report.md").write_text(report.markdown(), encoding="utf-8")
    return report


def _synthesized(
    emitted: Emitted, board: Board, folder: Path, *, edif: bool = False, variant: str = "default"
) -> dict[str, boards.Cost]:
    tops, policy = [emitted.core, *emitted.parts], emitted.target.policy
    return boards.synthesize(
        emitted.fabric, tops, board, policy, emitted.keep, folder, edif=edif, variant=variant
    )


#: Compiled designs that are kept for the next call.
_KEPT = 16


def simulate(
    engine: Engine,
    weight: Matrix,
    activation: Matrix,
    *,
    initial: npt.ArrayLike | None = None,
    bias: npt.ArrayLike | None = None,
    mode: int = 0,
) -> Result:
    """weight (N × K) times activation (M × K), computed by the simulated RTL of ``engine``.

    Takes and returns what :func:`macsmith.matmul` does, of any N, M and K up to k-max. The compiled
    RTL of the last engines is kept: calls after the first cost the cycles alone.

    Raises DesignError for operands that the engine cannot take, ToolMissing or ToolFailed.
    """
    machine = _simulator(engine)
    return engine_matmul(engine, weight, activation, initial, bias, mode=mode, simulator=machine)


@lru_cache(_KEPT)
def _simulator(design: Design) -> Simulator:
    return Simulator(emit(design))
