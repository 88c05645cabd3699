"""Sparse operands: which elements are kept, where they stood, and what they multiply.

``indices`` (rows, kept) hold the position of every kept element in its window, in ascending order.
For 2:4 the padding of windows with fewer than two nonzero elements is cuSPARSELt's and PyTorch's,
and :func:`metadata` packs words as they do, before the rearrangement that CUTLASS adds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .arrays import array_of, reals, rows_of, whole_numbers
from .description import Arithmetic, Operand, Sparse
from .description.operand import Span
from .errors import DesignError
from .tensor import Quantized

if TYPE_CHECKING:
    from .description.operand import Level

Array = npt.NDArray[Any]


def prune(values: npt.ArrayLike, structure: Sparse) -> Array:
    """Indices of the elements of greatest magnitude in each window of ``values`` (rows × K), real
    or complex numbers.

    Of equals the first; of zeros those of the second half of the window first. A last window that
    is not whole keeps as many as any, or all that it has.
    """
    x = np.abs(_matrix(values))
    rows, count = x.shape[0], structure.count(x.shape[1])
    # What is beyond the end is less than zero: it comes last, in the order of positions.
    beyond = -x.shape[1] % structure.window
    windows = np.pad(x, ((0, 0), (0, beyond)), constant_values=-1.0)
    windows = windows.reshape(rows, -1, structure.window)
    positions = np.arange(structure.window)
    empty = (positions + structure.window // 2) % structure.window + structure.window
    rank = np.where(windows > 0, positions, empty)
    order = np.lexsort((rank, -windows), axis=-1)[..., : structure.kept]
    return np.sort(order, axis=-1).reshape(rows, -1)[:, :count]


def compress(dense: Quantized, structure: Sparse, indices: Array) -> Quantized:
    """What ``indices`` (rows, kept) keep of a dense matrix, as of :func:`prune`."""
    indices = whole_numbers(indices, "indices", 0, structure.window - 1)
    wanted = dense.shape[0], structure.count(dense.shape[1])
    if indices.shape != wanted:
        raise DesignError(f"indices must be rows × kept = {wanted}, got {indices.shape}")
    operand = replace(dense.operand, structure=structure)
    where = structure.positions(indices)
    codes = {n: np.take_along_axis(np.asarray(c), where, 1) for n, c in dense.codes.items()}
    return Quantized(operand, codes, dense.scales, dense.select, indices, dense.shape[1])


def mixed(weight: npt.ArrayLike, dense: npt.ArrayLike, structure: Sparse) -> tuple[Array, Array]:
    """A matrix of sparse and dense windows as a sparse one, and the activations that it meets.

    A dense window is repeated until all its elements are kept, as many in each repetition; the
    activations come as often. For formats with a zero.

    Parameters
    ----------
    weight : values (rows × K), real or complex numbers.
    dense : which windows are dense, bool or 0 and 1 (K / window,).

    Returns
    -------
    values (rows × K') for ``quantize``, and the column of the activations of each, (K',).
    """
    x, marks = _matrix(weight), array_of(dense, "dense")
    if marks.dtype != bool:
        marks = whole_numbers(marks, "dense", 0, 1).astype(bool)
    if structure.window % structure.kept:
        raise DesignError(
            f"dense windows are repeated in parts of {structure.kept}, which must divide a window "
            f"of {structure.window}"
        )
    windows = structure.compressed(x.shape[1], "K") // structure.kept
    if marks.shape != (windows,):
        raise DesignError(f"say of {windows} windows whether they are dense, got {marks.shape}")
    again = structure.window // structure.kept
    of = np.repeat(np.arange(windows), np.where(marks, again, 1))
    turn = np.concatenate([np.arange(again if mark else 1) for mark in marks.tolist()])
    columns = (of[:, None] * structure.window + np.arange(structure.window)).reshape(-1)
    mine = np.arange(structure.window) // structure.kept == turn[:, None]
    there = (mine | ~marks[of][:, None]).reshape(-1)
    return np.where(there, x[:, columns], 0), columns


def metadata(indices: Array, structure: Sparse, bits: int = 16) -> Array:
    """Indices (rows, kept) in words of ``bits``, the first in the low bits: (rows, words).

    With 2:4 and 16 bits the metadata of FP16, with 32 bits that of INT8.
    """
    width = _index_bits(structure, bits)
    indices = rows_of(whole_numbers(indices, "indices", 0, structure.window - 1), "indices")
    if indices.shape[1] % (bits // width):
        raise DesignError(
            f"a word of {bits} bits holds {bits // width} indices, got {indices.shape[1]} a row"
        )
    held = bits // width
    parts = indices.reshape(len(indices), indices.shape[1] // held, held).astype(np.uint64)
    shifts = np.arange(bits // width, dtype=np.uint64) * np.uint64(width)
    return np.asarray(np.bitwise_or.reduce(parts << shifts, axis=-1))


def from_metadata(words: npt.ArrayLike, structure: Sparse, bits: int = 16) -> Array:
    """The indices (rows, kept) in words as of :func:`metadata`: integers of ``bits`` bits, signed
    ones too, as torch has them."""
    width = _index_bits(structure, bits)
    held = array_of(words, "words")
    if held.dtype.name == f"int{bits}":
        held = held.view(f"uint{bits}")
    held = rows_of(whole_numbers(held, "words", 0, (1 << bits) - 1), "words").astype(np.uint64)
    shifts = np.arange(bits // width, dtype=np.uint64) * np.uint64(width)
    parts: Array = held[..., None] >> shifts & np.uint64((1 << width) - 1)
    return parts.reshape(len(held), held.shape[1] * (bits // width)).astype(np.uint8)


def _index_bits(structure: Sparse, bits: int) -> int:
    """Bits of an index, which fill a word; DesignError if they do not."""
    width = structure.index_bits
    if type(bits) is not int or not 0 < bits <= 64 or bits % width:
        raise DesignError(
            f"indices of {structure} have {width} bits, which must fill words of up to 64, "
            f"got {bits}"
        )
    return width


def _matrix(values: npt.ArrayLike) -> Array:
    """Finite numbers, or DesignError."""
    x = reals(values, "values must be a finite matrix, rows × K", or_complex=True)
    if x.ndim != 2 or not x.size or not np.isfinite(x).all():
        raise DesignError(f"values must be a finite matrix, rows × K, got shape {x.shape}")
    return x


def of_row(
    arithmetic: Arithmetic, weight: Quantized, activation: Quantized, row: int
) -> tuple[Arithmetic, Quantized, Quantized]:
    """A row of a sparse weight as a dense one, and the activations that its elements meet."""
    assert weight.indices is not None and arithmetic.weight.structure is not None
    structure, inner = arithmetic.weight.structure, arithmetic.compressed
    where = structure.positions(np.asarray(weight.indices))[row]
    alone = replace(inner, weight=_rows_alone(inner.weight))

    def mine(array: Array, span: Span) -> Array:
        return array if span.rows is None else array[row // span.rows :][:1]

    left = Quantized(
        alone.weight,
        {name: np.asarray(codes)[row : row + 1] for name, codes in weight.codes.items()},
        {lv.name: mine(np.asarray(weight.scales[lv.name]), lv.span) for lv in inner.weight.levels},
        None
        if weight.select is None or inner.weight.select is None
        else mine(np.asarray(weight.select), inner.weight.select.span),
    )
    met = {name: np.asarray(codes)[:, where] for name, codes in activation.codes.items()}
    return alone, left, Quantized(inner.activation, met, activation.scales, activation.select)


def _rows_alone(operand: Operand) -> Operand:
    """The operand of a single row."""

    def own(span: Span) -> Span:
        return span if span.rows is None else Span(1, span.columns)

    def level(item: Level) -> Level:
        return replace(item, span=own(item.span))

    planes = tuple(
        replace(plane, scales=tuple(map(level, plane.scales))) for plane in operand.planes
    )
    select = operand.select and replace(operand.select, span=own(operand.select.span))
    return replace(operand, planes=planes, select=select)
