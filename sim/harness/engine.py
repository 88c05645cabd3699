"""How an engine is tried: a trial is a reduction, a :class:`Tile`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

import numpy as np

from ...golden.streams import Beats, Stream
from ...golden.tiling import beats_of, begins, sent, steps_of
from ...hw.engine.hardware import EngineHardware
from .. import report
from ..directed import directed, shortest, units_of
from ..rate import expected_cycles, steady
from ..stimuli import Tile, bound_tiles, tiles
from .base import Chosen, Harness, Lane, Part

#: Elements of the longest random reduction of an emitted test bench, in general.
_USUAL = 64

#: Steps of the longest reduction there: text files and Icarus Verilog stay workable.
LONGEST = 1 << 14


class EngineHarness(Harness):
    """Random, corner and directed reductions, and those that drive accumulators to their bounds."""

    trial, beats = "reductions", "steps"
    hardware: EngineHardware

    def __init__(self, hardware: EngineHardware):
        super().__init__(hardware)
        self.engine, self.plan = hardware.engine, hardware.plan

    def stimuli(self, count: int, seed: int) -> list[Tile]:
        random = tiles(self.engine, count, seed, steps=self.plan.reduction_cycles)
        few = directed(self.engine, seed, short=True, units=units_of(self.plan))
        return random + bound_tiles(self.engine, seed) + few

    def bulk(self, count: int, seed: int) -> Iterator[Part]:
        engine, cycles = self.engine, self.plan.reduction_cycles
        yield Part(tiles(engine, count // 2, seed, steps=cycles, every=1))
        yield Part(tiles(engine, count - count // 2, seed + 1, steps=cycles), stalls=True)
        long = directed(engine, seed, units=units_of(self.plan))
        long += tiles(engine, count // 20, seed + 2, every=1)
        yield Part(long + shortest(engine, self.plan, seed), stalls=True, turns=True)

    def chosen(self, count: int, seed: int) -> Chosen:
        """Bounds are left out where sums have none (``aligned``), or k_max is beyond LONGEST."""
        engine, plan = self.engine, self.plan
        freely = tiles(engine, count, seed, steps=plan.reduction_cycles, every=1)
        if all(item.k_max <= LONGEST * engine.step(mode) for mode, item in enumerate(engine.modes)):
            freely += bound_tiles(engine, seed)
        cycles = self.cycles(freely)
        if cycles is not None and plan.stationary:
            cycles -= 1  # the first weights come before the first step
        held = directed(engine, seed, short=True, units=units_of(plan))
        held += tiles(engine, -(-count // 2), seed + 2, longest=2 * _USUAL)
        held += shortest(engine, plan, seed)
        return Chosen(freely, tiles(engine, count, seed + 1), held, cycles)

    def shares(self, trials: Sequence[Tile], parts: int) -> list[list[Tile]]:
        parts = min(parts, len(trials))
        if self.plan.stationary:
            sets = _sets(trials, parts)
            return [list(chain(*sets[number::parts])) for number in range(parts)]
        long = [steady(self.plan, steps_of(self.plan, tile)) for tile in trials]
        first = [tile for tile, fits in zip(trials, long, strict=True) if fits][::parts]
        first = first or list(trials[:1])
        others = [tile for tile in trials if not any(tile is item for item in first)]
        return [first, *(others[number :: parts - 1] for number in range(parts - 1))]

    def sent(self, stream: Stream, trials: Sequence[Tile]) -> Beats:
        return sent(stream, self.plan, trials)

    def cycles(self, trials: Sequence[Tile]) -> int | None:
        return expected_cycles(self.plan, self.result, trials)

    def steps(self, trials: Sequence[Tile]) -> int:
        return sum(steps_of(self.plan, tile) for tile in trials)

    def longest(self, trials: Sequence[Tile]) -> int:
        # Reductions shorter than their results' way out wait: part of the drain.
        return max(steps_of(self.plan, tile) for tile in trials) * self.plan.cycles

    @property
    def leader(self) -> str:
        return "activation"

    @property
    def pace(self) -> str:
        return f"a step {self.plan.pace}"

    @property
    def cols(self) -> int:
        return self.plan.cols

    @property
    def each(self) -> int:
        return beats_of(self.result, self.plan, 1)  # the same for every K

    def work(self, trials: Sequence[Tile]) -> int:
        return sum(tile.weight.kept[1] for tile in trials) * self.plan.rows * self.plan.cols

    def results_of(self, trials: Sequence[Tile]) -> int:
        return len(trials) * self.plan.rows * self.plan.cols * self.plan.outputs

    def difference(self, trial: Tile, beat: int, lane: int, received: Lane, expected: Lane) -> str:
        return report.difference(self.hardware, trial, beat, lane, received, expected)


def _sets(trials: Sequence[Tile], least: int) -> list[list[Tile]]:
    """Tiles that follow each other with the same weights; long runs are halved until there are
    ``least`` of them, and their weights are then sent again."""
    places = np.flatnonzero(begins(trials)[1:]) + 1
    bounds = [0, *places.tolist(), len(trials)]
    while len(bounds) <= least:
        start, end = max(pairwise(bounds), key=lambda run: run[1] - run[0])
        bounds = sorted([*bounds, (start + end) // 2])
    return [list(trials[start:end]) for start, end in pairwise(bounds)]
