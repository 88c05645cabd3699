"""Proves an engine's hardware against the golden model, and says what differs."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..golden.errors import Mismatch
from ..hw.text.emit import Emitted
from . import report, runner
from .batch import run_batch
from .beats import beats_of, steps_of
from .directed import directed, shortest, units_of
from .pack import unpack
from .rate import expected_cycles
from .runner import Job
from .stimuli import Tile, bound_tiles, tiles
from .streams import Simulator


@dataclass(frozen=True)
class Verification:
    """What was compared; every comparison was equal.

    Parameters
    ----------
    engine, seed : what ran.
    tiles, results, macs : reductions, results compared, products that went through the hardware,
        under stalls and in bulk together.
    mapped : whether the netlist after synthesis was simulated instead of the RTL.
    seconds : building and running.
    """

    engine: str
    seed: int
    tiles: int
    results: int
    macs: int
    mapped: bool
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def verify(
    emitted: Emitted,
    *,
    count: int = 100,
    seed: int = 1,
    core: str | None = None,
    libraries: tuple[Path, ...] = (),
) -> Verification:
    """Send ``count`` random and corner tiles through the RTL under stalls, both bounds, and tiles
    directed at what chance seldom meets.

    The RTL then takes ten times as many in bulk, half of them at full rate, half under stalls, and
    more directed ones under long stalls.
    ``core`` is other Verilog for the core, such as the mapped netlist with its cells in
    ``libraries``. Raises Mismatch with what differs and how to run it again.
    """
    begun = time.monotonic()
    job = runner.job(emitted, stimuli(emitted, count, seed), core)
    found = runner.run([job], seed, libraries=libraries)
    try:
        check(job, found[0], seed)
    except Mismatch as mismatch:
        wave = _keep_waveform(job, seed, libraries)
        raise Mismatch(f"{mismatch}\n  waveform: {wave}") from None
    sent = list(job.tiles)
    if core is None:
        sent += _in_bulk(emitted, 10 * count, seed + 1)
    plan = emitted.plan
    results = plan.rows * plan.cols * plan.outputs
    return Verification(
        emitted.engine.name,
        seed,
        len(sent),
        len(sent) * results,
        sum(tile.weight.kept[1] * plan.rows * plan.cols for tile in sent),
        core is not None,
        round(time.monotonic() - begun, 2),
    )


def stimuli(emitted: Emitted, count: int, seed: int) -> list[Tile]:
    """The tiles of a verification: random, corner and directed ones, the accumulators' bounds."""
    engine = emitted.engine
    random = tiles(engine, count, seed, steps=emitted.plan.reduction_cycles)
    few = directed(engine, seed, short=True, units=units_of(emitted.plan))
    return random + bound_tiles(engine, seed) + few


def _in_bulk(emitted: Emitted, count: int, seed: int) -> list[Tile]:
    """Compare on compiled RTL; the tiles that were sent."""
    engine, machine = emitted.engine, Simulator(emitted)
    rate = tiles(engine, count // 2, seed, steps=emitted.plan.reduction_cycles, every=1)
    run_batch(emitted, rate, simulator=machine).check()
    stalled = tiles(engine, count - count // 2, seed + 1, steps=emitted.plan.reduction_cycles)
    run_batch(emitted, stalled, simulator=machine, stalls=seed + 1).check()
    long = directed(engine, seed, units=units_of(emitted.plan))
    long += tiles(engine, count // 20, seed + 2, every=1)
    long += shortest(engine, emitted.plan, seed)
    run_batch(emitted, long, simulator=machine, stalls=seed + 2, turns=True).check()
    return rate + stalled + long


def check(job: Job, found: list[dict[str, Any]], seed: int) -> None:
    """Raise Mismatch unless the bench found just the results that were expected."""
    name = job.emitted.engine.name
    again = f"again: macsmith verify {name} --seed {seed} (with the same options)"
    for number, (phase, wanted) in enumerate(zip(found, runner.expected(job), strict=True)):
        where = f"{name}: {runner.PHASES[number]}"
        wrong = _first_difference(job, number, phase["results"], wanted) or _protocol(
            phase, len(wanted)
        )
        if not wrong and not number:
            wrong = _rate(job, phase)
        if wrong:
            raise Mismatch(f"{where}{wrong}\n  {again}")


def _first_difference(job: Job, number: int, results: list[str], wanted: list[int]) -> str:
    """The first wrong result in words, or nothing."""
    plan, stream = job.emitted.plan, job.emitted.streams[-1]
    interface, each = job.emitted.engine.build.interface, beats_of(stream, plan, 1)
    for index, (text, want) in enumerate(zip(results, wanted, strict=False)):
        if int(text, 16) == want:
            continue
        tile, beat = divmod(index, each)
        (got, last), (due, end) = (unpack(stream, interface, b) for b in (int(text, 16), want))
        lane = next((i for i, pair in enumerate(zip(got, due, strict=True)) if pair[0] != pair[1]),
                    None)  # fmt: skip
        if lane is None:
            return f", tile {tile}, result {beat}: last is {int(last)}, expected {int(end)}"
        share = job.shares[number]
        words = report.difference(job.emitted, share[tile], beat, lane, got[lane], due[lane])
        return f", tile {tile}: {words}"
    return ""


def _protocol(phase: dict[str, Any], wanted: int) -> str:
    """What is wrong with how results came, or nothing."""
    count = len(phase["results"])
    if phase["hung"] or count < wanted:
        return f": {count} results of {wanted}, then none"
    if phase["extra"]:
        return f": {phase['extra']} results more than tiles"
    if phase["unsteady"]:
        return f": {phase['unsteady']} results changed before they were taken"
    left = {name: beats for name, beats in phase["unsent"].items() if beats}
    return f": beats were never taken: {left}" if left else ""


def _rate(job: Job, phase: dict[str, Any]) -> str:
    """Without stalls, results come at full rate: every step its cycles and the latency once."""
    plan = job.emitted.plan
    due = expected_cycles(plan, job.emitted.streams[-1], job.shares[0])
    if due is None or phase["cycles"] == due:
        return ""
    steps = sum(steps_of(plan, tile) for tile in job.shares[0])
    return f": {steps} steps took {phase['cycles']} cycles, expected {due}"


def _keep_waveform(job: Job, seed: int, libraries: tuple[Path, ...]) -> str:
    """Run the failing job again with a waveform; its path, or why there is none."""
    path = Path("build/waves") / f"{job.emitted.engine.name}.vcd"
    try:
        runner.run([job], seed, libraries=libraries, waveform=path)
        return str(path)
    except Exception as error:  # the mismatch matters more than its picture
        return f"none ({error})"
