"""What operands hold: codes in every lane, scales of every kind, sums at their bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.answers import by_row
from ...golden.description import Arithmetic, Engine, Operand
from ...golden.formats import Format, Kind, Minifloat
from ...golden.sparse import of_row
from ...golden.sums import term_sums
from ...golden.tensor import Quantized
from ...golden.terms import accumulators
from ..bounds import ends_of_term
from ..every_code import NARROW
from ..stimuli import Tile
from .bins import Bins

Array = npt.NDArray[Any]

_SIDES = ("weight", "activation")


def codes(bins: Bins, engine: Engine, tiles: Sequence[Tile]) -> None:
    """Every finite code of formats of up to 6 bits, kinds of numbers of wider ones, and NaN and
    infinity, in every lane of every vector."""
    operands = engine.arithmetic.weight, engine.arithmetic.activation
    for side, operand in enumerate(operands):
        vectors = engine.build.cols if side else engine.build.rows
        for name, fmt in operand.codes.items():
            held = [np.asarray((tile.activation if side else tile.weight).codes[name])
                    for tile in tiles]  # fmt: skip
            lanes = _lanes(engine, operand, side)
            columns = [array.reshape(vectors, -1, lanes) for array in held]
            if not columns:
                continue
            _codes(bins, f"{_SIDES[side]} codes", fmt, np.concatenate(columns, axis=1))


def _lanes(engine: Engine, operand: Operand, side: int) -> int:
    """Elements of a vector that a step takes."""
    step = engine.step()
    return step if operand.structure is None else operand.structure.compressed(step, "a step")


def _codes(bins: Bins, part: str, fmt: Format, held: Array) -> None:
    """``held`` are codes (vectors, steps, lanes)."""
    kinds = _kinds(fmt, held)
    names = [
        f"{kind} in lane {lane} of {vector}"
        for vector in range(held.shape[0])
        for lane in range(held.shape[2])
        for kind in kinds
    ]
    bins.declare(part, names)
    for kind, marks in kinds.items():
        there = marks.any(axis=1)
        for vector, lane in np.argwhere(there).tolist():
            bins.meet(part, f"{kind} in lane {lane} of {vector}")


def _kinds(fmt: Format, codes: Array) -> dict[str, Array]:
    """Where codes of each kind that a format has stand."""
    legal = np.asarray(fmt.legal) if fmt.bits <= 16 else None
    fields = fmt.fields(codes)
    finite = fields.kind == Kind.FINITE
    found: dict[str, Array] = {}
    if fmt.bits <= NARROW and legal is not None:
        for code in legal[fmt.fields(legal).kind == Kind.FINITE].tolist():
            found[f"code {code:#x}"] = codes == code
    else:
        values = fmt.decode(codes)
        values = np.where(finite, values, 0.5 * float(fmt.maximum))
        found["greatest"] = values == float(fmt.maximum)
        found["least"] = values == float(fmt.minimum)
        if fmt.has_zero:
            found["zero"] = finite & (values == 0)
        if isinstance(fmt, Minifloat) and fmt.policy.subnormals and fmt.mantissa_width:
            small = 2.0 ** (1 - fmt.bias)
            found["subnormal"] = finite & (values != 0) & (np.abs(values) < small)
    if legal is not None:
        there = fmt.fields(legal).kind
        if (there == Kind.NAN).any():
            found["NaN"] = fields.kind == Kind.NAN
        if (there == Kind.INFINITE).any():
            found["infinity"] = fields.kind == Kind.INFINITE
    return found


def scales(bins: Bins, engine: Engine, tiles: Sequence[Tile]) -> None:
    """NaN, infinity, zero, subnormals and both ends of every level of scales."""
    for side, operand in enumerate((engine.arithmetic.weight, engine.arithmetic.activation)):
        for level in operand.levels:
            part = f"{_SIDES[side]} scale {level.name}"
            held = [np.asarray((tile.activation if side else tile.weight).scales[level.name])
                    for tile in tiles]  # fmt: skip
            if not held:
                continue
            kinds = _scale_kinds(level.format, np.concatenate([array.ravel() for array in held]))
            bins.declare(part, kinds)
            for kind, marks in kinds.items():
                bins.meet(part, kind, int(marks.sum()))


def _scale_kinds(fmt: Format, codes: Array) -> dict[str, Array]:
    fields = fmt.fields(codes)
    finite = fields.kind == Kind.FINITE
    values = np.where(finite, fmt.decode(codes), np.nan)
    found = {
        "greatest": values == float(fmt.maximum),
        "least": values == float(fmt.minimum),
    }
    if fmt.has_zero:
        found["zero"] = values == 0
    if isinstance(fmt, Minifloat):
        if fmt.has_nan:
            found["NaN"] = fields.kind == Kind.NAN
        if fmt.has_inf:
            found["infinity"] = fields.kind == Kind.INFINITE
        if fmt.policy.subnormals and fmt.mantissa_width:
            small = 2.0 ** (1 - fmt.bias)
            found["subnormal"] = (values != 0) & (np.abs(values) < small)
    return found


def bounds(bins: Bins, engine: Engine, tiles: Sequence[Tile]) -> None:
    """Exact sums of a group, or of a reduction without groups, at both of their bounds."""
    engine = by_row(engine)
    arithmetic = engine.arithmetic
    if arithmetic.aligned:
        return
    whole = arithmetic.compressed
    count = whole.accumulate[0].span or whole.group or whole.k_max
    for item in accumulators(arithmetic):
        for number, term in enumerate(item.terms):
            part = f"sum {item.output}.{number}"
            ends = dict(zip(("lower bound", "upper bound"), ends_of_term(arithmetic, term),
                            strict=True))  # fmt: skip
            bins.declare(part, ends)
            for inner, *sides in (one for tile in tiles for one in _dense(arithmetic, tile)):
                sums, lsb = term_sums(term, inner, *sides)
                if inner.accumulate[0].span and inner.group:
                    sums = _spans(sums, inner.accumulate[0].span // inner.group)
                scaled = np.ldexp(np.asarray(sums, np.float64), lsb)
                for name, end in ends.items():
                    bins.meet(part, name, int((scaled == end * count).any()))


def _dense(arithmetic: Arithmetic, tile: Tile) -> Iterator[tuple[Arithmetic, Quantized, Quantized]]:
    """A tile as a dense product; of a sparse weight each row's."""
    if arithmetic.weight.structure is None:
        yield arithmetic, tile.weight, tile.activation
        return
    for row in range(tile.weight.shape[0]):
        yield of_row(arithmetic, tile.weight, tile.activation, row)


def _spans(sums: Array, many: int) -> Array:
    whole = sums.shape[2] // many * many
    return np.asarray(sums[:, :, :whole].reshape(*sums.shape[:2], -1, many).sum(axis=3))
