"""Proves an engine's hardware against the golden model, and says what differs."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..golden.errors import Mismatch
from ..golden.formats import Format
from ..hw.emit import Emitted
from . import runner
from .batch import run_batch
from .pack import unpack_result
from .runner import Job
from .stimuli import Tile, bound_tiles, tiles


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
    """Send ``count`` random and corner tiles through the RTL under stalls, and both bounds.

    The RTL then takes ten times as many in bulk, at full rate. ``core`` is other Verilog for the
    core, such as the mapped netlist with its cells in ``libraries``. Raises Mismatch with what
    differs and how to run it again.
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
        bulk = tiles(emitted.engine, 10 * count, seed + 1)
        run_batch(emitted, bulk).check()
        sent += bulk
    return Verification(
        emitted.engine.name,
        seed,
        len(sent),
        sum(tile.answer.values.size for tile in sent),
        sum(tile.weight.size * tile.activation.shape[0] for tile in sent),
        core is not None,
        round(time.monotonic() - begun, 2),
    )


def stimuli(emitted: Emitted, count: int, seed: int) -> list[Tile]:
    """The tiles of a verification: random and corner ones, and the accumulators' bounds."""
    bounds = [] if emitted.engine.arithmetic.aligned else bound_tiles(emitted.engine, seed)
    return tiles(emitted.engine, count, seed) + bounds


def check(job: Job, found: list[dict[str, Any]], seed: int) -> None:
    """Raise Mismatch unless the bench found just the results that were expected."""
    name = job.emitted.engine.name
    again = f"again: macsmith verify {name} --seed {seed} (with the same options)"
    parts = len(found)
    for number, (phase, wanted) in enumerate(zip(found, runner.expected(job), strict=True)):
        share = job.tiles[number::parts]
        idle, stall = runner.PHASES[number]
        where = f"{name}: sources idle {idle:.0%}, sink stalls {stall:.0%}"
        for index, (got, want) in enumerate(zip(phase["results"], wanted, strict=False)):
            if int(got, 16) != want:
                text = _difference(job, share[index], int(got, 16), want)
                raise Mismatch(f"{where}, tile {index}: {text}\n  {again}")
        if phase["hung"] or len(phase["results"]) < len(wanted):
            raise Mismatch(
                f"{where}: {len(phase['results'])} results of {len(wanted)}, then none\n  {again}"
            )
        if phase["extra"]:
            raise Mismatch(f"{where}: {phase['extra']} results more than tiles\n  {again}")
        _check_rate(job, share, phase, number, where, again)


def _check_rate(
    job: Job, share: list[Tile], phase: dict[str, Any], number: int, where: str, again: str
) -> None:
    """Without stalls, results come at full rate: one step a cycle and the latency once."""
    if number:
        return
    plan = job.emitted.plan
    steps = sum(tile.weight.shape[1] // plan.lanes for tile in share)
    if phase["cycles"] != steps - 1 + plan.latency:
        raise Mismatch(
            f"{where}: {steps} steps took {phase['cycles']} cycles, "
            f"expected {steps - 1 + plan.latency}\n  {again}"
        )


def _difference(job: Job, tile: Tile, got: int, want: int) -> str:
    """Where the first differing result stands, what it is, and its operands."""
    plan, interface = job.emitted.plan, job.emitted.engine.build.interface
    stream = job.emitted.streams[-1]
    lanes = zip(
        unpack_result(stream, interface, got), unpack_result(stream, interface, want), strict=True
    )
    index, (received, expected) = next(
        (i, pair) for i, pair in enumerate(lanes) if pair[0] != pair[1]
    )
    row, col = divmod(index, plan.cols)
    k = tile.weight.shape[1]
    lines = [
        f"{tile.kind}, row {row}, column {col}, after {k // plan.lanes} steps (K = {k})",
        f"  expected {_number(stream, expected)}",
        f"  received {_number(stream, received)}",
        _operand("weight", plan.weight, tile.weight[row]),
        _operand("activation", plan.activation, tile.activation[col]),
    ]
    return "\n".join(lines)


def _number(stream: Any, lane: tuple[int, int]) -> str:
    value, flags = lane
    raised = [name for place, name in enumerate(stream.flags) if flags >> place & 1]
    digits = -(-stream.bits // 4)
    code = f"{value & ((1 << stream.bits) - 1):#0{digits + 2}x}"
    return f"{code} = {value}" + (f", flags {', '.join(raised)}" if raised else "")


def _operand(name: str, fmt: Format, codes: Any, most: int = 8) -> str:
    digits = max(-(-fmt.bits // 4), 1)
    shown = ", ".join(
        f"{int(code):0{digits}x} ({value:g})"
        for code, value in zip(codes[:most], fmt.decode(codes[:most]), strict=True)
    )
    return f"  {name:10} {shown}" + (", …" if len(codes) > most else "")


def _keep_waveform(job: Job, seed: int, libraries: tuple[Path, ...]) -> str:
    """Run the failing job again with a waveform; its path, or why there is none."""
    path = Path("build/waves") / f"{job.emitted.engine.name}.vcd"
    try:
        runner.run([job], seed, libraries=libraries, waveform=path)
        return str(path)
    except Exception as error:  # the mismatch matters more than its picture
        return f"none ({error})"
