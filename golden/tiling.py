"""The order of tiles: what travels on an engine's streams for given matrices.

Matrices of any size are cut into reductions: each takes as many rows and columns as the array has.
Every field of every stream is first read for all blocks of rows, or of columns; a reduction then
picks its blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .description import Engine, Span
from .matmul import Result
from .streams import Beats, Field, Stream
from .tensor import Quantized, spread

Array = npt.NDArray[Any]


class Tiled(Protocol):
    """What decides the order of tiles."""

    @property
    def rows(self) -> int: ...

    @property
    def cols(self) -> int: ...

    @property
    def stationary(self) -> bool:
        """Whether weights stay while activations pass."""

    @property
    def group_steps(self) -> int | None:
        """Steps after which the sums close; None where they span the reduction."""

    def step_of(self, mode: int) -> int:
        """Elements of K that a step of a mode takes."""


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


@dataclass(frozen=True, kw_only=True)
class Matrices:
    """What an engine multiplies.

    Parameters
    ----------
    weight, activation : N × K and M × K.
    bias : codes (N,) of the output's bias format, or None.
    initial : (N, M) integers that the sums start from, or None.
    answer : what must come out, (N, M) or (outputs, N, M); None where nobody knows yet.
    mode : of the engine's.
    """

    weight: Quantized
    activation: Quantized
    bias: Array | None = None
    initial: Array | None = None
    answer: Result | None = None
    mode: int = 0

    @property
    def k(self) -> int:
        return self.weight.shape[1]

    def side(self, field: Field) -> Quantized:
        return self.activation if field.side else self.weight


@dataclass(frozen=True)
class Blocks:
    """Which rows and columns the reductions take: indexes (row blocks, rows), (col blocks, cols)"""

    rows: Array
    cols: Array

    @classmethod
    def of(cls, shape: tuple[int, int], plan: Tiled) -> Blocks:
        """All of an N × M result; the last blocks repeat its last row and column."""
        return cls(_blocks(shape[0], plan.rows), _blocks(shape[1], plan.cols))


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
        "result": plan.rows * plan.cols,
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
                _READERS[field.kind](field, beats_of(stream, plan, steps), matrices, blocks)
                for field in stream.fields
            ]
            for stream in streams
        }

    def beats(self, stream: Stream, row: Array, col: Array) -> Beats:
        """The beats of the reductions of row blocks ``row`` and column blocks ``col``, in turn."""
        values, flags = [], []
        for field, (held, marks) in zip(stream.fields, self._held[stream.name], strict=True):
            index = (row, col, row * self._across + col)[_ALONG.get(field.kind, field.side or 0)]
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


def _blocks(count: int, size: int) -> Array:
    return np.minimum(np.arange(-(-count // size) * size), count - 1).reshape(-1, size)


#: Kinds of fields that are read for blocks of rows (0), or for every pair of blocks (2); the
#: others belong to a side.
_ALONG = {"bias": 0, "initial": 2, "value": 2}

#: Values and flags for every block: (blocks, beats, count).
_Read = tuple[Array, Array | None]


def _codes(field: Field, beats: int, matrices: Matrices, blocks: Blocks) -> _Read:
    index = blocks.cols if field.side else blocks.rows
    codes = np.asarray(matrices.side(field).codes[field.array])[index]
    parts = codes.reshape(*index.shape, beats, field.lanes).transpose(0, 2, 1, 3)
    return parts.reshape(len(index), beats, field.count), None


def _index(field: Field, beats: int, matrices: Matrices, blocks: Blocks) -> _Read:
    """Where the elements of a sparse operand stand."""
    places = np.asarray(matrices.side(field).indices)[blocks.rows]
    parts = places.reshape(*blocks.rows.shape, beats, field.lanes).transpose(0, 2, 1, 3)
    return parts.reshape(len(blocks.rows), beats, field.count), None


def _words(field: Field, beats: int, matrices: Matrices, blocks: Blocks) -> _Read:
    """The elements of a mode, of one array, side by side in words."""
    index, operand = blocks.cols if field.side else blocks.rows, matrices.side(field)
    [(name, fmt)] = operand.operand.codes.items()
    codes = np.asarray(operand.codes[name])[index].astype(np.int64)
    words = codes.reshape(*index.shape, beats, field.lanes, -1)
    values = np.bitwise_or.reduce(words << (fmt.bits * np.arange(words.shape[-1])), axis=-1)
    return values.transpose(0, 2, 1, 3).reshape(len(index), beats, field.count), None


def _mode(field: Field, beats: int, matrices: Matrices, blocks: Blocks) -> _Read:
    return np.full((len(blocks.rows), beats, 1), matrices.mode), None


def _scales(field: Field, beats: int, matrices: Matrices, blocks: Blocks) -> _Read:
    # A field of one vector is either what all share, or what the array's only vector has.
    index = (blocks.cols if field.side else blocks.rows)[:, : field.vectors]
    operand = matrices.side(field)
    level = next(item for item in operand.operand.levels if item.name == field.array)
    scales = _of_beats(np.asarray(operand.scales[field.array]), level.span, beats, operand.shape)
    return scales[index].transpose(0, 2, 1), None


def _select(field: Field, beats: int, matrices: Matrices, blocks: Blocks) -> _Read:
    index = blocks.cols if field.side else blocks.rows
    operand = matrices.side(field)
    assert operand.operand.select is not None
    span = operand.operand.select.span
    chosen = _of_beats(np.asarray(operand.select), span, beats, operand.shape)
    return chosen[index].transpose(0, 2, 1), None


def _of_beats(values: Array, span: Span, beats: int, shape: tuple[int, int]) -> Array:
    """One value a block of ``span``, of a matrix of ``shape``, as one a row and beat."""
    return spread(values, span, (shape[0], beats), shape[1] // beats)


def _bias(field: Field, beats: int, matrices: Matrices, blocks: Blocks) -> _Read:
    assert matrices.bias is not None
    return np.asarray(matrices.bias)[blocks.rows][:, None, :], None


def _initial(field: Field, beats: int, matrices: Matrices, blocks: Blocks) -> _Read:
    assert matrices.initial is not None
    return _pairs(field, np.asarray(matrices.initial)[None], blocks), None


def _value(field: Field, beats: int, matrices: Matrices, blocks: Blocks) -> _Read:
    answer = matrices.answer
    assert answer is not None
    shape = (-1, *answer.values.shape[-2:])
    marks = np.zeros(answer.values.shape, np.int64)
    for place, name in enumerate(field.flags):
        marks |= getattr(answer.flags, name).astype(np.int64) << place
    return tuple(  # type: ignore[return-value]
        _pairs(field, array.reshape(shape), blocks) for array in (answer.values, marks)
    )


def _pairs(field: Field, matrix: Array, blocks: Blocks) -> Array:
    """(outputs, N, M) for every pair of blocks: row by row, outputs of one place together."""
    parts = matrix[:, blocks.rows][:, :, :, blocks.cols].transpose(1, 3, 2, 4, 0)
    return parts.reshape(len(blocks.rows) * len(blocks.cols), -1, field.count)


_READERS: dict[str, Callable[[Field, int, Matrices, Blocks], _Read]] = {
    "codes": _codes,
    "words": _words,
    "index": _index,
    "scales": _scales,
    "select": _select,
    "mode": _mode,
    "bias": _bias,
    "initial": _initial,
    "value": _value,
}
