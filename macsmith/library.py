"""What the package does with a design, as functions: each command and each script calls these."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from . import boards
from .boards import Board
from .boards.estimates import estimated, reached
from .boards.families import family, models
from .boards.fanout import LIMIT
from .boards.netlist import read
from .boards.routing import after, checked, route, router_of
from .boards.script import synthesis
from .certificate import certify
from .golden.coded import Held
from .golden.description import Chain, Design, Engine
from .golden.errors import DesignError
from .golden.matmul import Matrix, Result
from .golden.tensor import Quantized
from .hw.catalogue import hardware
from .hw.design import Hardware
from .hw.text.emit import Emitted, emit
from .machines import MANY, alone, ready, without_converters
from .output import generate
from .report import Report
from .sim import verify as simulated
from .sim.coded import chain_matmul
from .sim.coverage import Bins, coverage
from .sim.harness import harness
from .sim.matmul import engine_matmul
from .sim.models import primitives
from .sim.mutants import Mutation, mutation
from .sim.phases import Phases
from .sim.proof.claims import Certificate
from .sim.sliced import Apart
from .sim.streams import Simulator
from .sim.verify import Verification
from .tools import work
from .tools.progress import Step, Told, quiet

__all__ = ["cost", "covered", "explain", "generate", "mutants", "prove", "simulate", "verify"]


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
    routed: int | None = None,
    progress: Told | None = None,
) -> Verification:
    """Prove the hardware of ``design`` against the golden model, bit for bit, under stalls.

    Parameters
    ----------
    count : random trials in the bench; ten times as many follow in compiled simulation.
    seed : of random data and stalls.
    board : simulate the netlist that is mapped for this board instead of the RTL.
    routed : simulate it as it is routed with this seed.
    progress : is told each step as it begins: what is done.

    Raises Mismatch with what differs and how to run it again; DesignError, ToolMissing, ToolFailed.
    """
    told = progress or quiet
    if board is None:
        emitted = _emitted(design, told)
        return simulated.verify(emitted, count=count, seed=seed, progress=told)
    board = boards.lookup(board) if isinstance(board, str) else board
    emitted = _emitted(boards.fitted(design, board), told)
    told(_synthesizing(emitted, board, (*simulated.STEPS[:2],)))
    with work.folder("mapped") as folder:
        _synthesized(emitted, board, folder)
        netlist = (folder / "mapped.v").read_text(encoding="utf-8")
        if routed is not None:
            netlist = after(folder / "netlist.json", emitted.core, board, routed)
    libraries = (*models(family(board.family).name), *primitives())
    return simulated.verify(
        emitted, count=count, seed=seed, core=netlist, libraries=libraries, progress=told
    )


def covered(
    design: Design, *, count: int = 100, seed: int = 1, progress: Told | None = None
) -> Bins:
    """What a verification of ``design`` meets, in bins that its widths and formats declare: bits of
    streams, codes in every lane, scales, bounds of sums, classes of roundings; stops of each port,
    buffers and resets, in each phase of the work.

    Parameters are those of :func:`verify`; only the last are simulated. Raises DesignError,
    Mismatch, ToolMissing, ToolFailed.
    """
    told = progress or quiet
    emitted = _emitted(design, told)
    tried = harness(emitted.hardware)
    told(f"drawing the stimuli of {design.name}")
    trials = list(tried.stimuli(count, seed))
    trials += [trial for part in tried.bulk(10 * count, seed + 1) for trial in part.trials]
    told(f"looking at {len(trials)} {tried.trial}")
    bins = coverage(tried, trials)
    told(f"stopping {design.name} in each phase")
    bins.add(Phases(Simulator(emitted), seed + 1).run())
    return bins


def mutants(
    design: Design,
    count: int = 200,
    *,
    trials: int = 100,
    seed: int = 1,
    progress: Told | None = None,
) -> Mutation:
    """How many faults a verification of ``design`` would find, and how many its emitted test bench.

    Parameters
    ----------
    count : mutants: cores with one bit of one cell changed, picked by yosys.
    trials : random trials of the verification.
    seed : of mutants and stimuli.
    progress : is told each step as it begins: what is done.

    Raises DesignError, Mismatch, ToolMissing, ToolFailed.
    """
    told = progress or quiet
    return mutation(_emitted(design, told), count, seed=seed, trials=trials, progress=told)


def prove(
    design: Design,
    into: Path,
    *,
    board: Board | str | None = None,
    seconds: int = 60,
    force: bool = False,
    progress: Told | None = None,
) -> Certificate:
    """Prove what the streams of ``design`` promise in runs of any length.

    Parameters
    ----------
    into : the design's output folder, or one that is made; the certificate goes into its ``proof``,
        with what proves it again without macsmith.
    board : prove also that the netlist that is mapped for it is the core, in every run.
    seconds : that one question of a solver may take; what stays open is said so.
    force : replace a certificate that is there.
    progress : is told each step as it begins.

    Raises Mismatch where a claim is refuted; DesignError, ToolMissing without z3, ToolFailed.
    """
    told = progress or quiet
    board = boards.lookup(board) if isinstance(board, str) else board
    found, _ = certify(design, into, board=board, seconds=seconds, force=force, progress=told)
    return found


def cost(
    design: Design,
    board: Board | str = "u280",
    *,
    folder: Path | None = None,
    verified: bool = False,
    edif: bool = False,
    variant: str = "default",
    fanout: int = LIMIT,
    seeds: Sequence[int] = (),
    progress: Told | None = None,
) -> Report:
    """What ``design`` costs on ``board``, after synthesis.

    Parameters
    ----------
    folder : report.json, report.md, the mapped netlist and yosys's script and log go there.
    verified : verify the design first; without, the report says that it was not.
    edif : write the netlist as EDIF too.
    variant : what yosys does to plain arithmetic first: ``default``, ``booth``, ``arith_tree``; or
        ``levels``, few LUTs in series, which a unit gets that has more than three otherwise.
    fanout : the report names registers that drive more pins.
    seeds : place and route it too, once with each; of families that have an open router. There is
        a bitstream if there is a folder.
    progress : is told each step as it begins: what is done.

    Raises Mismatch, DesignError, ToolMissing, ToolFailed.
    """
    told = progress or quiet
    begun = time.monotonic()
    board = boards.lookup(board) if isinstance(board, str) else board
    synthesis(board, design.build.policy, variant)  # raises where nothing can be counted
    if seeds:  # what it would end in is said before the work
        seeds = checked(seeds)
        router_of(board)
    emitted = _emitted(boards.fitted(design, board), told)
    if verified:
        simulated.verify(emitted, progress=told, then=("synth",))
    told(_synthesizing(emitted, board))
    with work.folder("synth") as scratch:
        found = _synthesized(emitted, board, scratch, edif=edif, variant=variant)
        parts = {name: found[module] for module, name in emitted.parts.items()}
        whole, netlist = found[emitted.core], scratch / "netlist.json"
        fmax = None if seeds else reached(read(netlist), whole, board)
        vivado = estimated(read(netlist), whole, board)
        routed = None
        if seeds:
            kept = folder is not None  # where nothing is kept, no bitstream is
            routed = route(netlist, whole, board, seeds, scratch, pack=kept, progress=told)
        seconds = round(time.monotonic() - begun, 2)
        told_of = emitted.hardware, board, whole, parts, verified, seconds
        report = Report(*told_of, vivado, fanout, routed, fmax)
        if folder is not None:
            report.write(scratch, folder)
    return report


def _emitted(design: Design, told: Told) -> Emitted:
    told(Step(f"emitting {design.name}", "emit"))
    return emit(design)


def _synthesizing(emitted: Emitted, board: Board, then: tuple[str, ...] = ()) -> Step:
    text = f"synthesizing {emitted.name} for {board.name}"
    return Step(text, "synth", len(emitted.rtlil), then)


def _synthesized(
    emitted: Emitted, board: Board, folder: Path, *, edif: bool = False, variant: str = "default"
) -> dict[str, boards.Cost]:
    tops, policy = [emitted.core, *emitted.parts], emitted.target.policy
    most = emitted.hardware.levels if variant == "default" else None
    given = emitted.fabric, tops, board, policy, emitted.keep, folder
    return boards.synthesize(*given, edif=edif, variant=variant, most=most)


def simulate(
    engine: Engine | Chain,
    weight: Matrix,
    activation: Matrix,
    *,
    initial: npt.ArrayLike | None = None,
    bias: npt.ArrayLike | None = None,
    mode: int = 0,
    copies: bool | None = None,
    held: Held | None = None,
) -> Result:
    """weight (N × K) times activation (M × K), computed by the simulated RTL of ``engine``.

    Takes and returns what :func:`macsmith.matmul` does, of any N, M and K up to k-max. Converters
    of streams' widths (``axis_width``) are left out, as they change no bit. The compiled RTL of the
    last engines is kept: calls after the first cost the cycles alone.

    Parameters
    ----------
    initial, bias, mode, held : as of :func:`macsmith.matmul`.
    copies : of an engine: whether it runs on gates that yosys makes of the RTL, hundreds of copies
        of the engine at once, each with rows of its own: half a minute to build, then seven times
        as fast for one vector of activations, 35 times for sixteen (``make bench``). None: from
        2^24 multiplications on. An engine whose pace depends on data is simulated alone whatever
        is asked for.

    Raises DesignError for operands that the engine cannot take, ToolMissing or ToolFailed.
    """
    if isinstance(engine, Chain):
        if mode or bias is not None or copies:
            raise DesignError(f"{engine.name} has one mode, biases among held, and no copies")
        engine = without_converters(engine)
        built = alone(engine)
        return chain_matmul(engine, weight, activation, held or {}, initial, simulator=built)
    if held is not None:
        raise DesignError(f"held is what requantizers hold, {engine.name} has none behind it")
    engine = without_converters(engine)
    if copies is None:
        copies = _size(weight, activation) >= MANY
    for machine in ready(engine, copies):
        with contextlib.suppress(Apart):
            return engine_matmul(
                engine, weight, activation, initial, bias, mode=mode, simulator=machine
            )
    raise AssertionError("the last simulator takes every design")


def _size(weight: Matrix, activation: Matrix) -> int:
    """Multiplications of a product, as far as shapes can be told."""
    shapes = [
        side.shape if isinstance(side, Quantized) else np.shape(side)
        for side in (weight, activation)
    ]
    return int(np.prod(shapes[0]) * shapes[1][0]) if all(map(len, shapes)) else 0
