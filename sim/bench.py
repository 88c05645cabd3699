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

_TIMEOUT = 2000  # cycles without any transfer before the bench gives up


class Source:
    """Offers the beats of one stream, idle at random."""

    def __init__(self, dut: Any, prefix: str, beats: list[list[Any]], idle: float, rng: Any):
        self.valid = getattr(dut, f"{prefix}_valid")
        self.ready = getattr(dut, f"{prefix}_ready")
        self.data = getattr(dut, f"{prefix}_data")
        self.last = getattr(dut, f"{prefix}_last", None)
        self.beats, self.idle, self.rng = beats, idle, rng
        self.sent, self.offering = 0, False

    def sample(self) -> bool:
        """Whether the beat on offer was taken at this clock edge."""
        taken = self.offering and bool(self.ready.value)
        if taken:
            self.sent += 1
            self.offering = False
        return taken

    def drive(self) -> None:
        """Offer the next beat, or pause. An offer stands until it is taken."""
        if self.offering:
            return
        self.offering = self.sent < len(self.beats) and self.rng.random() >= self.idle
        self.valid.value = int(self.offering)
        if self.offering:
            data, last = self.beats[self.sent]
            self.data.value = int(data, 16)
            if self.last is not None:
                self.last.value = int(last)


class Sink:
    """Takes results, stalling at random."""

    def __init__(self, dut: Any, prefix: str, stall: float, rng: Any):
        self.valid = getattr(dut, f"{prefix}_valid")
        self.ready = getattr(dut, f"{prefix}_ready")
        self.data = getattr(dut, f"{prefix}_data")
        self.stall, self.rng, self.open = stall, rng, False

    def sample(self) -> int | None:
        """The result taken at this clock edge, or None."""
        return int(self.data.value) if self.open and bool(self.valid.value) else None

    def drive(self) -> None:
        self.open = self.rng.random() >= self.stall
        self.ready.value = int(self.open)


async def run_phase(dut: Any, index: int, phase: dict[str, Any], seed: int) -> dict[str, Any]:
    """One pattern of stalls over some tiles of one engine."""
    rng = random.Random(seed)
    sources = [
        Source(dut, f"e{index}_{name}", beats, phase["idle"], rng)
        for name, beats in phase["beats"].items()
    ]
    sink = Sink(dut, f"e{index}_result", phase["stall"], rng)
    results: list[str] = []
    wanted, quiet, cycle, begun = phase["results"], 0, 0, None
    while len(results) < wanted and quiet < _TIMEOUT:
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
    extra = 0
    sink.stall = 0.0
    for _ in range(phase["latency"] + 4):
        for source in sources:
            source.drive()
        sink.drive()
        await RisingEdge(dut.clk)
        extra += sink.sample() is not None
    sink.ready.value = 0
    cycles = cycle - (begun or 0)
    return {"results": results, "extra": extra, "cycles": cycles, "hung": quiet >= _TIMEOUT}


async def run_engine(dut: Any, index: int, phases: list[dict[str, Any]], seed: int) -> Any:
    return [
        await run_phase(dut, index, phase, seed + number) for number, phase in enumerate(phases)
    ]


@cocotb.test()  # type: ignore[untyped-decorator]
async def engines(dut: Any) -> None:
    """All engines at once; the caller judges what came out."""
    path = Path(os.environ["MACSMITH_BENCH"])
    job = json.loads(path.read_text())
    for index, phases in enumerate(job["engines"]):
        for name in phases[0]["beats"]:
            getattr(dut, f"e{index}_{name}_valid").value = 0
        getattr(dut, f"e{index}_result_ready").value = 0
    Clock(dut.clk, 10, unit="ns").start()
    dut.rst.value = 1
    for _ in range(4):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    runs = [run_engine(dut, i, phases, job["seed"] + i) for i, phases in enumerate(job["engines"])]
    path.with_suffix(".found.json").write_text(json.dumps(list(await gather(*runs))))
