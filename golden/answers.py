"""The golden model on streams: what an engine answers to the beats that it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from .description import Engine, Operand, Span
from .matmul import matmul
from .matrices import Matrices
from .streams import Beats, Field, Stream
from .tensor import Quantized
from .tiling import Tiling, beats_of, sent

Array = npt.NDArray[Any]


@cache
def by_row(engine: Engine) -> Engine:
    """The engine, its weight's and activation's rows with scales of their own where blocks share
    them."""

    def own(item: Any) -> Any:
        rows = item.span.rows
        return replace(item, span=Span(1, item.span.columns)) if rows and rows > 1 else item

    def operand(side: Operand) -> Operand:
        planes = [replace(p, scales=tuple(own(level) for level in p.scales)) for p in side.planes]
        select = own(side.select) if side.select else None
        return replace(side, planes=tuple(planes), select=select)

    whole = engine.arithmetic
    weight, activation = operand(whole.weight), operand(whole.activation)
    return replace(engine, modes=(replace(whole, weight=weight, activation=activation),))


def answered(
    engine: Engine, streams: Iterable[Stream], given: Mapping[str, Beats]
) -> dict[str, Beats]:
    """The beats of results for those of all inputs; reductions that are not whole have none.

    ``streams`` are the engine's, with the fields of its hardware.
    """
    ports = {stream.name: stream for stream in streams}
    tiling, found, at = Tiling(engine), list[Matrices](), dict.fromkeys(ports, 0)
    result = next(stream for stream in ports.values() if stream.output)
    for first, end, weights in _reductions(engine, given):
        mode = _mode(ports["activation"], given["activation"], first)
        alone, k = by_row(engine.alone(mode)), (end - first) * tiling.step_of(mode)
        parts: dict[str, tuple[Stream, Beats]] = {}
        for name, stream in ports.items():
            if stream.output:
                continue
            begin = first if stream.per == "step" else weights if stream.per == "set" else at[name]
            count = beats_of(stream, tiling, end - first)
            at[name] = begin + count
            if len(given[name]) < at[name]:
                break
            parts[name] = stream, _cut(given[name], begin, begin + count)
        else:
            found.append(_computed(alone, mode, k, parts))
    if not found:
        return {result.name: Beats(*_none(result))}
    return {result.name: sent(result, tiling, found)}


def _reductions(engine: Engine, given: Mapping[str, Beats]) -> Iterable[tuple[int, int, int]]:
    """The first step of each reduction, the one after its last, the set of weights that it uses."""
    last = given["activation"].last
    if Tiling(engine).stationary:
        sets = np.cumsum(np.append(0, last)).tolist()
        return [(step, step + 1, sets[step]) for step in range(len(last))]
    ends = [0, *(np.flatnonzero(last) + 1).tolist()]
    return [(first, end, 0) for first, end in pairwise(ends)]


def _mode(stream: Stream, beats: Beats, first: int) -> int:
    for field, values in zip(stream.fields, beats.values, strict=True):
        if field.kind == "mode":
            return int(values[first, 0])
    return 0


def _cut(beats: Beats, first: int, end: int) -> Beats:
    flags = tuple(None if marks is None else marks[first:end] for marks in beats.flags)
    return Beats(tuple(values[first:end] for values in beats.values), flags, beats.last[first:end])


def _computed(
    engine: Engine, mode: int, k: int, parts: Mapping[str, tuple[Stream, Beats]]
) -> Matrices:
    """A reduction's operands, read from its beats, and its answer."""
    values = {
        (field.kind, field.side, field.array): (field, array)
        for stream, beats in parts.values()
        for field, array in zip(stream.fields, beats.values, strict=True)
    }
    arithmetic, rows, cols = engine.arithmetic, engine.build.rows, engine.build.cols
    weight = _operand(arithmetic.weight, 0, (rows, k), values)
    activation = _operand(arithmetic.activation, 1, (cols, k), values)
    more: dict[str, Array] = {}
    if arithmetic.initial is not None:
        more["initial"] = values["initial", None, "initial"][1].reshape(rows, cols)
    if arithmetic.output.bias is not None:
        codes = values["bias", None, "bias"][1].reshape(rows)
        more["bias"] = codes.astype(arithmetic.output.bias.dtype)
    answer = matmul(engine, weight, activation, **more)  # type: ignore[arg-type]
    return Matrices(weight=weight, activation=activation, answer=answer, mode=mode)


#: Kind, side and array of a field -> the field, its values (beats, count).
_Values = Mapping[tuple[str, int | None, str], tuple[Field, Array]]


def _operand(operand: Operand, side: int, shape: tuple[int, int], values: _Values) -> Quantized:
    codes = {}
    for name, fmt in operand.codes.items():
        if ("words", side, "word") in values:
            field, array = values["words", side, "word"]
            array = _elements(array, fmt.bits, shape[1] // len(array) // field.lanes)
            field = replace(field, lanes=field.lanes * array.shape[-1])
            array = array.reshape(len(array), -1)
        else:
            field, array = values["codes", side, name]
        codes[name] = _rows(field, array).astype(fmt.dtype)
    scales = {}
    for level in operand.levels:
        spread = values["scales", side, level.name][1]
        scales[level.name] = _blocks(spread, level.span, shape).astype(level.format.dtype)
    select = None
    if operand.select is not None:
        select = _blocks(values["select", side, "select"][1], operand.select.span, shape)
    index = values.get(("index", side, "index"))
    return Quantized(operand, codes, scales, select, None if index is None else _rows(*index))


def _rows(field: Field, values: Array) -> Array:
    """Values (beats, vectors × lanes) as (vectors, beats × lanes)."""
    parts = values.reshape(len(values), field.vectors, field.lanes)
    return parts.transpose(1, 0, 2).reshape(field.vectors, -1)


def _elements(words: Array, bits: int, count: int) -> Array:
    """Words (beats, words) as the ``count`` elements of each: (beats, words, count)."""
    exact = words.astype(object if bits * count > 62 else np.int64)
    return np.stack([exact >> (bits * n) & (1 << bits) - 1 for n in range(count)], axis=-1)


def _blocks(values: Array, span: Span, shape: tuple[int, int]) -> Array:
    """One value a vector and beat (beats, vectors) as one a block of ``span``."""
    rows, columns = span.shape(*shape)
    each = shape[1] // len(values)
    return values.T[:rows, :: -(-(span.columns or shape[1]) // each)][:, :columns]


def _none(stream: Stream) -> tuple[tuple[Array, ...], tuple[Array | None, ...], Array]:
    empty = tuple(np.zeros((0, field.count), np.int64) for field in stream.fields)
    return empty, tuple(None for _ in stream.fields), np.zeros(0, bool)
