"""Proves a design's hardware against the golden model, and says what differs."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..golden.errors import Mismatch
from ..hw.text.emit import Emitted
from ..tools.progress import Step, Told, quiet
from . import runner
from .batch import run_batch
from .harness import harness
from .pack import unpack
from .phases import Phases
from .runner import Job
from .streams import Simulator


@dataclass(frozen=True)
class Verification:
    """What was compared; every comparison was equal.

    Parameters
    ----------
    design, seed : what ran.
    trial : what a trial is called, in the plural.
    trials, results, work : trials, results compared, and what went through the hardware in units of
        ``counts`` (products of an engine: MACs), under stalls and in bulk together.
    mapped : whether the netlist after synthesis was simulated instead of the RTL.
    seconds : building and running.
    """

    design: str
    seed: int
    trial: str
    trials: int
    results: int
    work: int
    counts: str
    mapped: bool
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


#: The kinds of steps of a verification; a mapped netlist has no bulk.
STEPS = ("build", "stalls", "bulk")


def verify(
    emitted: Emitted,
    *,
    count: int = 100,
    seed: int = 1,
    core: str | None = None,
    libraries: tuple[Path, ...] = (),
    progress: Told = quiet,
    then: tuple[str, ...] = (),
) -> Verification:
    """Send ``count`` random and corner trials through the RTL under stalls, both bounds, and trials
    directed at what chance seldom meets.

    The RTL then takes ten times as many in bulk, half of them at full rate, half under stalls, and
    more directed ones under long stalls; and some few again and again, each port stopping and the
    design being reset in each phase of the work.
    ``core`` is other Verilog for the core, such as the mapped netlist with its cells in
    ``libraries``. ``progress`` is told each step, and that steps of the kinds ``then`` follow.
    Raises Mismatch with what differs and how to run it again.
    """
    begun = time.monotonic()
    texts = ["building a simulator of {}", "simulating {} under stalls", "simulating {} in bulk"]
    kinds = STEPS if core is None else STEPS[:2]
    build, stalls, *bulk = (
        Step(text.format(emitted.name), kind, len(emitted.rtlil), (*kinds[number + 1 :], *then))
        for number, (text, kind) in enumerate(zip(texts, kinds, strict=False))
    )
    progress(build)
    tried = harness(emitted.hardware)
    job = runner.job(emitted, tried.stimuli(count, seed), core)
    found = runner.run([job], seed, libraries=libraries, built=lambda: progress(stalls))
    try:
        check(job, found[0], seed)
    except Mismatch as mismatch:
        wave = _keep_waveform(job, seed, libraries)
        raise Mismatch(f"{mismatch}\n  waveform: {wave}") from None
    sent = list(job.trials)
    for step in bulk:
        progress(step)
        sent += _in_bulk(emitted, 10 * count, seed + 1)
    return Verification(
        emitted.name,
        seed,
        tried.trial,
        len(sent),
        tried.results_of(sent),
        tried.work(sent),
        f"{emitted.hardware.work}s",
        core is not None,
        round(time.monotonic() - begun, 2),
    )


def stimuli(emitted: Emitted, count: int, seed: int) -> list[Any]:
    """The trials of a verification in the bench."""
    return harness(emitted.hardware).stimuli(count, seed)


def _in_bulk(emitted: Emitted, count: int, seed: int) -> list[Any]:
    """Compare on compiled RTL, and in each phase of the work; the trials that were sent."""
    machine = Simulator(emitted)
    sent = in_bulk(emitted, count, seed, machine)
    Phases(machine, seed).run()
    return sent


def in_bulk(emitted: Emitted, count: int, seed: int, machine: Simulator) -> list[Any]:
    """Compare on compiled RTL; the trials that were sent."""
    sent = list[Any]()
    for number, part in enumerate(harness(emitted.hardware).bulk(count, seed)):
        stalls = seed + number if part.stalls else 0
        run_batch(emitted, part.trials, simulator=machine, stalls=stalls, turns=part.turns).check()
        sent += part.trials
    return sent


def check(job: Job, found: list[dict[str, Any]], seed: int, again: str = "") -> None:
    """Raise Mismatch unless the bench found just the results that were expected.

    ``again`` says how to run it again, where that is another command.
    """
    name = job.emitted.name
    again = again or f"again: macsmith verify {name} --seed {seed} (with the same options)"
    for number, (phase, wanted) in enumerate(zip(found, runner.expected(job), strict=True)):
        where = f"{name}: {runner.PHASES[number]}"
        wrong = _first_difference(job, number, phase["results"], wanted) or _protocol(
            job, phase, len(wanted)
        )
        if not wrong and not number:
            wrong = _rate(job, phase)
        if wrong:
            raise Mismatch(f"{where}{wrong}\n  {again}")


def _first_difference(job: Job, number: int, results: list[str], wanted: list[int]) -> str:
    """The first wrong result in words, or nothing."""
    tried, interface = job.harness, job.emitted.interface
    for index, (text, want) in enumerate(zip(results, wanted, strict=False)):
        if int(text, 16) == want:
            continue
        owners = tried.owners(job.shares[number], len(wanted))
        trial = int(owners[index])
        beat = index - int(np.searchsorted(owners, trial))
        (got, last), (due, end) = (
            unpack(tried.result, interface, b) for b in (int(text, 16), want)
        )
        lane = next((i for i, pair in enumerate(zip(got, due, strict=True)) if pair[0] != pair[1]),
                    None)  # fmt: skip
        if lane is None:
            return f", tile {trial}, result {beat}: last is {int(last)}, expected {int(end)}"
        share = job.shares[number]
        words = tried.difference(share[trial], beat, lane, got[lane], due[lane])
        return f", tile {trial}: {words}"
    return ""


def _protocol(job: Job, phase: dict[str, Any], wanted: int) -> str:
    """What is wrong with how results came, or nothing."""
    count = len(phase["results"])
    if phase["hung"] or count < wanted:
        return f": {count} results of {wanted}, then none"
    if phase["extra"]:
        return f": {phase['extra']} results more than {job.harness.trial}"
    if phase["unsteady"]:
        return f": {phase['unsteady']} results changed before they were taken"
    left = {name: beats for name, beats in phase["unsent"].items() if beats}
    return f": beats were never taken: {left}" if left else ""


def _rate(job: Job, phase: dict[str, Any]) -> str:
    """Without stalls, results come at full rate: every step its cycles and the latency once."""
    due = job.harness.cycles(job.shares[0]) if job.emitted.hardware.timed else None
    if due is None or due <= phase["cycles"] <= due + job.harness.slack:
        return ""
    steps = job.harness.steps(job.shares[0])
    return f": {steps} steps took {phase['cycles']} cycles, expected {due}"


def _keep_waveform(job: Job, seed: int, libraries: tuple[Path, ...]) -> str:
    """Run the failing job again with a waveform; its path, or why there is none."""
    path = Path("build/waves") / f"{job.emitted.name}.vcd"
    try:
        runner.run([job], seed, libraries=libraries, waveform=path)
        return str(path)
    except Exception as error:  # the mismatch matters more than its picture
        return f"none ({error})"
