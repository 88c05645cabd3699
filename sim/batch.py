"""Bulk comparison of a design with the golden model, without a word of Python in a cycle."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.errors import Mismatch
from ..golden.streams import Beats, Stream
from ..hw.text.emit import Emitted
from . import lanes
from .harness import Harness, harness
from .matmul import engine_matmul
from .streams import CHUNK, Run, Simulator

__all__ = ["Batch", "engine_matmul", "run_batch"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Batch:
    """What a bulk comparison found.

    Parameters
    ----------
    tiles, results, macs : reductions, results and products that went through.
    cycles, expected_cycles : spent, and what a design at full rate spends; None where sources or
        sink paused, or some reductions are so short that others may have to wait.
    seconds : simulation alone, without building.
    mismatches : indexes of the tiles with a wrong or missing result.
    report : the first mismatch in words, or nothing.
    slack : cycles that it may take beyond those, because streams come later in and out.
    """

    tiles: int
    results: int
    macs: int
    cycles: int
    expected_cycles: int | None
    seconds: float
    mismatches: tuple[int, ...]
    report: str
    slack: int = 0

    def check(self) -> Batch:
        """Itself, if every result and the rate are as they must be; else Mismatch."""
        if self.report:
            raise Mismatch(f"{len(self.mismatches)} of {self.tiles} tiles differ; {self.report}")
        due = self.expected_cycles
        if due is not None and not due <= self.cycles <= due + self.slack:
            raise Mismatch(f"took {self.cycles} cycles, expected {due}")
        return self


def run_batch(
    emitted: Emitted,
    trials: Iterable[Any],
    *,
    core: str | None = None,
    libraries: tuple[Path, ...] = (),
    simulator: Simulator | None = None,
    stalls: int = 0,
    turns: bool = False,
) -> Batch:
    """Send ``trials`` through the core and compare with their golden answers.

    Nobody pauses, unless ``stalls`` is the seed of random pauses; with ``turns`` each port waits
    until the core holds still, one after the other. ``core`` is other Verilog for
    the core (the mapped netlist), its cells in ``libraries``; ``simulator`` one that is built
    already. Nothing is raised for a mismatch: see :meth:`Batch.check`. Raises ToolMissing or
    ToolFailed.
    """
    machine = simulator or Simulator(emitted, core, libraries)
    tried = harness(emitted.hardware)
    count = macs = results = cycles = slack = 0
    expected: int | None = None if stalls or not emitted.hardware.timed else 0
    seconds, wrong, text = 0.0, list[int](), ""
    for number, chunk in enumerate(_chunks(trials, tried)):
        beats = {stream.name: tried.sent(stream, chunk) for stream in emitted.streams}
        wanted = beats[tried.result.name]
        begun = time.perf_counter()
        seed = stalls + number if stalls else 0
        run = machine.run(beats, len(wanted), seed, turns=turns and bool(stalls))
        seconds += time.perf_counter() - begun

        for index, words in differences(tried, chunk, wanted, run):
            wrong.append(count + index)
            text = text or f"tile {count + index}: {words}"
        count += len(chunk)
        if run.extra:
            text = text or f"{run.extra} results more than {tried.trial}, after tile {count - 1}"
        cycles += run.cycles
        due = tried.cycles(chunk)
        expected = None if expected is None or due is None else expected + due
        slack += tried.slack
        macs += tried.work(chunk)
        results += tried.results_of(chunk)
        if len(run.last) < len(wanted):
            break  # it hung
    return Batch(count, results, macs, cycles, expected, seconds, tuple(wrong), text, slack)


def _chunks(trials: Iterable[Any], tried: Harness) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    size = 0
    for trial in trials:
        chunk.append(trial)
        size += tried.steps([trial])
        if size >= CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def differences(
    tried: Harness, chunk: list[Any], wanted: Beats, run: Run
) -> Iterator[tuple[int, str]]:
    """The tiles of ``chunk`` that came out wrong, and how."""
    stream, done = tried.result, len(run.last)
    owners = tried.owners(chunk, len(wanted))
    received, expected = _received(stream, run), _expected(stream, wanted, done)
    wrong = np.zeros(received[0].shape, bool)
    for got, want in zip(received, expected, strict=True):
        wrong |= (got != want).astype(bool)
    late = stream.last & (run.last != wanted.last[:done])

    for tile in np.unique(owners[:done][wrong.any(axis=1) | late]).tolist():
        first = int(np.searchsorted(owners, tile))
        here = wrong[first:][owners[first:done] == tile]
        if not here.any():
            yield tile, f"{chunk[tile].kind}: the mark of the last result stands elsewhere"
            continue
        beat, lane = np.argwhere(here)[0].tolist()
        at = first + beat, lane
        lane_of = [(int(values[at]), int(flags[at])) for values, flags in (received, expected)]
        yield tile, tried.difference(chunk[tile], beat, lane, *lane_of)
    for tile in np.unique(owners[done:]).tolist():
        yield tile, f"{chunk[tile].kind}: no result, the core hung"


def _received(stream: Stream, run: Run) -> tuple[Array, Array]:
    """Bit patterns and flags that came, of the lanes of all fields side by side."""
    pairs = list(zip(stream.fields, run.words, strict=True))
    values = [lanes.patterns(field, words) for field, words in pairs]
    return _beside(values), _beside([lanes.flags_of(field, words) for field, words in pairs])


def _expected(stream: Stream, wanted: Beats, done: int) -> tuple[Array, Array]:
    """The same of the first ``done`` beats that must come."""
    values, marks = list[Array](), list[Array]()
    for field, whole, flags in zip(stream.fields, wanted.values, wanted.flags, strict=True):
        values.append(lanes.pattern_of(field, whole[:done]))
        marks.append(np.zeros(values[-1].shape, np.int64) if flags is None else flags[:done])
    return _beside(values), _beside(marks)


def _beside(arrays: list[Array]) -> Array:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=1)
