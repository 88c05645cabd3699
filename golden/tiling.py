"""The order of tiles: what travels on an engine's streams for given matrices.

Matrices of any size are cut into reductions: each takes as many rows and columns as the array has.
Every field of every stream is first read for all blocks of rows, or of columns; a reduction then
picks its blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from .description import Engine
from .matrices import Blocks, Matrices, Tiled
from .readers import ALONG, READERS
from .streams import Beats, Stream

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Tiling:
    """The order of an engine's tiles, from its description alone."""

    engine: Engine

    @property
    def rows(self) -> int:
        return self.engine.build.rows

    @property
    def cols(self) -> int:
        return self.engine.build.cols

    @property
    def results(self) -> int:
        return self.engine.build.results

    @property
    def stationary(self) -> bool:
        return self.engine.build.flow == "weight_stationary"

    @property
    def group_steps(self) -> int | None:
        if len(self.engine.modes) > 1:
            return None
        arithmetic = self.engine.arithmetic.compressed
        whole = arithmetic.group in (None, arithmetic.k_max)
        return None if whole else (arithmetic.group or 0) // self.engine.lanes()

    def step_of(self, mode: int) -> int:
        return self.engine.step(mode)


def steps_of(plan: Tiled, matrices: Matrices) -> int:
    """How many steps a reduction takes."""
    return matrices.k // plan.step_of(matrices.mode)


def beats_of(stream: Stream, plan: Tiled, steps: int) -> int:
    """How many beats of ``stream`` a reduction of so many steps has."""
    return {
        "step": steps,
        "set": 1,
        "group": steps // (plan.group_steps or steps),
        "reduction": 1,
        "result": plan.rows * plan.cols // plan.results,
    }[stream.per]


class Feed:
    """Matrices as the beats of an engine's streams.

    Parameters
    ----------
    streams : those of interest.
    plan : of the engine.
    matrices, blocks : what is multiplied, and how it is cut.
    """

    def __init__(
        self, streams: Iterable[Stream], plan: Tiled, matrices: Matrices, blocks: Blocks
    ) -> None:
        self._across, steps = len(blocks.cols), steps_of(plan, matrices)
        self._held = {
            stream.name: [
                READERS[field.kind](field, beats_of(stream, plan, steps), matrices, blocks)
                for field in stream.fields
            ]
            for stream in streams
        }

    def beats(self, stream: Stream, row: Array, col: Array) -> Beats:
        """The beats of the reductions of row blocks ``row`` and column blocks ``col``, in turn."""
        values, flags = [], []
        for field, (held, marks) in zip(stream.fields, self._held[stream.name], strict=True):
            index = (row, col, row * self._across + col)[ALONG.get(field.kind, field.side or 0)]
            values.append(held[index].reshape(-1, field.count))
            flags.append(None if marks is None else marks[index].reshape(-1, field.count))
        last = np.zeros((len(row), len(values[0]) // len(row)), bool)
        last[:, -1] = True
        return Beats(tuple(values), tuple(flags), last.reshape(-1))


def single(stream: Stream, plan: Tiled, matrices: Matrices) -> Beats:
    """The beats of one reduction, for matrices that fill the array."""
    only, blocks = np.zeros(1, np.int64), Blocks.of((plan.rows, plan.cols), plan)
    return Feed([stream], plan, matrices, blocks).beats(stream, only, only)


def join(parts: Sequence[Beats]) -> Beats:
    """Beats one after another."""
    if len(parts) == 1:
        return parts[0]
    values = [np.concatenate(arrays) for arrays in zip(*(p.values for p in parts), strict=True)]
    flags = [
        None if arrays[0] is None else np.concatenate(arrays)
        for arrays in zip(*(p.flags for p in parts), strict=True)
    ]
    return Beats(tuple(values), tuple(flags), np.concatenate([p.last for p in parts]))


def sent(stream: Stream, plan: Tiled, reductions: Sequence[Matrices]) -> Beats:
    """The beats of reductions that fill the array, one after another."""
    beats = join([single(stream, plan, matrices) for matrices in reductions])
    return of_sets(stream, plan, beats, begins(reductions)) if plan.stationary else beats


def begins(reductions: Sequence[Matrices]) -> Array:
    """Which reductions have other weights than the one before: bool (reductions,)."""
    weights = [matrices.weight for matrices in reductions]
    same = [one is other for one, other in pairwise(weights)]
    return ~np.array([False, *same])


def of_sets(stream: Stream, plan: Tiled, beats: Beats, first: Array) -> Beats:
    """Where weights stay: the beats of reductions, a step each, of which some are a set's first.

    Weights come once a set, whose last activations end it.
    """
    if stream.per == "set":
        values = tuple(array[first] for array in beats.values)
        return Beats(values, beats.flags, beats.last[first])
    return beats if stream.output else replace(beats, last=np.append(first[1:], True))


def gather(results: Array, shape: tuple[int, int], plan: Tiled, outputs: int) -> Array:
    """Lanes of all reductions, row blocks outermost, as (N, M) or (outputs, N, M)."""
    down, across = (-(-size // part) for size, part in zip(shape, (plan.rows, plan.cols),
                                                           strict=True))  # fmt: skip
    parts = results.reshape(down, across, plan.rows, plan.cols, outputs).transpose(4, 0, 2, 1, 3)
    whole = parts.reshape(outputs, down * plan.rows, across * plan.cols)
    whole = whole[:, : shape[0], : shape[1]]
    return whole[0] if outputs == 1 else whole
