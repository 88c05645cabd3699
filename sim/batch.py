"""Bulk comparison of an engine with the golden model, without a word of Python in a cycle."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..golden.errors import Mismatch
from ..hw.emit import Emitted
from . import lanes
from .matmul import engine_matmul
from .stimuli import Tile
from .streams import CHUNK, Array, Simulator

__all__ = ["Batch", "engine_matmul", "run_batch"]


@dataclass(frozen=True)
class Batch:
    """What a bulk comparison found.

    Parameters
    ----------
    tiles, results, macs : reductions, results and products that went through.
    cycles, expected_cycles : spent, and what an engine at full rate spends.
    seconds : simulation alone, without building.
    mismatches : indexes of the tiles with a wrong or missing result.
    report : the first mismatch in words, or nothing.
    """

    tiles: int
    results: int
    macs: int
    cycles: int
    expected_cycles: int
    seconds: float
    mismatches: tuple[int, ...]
    report: str

    def check(self) -> Batch:
        """Itself, if every result and the rate are as they must be; else Mismatch."""
        if self.report:
            raise Mismatch(f"{len(self.mismatches)} of {self.tiles} tiles differ; {self.report}")
        if self.cycles != self.expected_cycles:
            raise Mismatch(f"took {self.cycles} cycles, expected {self.expected_cycles}")
        return self


def run_batch(
    emitted: Emitted,
    tiles: Iterable[Tile],
    *,
    core: str | None = None,
    libraries: tuple[Path, ...] = (),
    simulator: Simulator | None = None,
) -> Batch:
    """Send ``tiles`` through the core at full rate and compare with their golden answers.

    ``core`` is other Verilog for the core (the mapped netlist), its cells in ``libraries``;
    ``simulator`` one that is built already. Nothing is raised for a mismatch: see
    :meth:`Batch.check`. Raises ToolMissing or ToolFailed.
    """
    machine = simulator or Simulator(emitted, core, libraries)
    plan, stream = emitted.plan, emitted.streams[-1]
    count = macs = cycles = expected = 0
    seconds, wrong, report = 0.0, list[int](), ""
    for chunk in _chunks(tiles, plan.lanes):
        sent = _pack(emitted, chunk)
        begun = time.perf_counter()
        run = machine.run(*sent)
        seconds += time.perf_counter() - begun

        for index, text in _differences(emitted, chunk, run.words):
            wrong.append(count + index)
            report = report or f"tile {count + index} ({chunk[index].kind}): {text}"
        count += len(chunk)
        if run.extra:
            report = report or f"{run.extra} results more than tiles, after tile {count - 1}"
        cycles += run.cycles
        expected += len(sent[2]) - 1 + plan.latency
        macs += sum(tile.weight.size * plan.cols for tile in chunk)
        if len(run.words) < len(chunk):
            break  # it hung
    return Batch(count, count * stream.count, macs, cycles, expected, seconds, tuple(wrong), report)


def _chunks(tiles: Iterable[Tile], width: int) -> Iterator[list[Tile]]:
    chunk: list[Tile] = []
    size = 0
    for tile in tiles:
        chunk.append(tile)
        size += tile.weight.shape[1] // width
        if size >= CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _pack(emitted: Emitted, chunk: list[Tile]) -> tuple[Array, Array, Array, Array | None]:
    plan = emitted.plan
    weight = np.concatenate([lanes.steps(tile.weight, plan.lanes) for tile in chunk])
    activation = np.concatenate([lanes.steps(tile.activation, plan.lanes) for tile in chunk])
    last = np.zeros(len(weight), bool)
    last[np.cumsum([tile.weight.shape[1] // plan.lanes for tile in chunk]) - 1] = True
    if plan.initial is None:
        return weight, activation, last, None
    starts = np.stack([np.asarray(tile.initial).reshape(-1) for tile in chunk])
    return weight, activation, last, lanes.to_words(starts, plan.initial.width)


def _differences(emitted: Emitted, chunk: list[Tile], words: Array) -> Iterator[tuple[int, str]]:
    """The tiles of ``chunk`` that came out wrong, and how."""
    stream, done = emitted.streams[-1], chunk[: len(words)]
    shape = len(done), stream.count
    got = {"values": lanes.from_words(stream, words), **lanes.flags_of(stream, words)}
    wanted, wrong = {}, np.zeros(shape, bool)
    for name, found in got.items():
        answers = [
            t.answer.values if name == "values" else getattr(t.answer.flags, name) for t in done
        ]
        wanted[name] = np.asarray(answers).reshape(shape)
        wrong |= (found != wanted[name]).astype(bool)
    for index in np.flatnonzero(wrong.any(axis=1)).tolist():
        place = index, int(wrong[index].argmax())
        row, col = divmod(place[1], emitted.plan.cols)
        received, expected = (
            ", ".join(f"{name} {int(values[place])}" for name, values in table.items())
            for table in (got, wanted)
        )
        tile = chunk[index]
        operands = tile.weight[row][:8].tolist(), tile.activation[col][:8].tolist()
        where = f"row {row}, column {col}, K = {tile.weight.shape[1]}"
        text = f"expected {expected}; received {received}"
        yield index, f"{where}: {text}; weight {operands[0]}…, activation {operands[1]}…"
    for index in range(len(done), len(chunk)):
        yield index, "no result, the core hung"
