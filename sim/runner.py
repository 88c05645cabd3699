"""Builds a simulator around engines and runs the cocotb bench on it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ..golden.streams import Stream
from ..hw.text.emit import Emitted
from ..tools import cache, processes, verilator, work
from .harness import Harness, harness
from .models import cell_models
from .pack import pack
from .plain import plain
from .top import bench_top


class Pattern(NamedTuple):
    """Who pauses in a phase of the bench.

    Parameters
    ----------
    idle, stall : chances that a source pauses and that the sink stalls.
    turns : instead, one after the other waits until the design holds still.
    """

    idle: float = 0.0
    stall: float = 0.0
    turns: bool = False

    def __str__(self) -> str:
        if self.turns:
            return "each port waits in turn until all holds still"
        return f"sources idle {self.idle:.0%}, sink stalls {self.stall:.0%}"


#: The patterns of stalls, one a phase; in the first nobody ever waits.
PHASES = (
    Pattern(),
    Pattern(idle=0.4),
    Pattern(stall=0.5),
    Pattern(0.5, 0.5),
    Pattern(stall=0.9),
    Pattern(turns=True),
)

#: Bits that nobody knows are drawn when the simulation begins.
_UNKNOWN = ["--x-assign", "unique", "--x-initial", "unique"]

_VERILATOR = ["--timescale", "1ns/1ps", "-Wno-WIDTHEXPAND", "-Wno-WIDTHTRUNC", "-Wno-fatal"]


@dataclass(frozen=True)
class Job:
    """A design, its hardware as Verilog, and the trials to send through it."""

    emitted: Emitted
    sources: tuple[str, ...]
    trials: list[Any]

    @cached_property
    def harness(self) -> Harness:
        return harness(self.emitted.hardware)

    @cached_property
    def shares(self) -> list[list[Any]]:
        """The trials dealt out over the stall patterns; the first gets such as run at full rate."""
        return self.harness.shares(self.trials, len(PHASES))


def job(emitted: Emitted, trials: list[Any], core: str | None = None) -> Job:
    """A job on the emitted RTL, or on another Verilog ``core`` (the mapped netlist)."""
    if core is not None:
        return Job(emitted, (core, emitted.wrapper), trials)
    sources = (emitted.verilog, emitted.wrapper, *cell_models(emitted).values())
    return Job(emitted, sources, trials)


def run(
    jobs: list[Job],
    seed: int = 1,
    *,
    libraries: tuple[Path, ...] = (),
    waveform: Path | None = None,
    unknown: int | None = None,
    built: Callable[[], None] = lambda: None,
) -> list[list[dict[str, Any]]]:
    """Simulate all ``jobs`` in one bench; per job and phase, what the bench found.

    ``libraries`` are Verilog files with the cells of mapped netlists; into ``waveform`` goes a
    VCD file. With ``unknown``, registers begin with bits drawn from that seed, or zeros for 0, and
    X is such bits too. ``built`` is called when the simulator is there. Raises ToolMissing, or
    ToolFailed with the simulator's first error.
    """
    verilator.use_verilator()
    texts = [bench_top([item.emitted for item in jobs])]
    for item in jobs:
        texts += [text for text in item.sources if text not in texts]
    options = [*_VERILATOR, *(_UNKNOWN if unknown is not None else [])]
    folder = _build(texts, libraries, waveform is not None, options)
    built()
    spec = {"seed": seed, "engines": [_phases(item) for item in jobs]}
    return _simulate(folder, spec, waveform, _drawn(unknown))


def _drawn(unknown: int | None) -> list[str]:
    """What a simulator is told about bits that nobody knows."""
    if unknown is None:
        return []
    return [f"+verilator+rand+reset+{2 if unknown else 0}", f"+verilator+seed+{max(unknown, 1)}"]


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()[:20]


def _build(texts: list[str], libraries: tuple[Path, ...], waves: bool, options: list[str]) -> Path:
    """A built simulator; made once for the same text."""
    key = _digest(*texts, *map(str, libraries), str(waves), *options)

    def make(place: Path) -> None:
        folder = plain(work.root()) / place.relative_to(work.root())
        cells = [plain(path.parent) / path.name for path in libraries]
        sources = [folder / f"source_{number}.v" for number in range(len(texts))]
        for source, text in zip(sources, texts, strict=True):
            source.write_text(text, encoding="utf-8")
        arguments = {
            "sources": [str(path) for path in (*cells, *sources)],
            "hdl_toplevel": "bench",
            "build_dir": str(folder),
            "build_args": options,
            "includes": sorted({str(path.parent) for path in cells}),
            "waves": waves,
        }
        _cocotb(place, "build", arguments)
        _shed(place)

    return cache.kept(work.root() / "sim" / key, make)


def _shed(folder: Path) -> None:
    """Remove what only building needs, which is most of it and need not be kept whole."""
    for path in folder.iterdir():
        if path.suffix in (".o", ".a", ".gch", ".cpp", ".h", ".d", ".mk"):
            path.unlink()


def _simulate(
    folder: Path, spec: dict[str, Any], waveform: Path | None, words: list[str]
) -> list[list[dict[str, Any]]]:
    """Run the bench in a folder of its own, so that several may share one build."""
    with work.folder("run", folder.with_name(f"{folder.name}.failed_run")) as own:
        (own / "job.json").write_text(json.dumps(spec), encoding="utf-8")
        _cocotb(
            own,
            "test",
            {
                "hdl_toplevel": "bench",
                "hdl_toplevel_lang": "verilog",
                "test_module": "macsmith.sim.bench",
                "build_dir": str(folder),
                "test_dir": str(own),
                "results_xml": str(own / "results.xml"),
                "extra_env": {"MACSMITH_BENCH": str(own / "job.json")},
                "waves": waveform is not None,
                "plusargs": words,
            },
        )
        found = own / "job.found.json"
        if not found.exists():
            raise processes.failure(f"the bench did not finish; its log is {own / 'test.log'}", own)
        if waveform is not None:
            waveform.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(next(own.glob("*.vcd")), waveform)
        return json.loads(found.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _cocotb(folder: Path, step: str, arguments: dict[str, Any]) -> None:
    """One step of cocotb's runner in a process of its own: it changes folders and prints."""
    log = folder / f"{step}.log"
    # The wheel's makefile lacks CFG_CXXFLAGS_PCH_I, which building it would have configured.
    # Under make, MAKEFLAGS is set already: ours must win. Its makefile refuses a CURDIR with
    # spaces, and has no other use for it.
    python = Path(sys.executable)
    words = plain(python.parent) / python.name, plain(Path(__file__).parent) / "objcache.py"
    environment = {
        **os.environ,
        "MAKEFLAGS": "-j2 CFG_CXXFLAGS_PCH_I=-include OPT_GLOBAL=-O1 CURDIR=.",
        "OBJCACHE": " ".join(map(str, words)),
        "MACSMITH_OBJECTS": str(work.root() / "objects"),
        "COCOTB_ANSI_OUTPUT": "0",
        "TMPDIR": str(folder),
    }
    with log.open("w", encoding="utf-8") as output:
        with processes.started(
            [sys.executable, "-P", "-m", "macsmith.sim.step", step, json.dumps(arguments)],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
        ) as process:
            status = process.wait()
    if status:
        said = log.read_text(encoding="utf-8", errors="replace")
        lines = said.splitlines()
        wrong = [line for line in lines if "rror" in line] or lines[-1:] or ["no output"]
        text = f"the simulator's {step} failed: {wrong[0].strip()} (log: {log})"
        raise processes.failure(text, folder, said)


def _phases(item: Job) -> list[dict[str, Any]]:
    """What the bench does in each phase."""
    hardware = item.emitted.hardware
    return [
        {
            "idle": pattern.idle,
            "stall": pattern.stall,
            "hold": hardware.hold if pattern.turns else 0,
            "beats": {s.name: [f"{b:x}" for b in _beats(item, s, share)] for s in hardware.sources},
            "result": item.harness.result.name,
            "results": len(_beats(item, item.harness.result, share)),
            "drain": hardware.drain,
        }
        for pattern, share in zip(PHASES, item.shares, strict=False)
    ]


def expected(item: Job) -> list[list[int]]:
    """Per phase, the result beats that must come out."""
    return [_beats(item, item.harness.result, share) for share in item.shares]


def _beats(item: Job, stream: Stream, share: list[Any]) -> list[int]:
    return pack(stream, item.emitted.interface, item.harness.sent(stream, share))
