"""The cocotb bench: drives every stream of every engine, compares every result.

Runs inside the simulator. What to do stands in the JSON file that MACSMITH_BENCH names, written by
:mod:`macsmith.sim.runner`; what was found goes into the file beside it.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, gather

_TIMEOUT = 2000  # cycles without any transfer, beyond a drain, before the bench gives up
_BURST = 50  # cycles that a port keeps its pace, on average
_FALSE_STARTS = 6  # resets in the middle of work, before the phases


class Turns:
    """Long stalls: one port after the other, the sink every second time, waits until nothing has
    moved for ``hold`` cycles and some, so that every register holds still with data in it, for an
    even or odd number of cycles; then all run for 1 to 32 cycles. With ``hold`` 0 nobody waits."""

    def __init__(self, hold: int, rng: random.Random):
        self.hold, self.rng = hold, rng
        self.turn, self.left, self.held = 0, 0, False
        self.order: list[str] = []

    def cycle(self, quiet: int) -> None:
        self.left -= not self.held
        if not self.hold or (quiet < self.hold if self.held else self.left >= 0):
            return
        if self.held and self.rng.random() < 0.5:
            return
        self.held = not self.held
        if not self.held:
            self.left, self.turn = self.rng.randrange(32), self.turn + 1

    def waits(self, name: str) -> bool:
        return self.held and self.order[self.turn % len(self.order)] == name


class Port:
    """One side of a stream: pauses at random, sometimes not at all, sometimes nearly always."""

    def __init__(self, dut: Any, prefix: str, pause: float, rng: random.Random, turns: Turns):
        self.prefix, self.turns = prefix, turns
        self.valid = getattr(dut, f"{prefix}_valid")
        self.ready = getattr(dut, f"{prefix}_ready")
        self.data = getattr(dut, f"{prefix}_data")
        self.paces = (0.0, pause, pause, 0.95) if pause else (0.0,)
        self.pause, self.rng = pause, rng

    def pausing(self) -> bool:
        if self.turns.waits(self.prefix):
            return True
        if self.rng.random() * _BURST < 1:
            self.pause = self.rng.choice(self.paces)
        return self.rng.random() < self.pause


class Source(Port):
    """Offers the beats of one stream."""

    def __init__(self, dut: Any, prefix: str, beats: list[str], *pace: Any):
        super().__init__(dut, prefix, *pace)
        self.beats, self.sent, self.offering = [int(beat, 16) for beat in beats], 0, False
        self.mask = (1 << len(self.data)) - 1

    def sample(self) -> bool:
        """Whether the beat on offer was taken at this clock edge."""
        taken = self.offering and bool(self.ready.value)
        if taken:
            self.sent += 1
            self.offering = False
        return taken

    def drive(self) -> None:
        """Offer the next beat, or pause, the data wrong. An offer stands until it is taken."""
        if self.offering:
            return
        ended = self.sent == len(self.beats)
        self.offering = not self.pausing() and not ended
        self.valid.value = int(self.offering)
        if not ended:
            beat = self.beats[self.sent]
            self.data.value = beat if self.offering else ~beat & self.mask


class Sink(Port):
    """Takes results, and sees that one on offer stands until it is taken."""

    def __init__(self, dut: Any, prefix: str, *pace: Any):
        super().__init__(dut, prefix, *pace)
        self.open, self.unsteady = False, 0
        self.waiting: int | None = None

    def sample(self) -> int | None:
        """The result taken at this clock edge, or None."""
        offered = int(self.data.value) if bool(self.valid.value) else None
        if self.waiting is not None:
            self.unsteady += offered != self.waiting
        self.waiting = None if self.open else offered
        return offered if self.open else None

    def drive(self) -> None:
        self.open = not self.pausing()
        self.ready.value = int(self.open)


async def run_phase(dut: Any, index: int, phase: dict[str, Any], seed: int) -> dict[str, Any]:
    """One pattern of stalls over some tiles of one engine."""
    rng = random.Random(seed)
    turns = Turns(phase["hold"], rng)
    sources = [
        Source(dut, f"e{index}_{name}", beats, phase["idle"], rng, turns)
        for name, beats in phase["beats"].items()
    ]
    sink = Sink(dut, f"e{index}_{phase['result']}", phase["stall"], rng, turns)
    turns.order = [port.prefix for source in sources for port in (sink, source)]
    results: list[str] = []
    wanted, quiet, cycle, begun = phase["results"], 0, 0, None
    patience = phase["drain"] + _TIMEOUT
    while len(results) < wanted and quiet < patience:
        turns.cycle(quiet)
        for source in sources:
            source.drive()
        sink.drive()
        await RisingEdge(dut.clk)
        cycle += 1
        moved = [source.sample() for source in sources]
        got = sink.sample()
        if any(moved) and begun is None:
            begun = cycle
        if got is not None:
            results.append(f"{got:x}")
        quiet = 0 if any(moved) or got is not None else quiet + 1
    # Nothing more may come: a doubled result would show here.
    extra, sink.pause, sink.paces = 0, 0.0, (0.0,)
    turns.held = False
    for _ in range(phase["drain"] + 4):
        for source in sources:
            source.drive()
        sink.drive()
        await RisingEdge(dut.clk)
        extra += sink.sample() is not None
    sink.ready.value = 0
    return {
        "results": results,
        "extra": extra,
        "unsteady": sink.unsteady,
        "unsent": {n: len(s.beats) - s.sent for n, s in zip(phase["beats"], sources, strict=True)},
        "cycles": cycle - (begun or 0),
        "hung": quiet >= patience,
    }


async def run_engine(dut: Any, index: int, phases: list[dict[str, Any]], seed: int) -> Any:
    return [
        await run_phase(dut, index, phase, seed + number) for number, phase in enumerate(phases)
    ]


async def false_starts(dut: Any, job: dict[str, Any]) -> None:
    """All engines begin a phase and are reset in the middle: nothing of that may be left."""
    rng = random.Random(job["seed"])
    longest = 2 * max(phases[0]["drain"] for phases in job["engines"])
    for number in range(_FALSE_STARTS):
        begun = [
            cocotb.start_soon(run_phase(dut, i, phases[number % len(phases)], job["seed"] + number))
            for i, phases in enumerate(job["engines"])
        ]
        for _ in range(rng.randrange(1, longest)):
            await RisingEdge(dut.clk)
        for run in begun:
            run.cancel()
        # What is on offer stays so in the reset; afterwards nothing is.
        dut.rst.value = 1
        await RisingEdge(dut.clk)
        dut.rst.value = 0
        idle(dut, job)


def idle(dut: Any, job: dict[str, Any]) -> None:
    """Nobody offers or takes anything."""
    for index, phases in enumerate(job["engines"]):
        for name in phases[0]["beats"]:
            getattr(dut, f"e{index}_{name}_valid").value = 0
        getattr(dut, f"e{index}_{phases[0]['result']}_ready").value = 0


@cocotb.test()  # type: ignore[untyped-decorator]
async def engines(dut: Any) -> None:
    """All engines at once; the caller judges what came out."""
    path = Path(os.environ["MACSMITH_BENCH"])
    job = json.loads(path.read_text(encoding="utf-8"))
    idle(dut, job)
    Clock(dut.clk, 10, unit="ns").start()
    dut.rst.value = 1
    for _ in range(4):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    await false_starts(dut, job)
    runs = [run_engine(dut, i, phases, job["seed"] + i) for i, phases in enumerate(job["engines"])]
    path.with_suffix(".found.json").write_text(
        json.dumps(list(await gather(*runs))), encoding="utf-8"
    )
