"""What each kind of field carries of matrices: for every block its values, beat by beat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .description import Span
from .matrices import Blocks, Matrices
from .streams import Field
from .tensor import spread

Array = npt.NDArray[Any]

#: Kinds of fields that are read for blocks of rows (0), or for every pair of blocks (2); the
#: others belong to a side.
ALONG = {"bias": 0, "initial": 2, "value": 2}

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


READERS: dict[str, Callable[[Field, int, Matrices, Blocks], _Read]] = {
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
