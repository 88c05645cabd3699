"""Proves a user's RTL against the golden model of a design, with the benches of ours."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import Any

from ...golden.errors import Mismatch
from ...hw.text.emit import Emitted
from ...tools.progress import Step, Told, quiet
from .. import runner
from ..batch import run_batch
from ..coverage import Bins, coverage
from ..harness import harness
from ..phases import Phases
from ..streams import Simulator
from ..verify import check, in_bulk
from .adapter import settle
from .candidate import Candidate
from .latency import explained

#: Trials that show how long results take.
_FIRST = 8

#: The kinds of steps of a verification.
STEPS = ("build", "bulk", "stalls")


@dataclass(frozen=True)
class Verdict:
    """What was compared; every comparison was equal.

    Parameters
    ----------
    module, design, seed : what ran, and what it was compared with.
    trial, trials, results, work, counts : as of :class:`~macsmith.sim.verify.Verification`.
    steps, cycles : taken without stalls.
    coverage : what the stimuli met.
    seconds : building and running.
    """

    module: str
    design: str
    seed: int
    trial: str
    trials: int
    results: int
    work: int
    counts: str
    steps: int
    cycles: int
    coverage: Bins
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        plain = asdict(replace(self, coverage=Bins()))
        return {**plain, "coverage": self.coverage.to_dict()}


def verify(
    candidate: Candidate, *, count: int = 100, seed: int = 1, progress: Told = quiet
) -> Verdict:
    """Send through a user's RTL what is sent through ours, and compare every bit.

    Compiled, as :func:`compiled` does; then ``count`` trials in the bench under stalls, where
    registers and X begin at random. Raises Mismatch with the first wrong result and its operands;
    DesignError for a latency that is not as the map says.
    """
    begun, emitted, top = time.monotonic(), candidate.emitted, candidate.source.top
    size, tried = len(emitted.rtlil), harness(emitted.hardware)
    progress(Step(f"building a simulator of {top}", STEPS[0], size, STEPS[1:]))
    machine = Simulator(emitted)
    progress(Step(f"simulating {top} in bulk", STEPS[1], size, STEPS[2:]))
    met = compiled(candidate, machine, count=count, seed=seed)
    progress(Step(f"simulating {top} under stalls", STEPS[2], size))
    trials = tried.stimuli(count, seed)
    stalled([candidate], [trials], seed)
    sent = [*met.sent, *trials]
    bins = coverage(tried, sent)
    bins.add(met.phases)
    return Verdict(
        top,
        candidate.guest.own.name,
        seed,
        tried.trial,
        len(sent),
        tried.results_of(sent),
        tried.work(sent),
        f"{emitted.hardware.work}s",
        met.steps,
        met.cycles,
        bins,
        round(time.monotonic() - begun, 2),
    )


@dataclass(frozen=True)
class Met:
    """What compiled RTL was sent: ``steps`` that took ``cycles`` without stalls among it."""

    sent: list[Any]
    steps: int
    cycles: int
    phases: Bins


def compiled(candidate: Candidate, machine: Simulator, *, count: int = 100, seed: int = 1) -> Met:
    """Some trials one by one and without stalls, ten times ``count`` under all kinds of stalls,
    stops and resets in each phase. Raises what :func:`verify` does."""
    emitted = candidate.emitted
    tried = harness(emitted.hardware)
    trials = tried.stimuli(count, seed)
    try:
        alone(candidate, machine, trials)
        steps, cycles = _rate(candidate, machine, trials)
        sent = _bulk(emitted, machine, count, seed + 1)
        return Met(sent, steps, cycles, Phases(machine, seed + 1).run())
    except Mismatch:
        explained(candidate, sorted(trials, key=lambda trial: tried.steps([trial]))[: 2 * _FIRST])
        raise


def _bulk(emitted: Emitted, machine: Simulator, count: int, seed: int) -> list[Any]:
    try:
        return in_bulk(emitted, 10 * count, seed, machine)
    except Mismatch as mismatch:
        raise Mismatch(f"{emitted.name}: in bulk: {mismatch}") from None


def alone(candidate: Candidate, machine: Simulator, trials: Sequence[Any]) -> None:
    """Send some short trials and a long one by one, which shows how long results take, too.

    Raises Mismatch; DesignError for another latency than the map says.
    """
    emitted, spent = candidate.emitted, list[int]()
    tried = harness(emitted.hardware)
    ordered = sorted(trials, key=lambda trial: tried.steps([trial]))
    for trial in [*ordered[:_FIRST], ordered[-1]]:
        batch = run_batch(emitted, [trial], simulator=machine)
        if batch.report:
            raise Mismatch(f"{emitted.name}: sent alone, {batch.report}")
        spent.append(batch.cycles - tried.steps([trial]) + 1)
    output, late = candidate.fit.output, min(spent) - 1  # the queue takes a cycle
    if output.valid and not output.ready and late > output.within:
        candidate.fit.found.lines.refuse(
            f"results come {late} cycles after the last input: say within = {late}",
            "within",
            "output",
        )
    slowest = max(spent)
    candidate.guest.outlasted = slowest + settle(candidate.fit) + 2


def _rate(candidate: Candidate, machine: Simulator, trials: Sequence[Any]) -> tuple[int, int]:
    """Steps and cycles of trials without stalls."""
    emitted, tried = candidate.emitted, harness(candidate.guest)
    share = list(trials[: 4 * _FIRST])
    batch = run_batch(emitted, share, simulator=machine)
    if batch.report:
        raise Mismatch(f"{emitted.name}: nobody pausing, {batch.report}")
    return tried.steps(share), batch.cycles


def stalled(candidates: Sequence[Candidate], trials: Sequence[list[Any]], seed: int) -> None:
    """Send trials under stalls, all candidates in one bench; registers and X begin at random.

    Raises Mismatch for the first that differs.
    """
    pairs = list(zip(candidates, trials, strict=True))
    jobs = [runner.job(item.emitted, share, item.verilog) for item, share in pairs]
    libraries = tuple(dict.fromkeys(path for item in candidates for path in item.source.paths))
    again = f"again: the same command with --seed {seed}"
    with ExitStack() as stack:
        for item in candidates:
            stack.enter_context(item.source.placed("Verilator"))
        found = runner.run(jobs, seed, libraries=libraries, unknown=seed)
    for number, job in enumerate(jobs):
        try:
            check(job, found[number], seed, again)
        except Mismatch as mismatch:
            zeros = runner.run(jobs, seed, libraries=libraries, unknown=0)
            try:
                check(job, zeros[number], seed, again)
            except Mismatch:
                raise mismatch from None
            raise Mismatch(
                f"{mismatch}\n  right where registers begin at 0: results depend on what a "
                "register holds before it is written, or on X"
            ) from None
