"""The bit-exact answer of an engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import exact
from .arrays import whole_numbers
from .bounds import Range, result_range
from .description import Arithmetic, Engine
from .errors import DesignError
from .flags import Flags
from .float_sums import aligned_sums, fp_sum
from .folded import Side, foldable
from .folded import raw as folded_raw
from .folded import value as folded_value
from .formats import Format
from .pieces import column_pieces, row_pieces
from .sparse import of_row
from .sums import raw_sum
from .tail import finish
from .tensor import Quantized, single
from .terms import Accumulator, accumulators

Array = npt.NDArray[Any]
Matrix = Quantized | npt.ArrayLike


@dataclass(frozen=True)
class Result:
    """Results of shape (N, M), or (outputs, N, M) where an engine has several.

    ``values`` are integers in units of ``2**format.lsb`` when ``format`` is a Range (raw output),
    else codes of ``format``. ``flags`` are those of a raw output; where one is set, ``values``
    counts the special elements as zero.
    """

    values: Array
    format: Range | Format
    flags: Flags

    def decode(self) -> Array:
        """The results as float64 (rounded where a raw sum has more than 53 bits)."""
        if isinstance(self.format, Format):
            return self.format.decode(self.values)
        values = np.ldexp(self.values.astype(np.float64), self.format.lsb)
        values = np.where(self.flags.positive, np.inf, values)
        values = np.where(self.flags.negative, -np.inf, values)
        nan = self.flags.nan | (self.flags.positive & self.flags.negative)
        return np.where(nan, np.nan, values)

    def blank(self, rows: int, columns: int) -> Result:
        """Room for ``rows`` × ``columns`` results like these."""
        shape = (*self.values.shape[:-2], rows, columns)
        return Result(np.empty(shape, self.values.dtype), self.format, Flags.none(shape))

    def put(self, place: Any, part: Result) -> None:
        """Results of a piece, where they belong."""
        self.values[place] = part.values
        self.flags.put(place, part.flags)


def matmul(
    engine: Engine,
    weight: Matrix,
    activation: Matrix,
    mode: int = 0,
    initial: npt.ArrayLike | None = None,
    bias: npt.ArrayLike | None = None,
) -> Result:
    """The results of an engine alone: see :func:`macsmith.golden.coded.matmul`."""
    engine = engine.alone(mode)
    arithmetic = engine.arithmetic
    w = weight if isinstance(weight, Quantized) else single(arithmetic.weight, weight)
    a = activation
    if not isinstance(a, Quantized):
        a = single(arithmetic.activation, a)
    _check(engine, w, a)
    rows, columns = w.shape[0], a.shape[0]
    start = _start(arithmetic, (rows, columns), initial)
    return compute(arithmetic, w, a, start, _bias(arithmetic, rows, bias))


def _start(
    arithmetic: Arithmetic, shape: tuple[int, int], initial: npt.ArrayLike | None
) -> Array | None:
    if initial is None and arithmetic.initial is None:
        return None
    if initial is None or arithmetic.initial is None:
        raise DesignError("initial values and an arithmetic with initial go together")
    low, high = arithmetic.initial.low, arithmetic.initial.high
    start = whole_numbers(initial, "initial", low, high)
    several = (arithmetic.outputs, *shape)
    wanted = shape if arithmetic.outputs == 1 else several
    if start.shape != wanted:
        raise DesignError(f"initial must be {wanted} integers in {low}…{high}, got {start.shape}")
    return start.reshape(several)


def _bias(arithmetic: Arithmetic, rows: int, bias: npt.ArrayLike | None) -> Array | None:
    form = arithmetic.output.bias
    if bias is None and form is None:
        return None
    if bias is None or form is None:
        raise DesignError("bias codes and an output with a bias go together")
    codes = form.received(bias, scale=True)
    if codes.shape != (rows,):
        raise DesignError(f"bias must have one code a row, {(rows,)}, got {codes.shape}")
    return codes


def compute(
    arithmetic: Arithmetic,
    weight: Quantized,
    activation: Quantized,
    start: Array | None = None,
    bias: Array | None = None,
) -> Result:
    """``matmul`` of one arithmetic, whatever the lanes; ``start`` is (outputs, N, M)."""
    if arithmetic.weight.structure is not None:
        return _of_rows(arithmetic, weight, activation, start, bias)
    (n, k), m = weight.shape, activation.shape[0]
    rows = row_pieces(arithmetic, n, k)
    whole: Result | None = None
    for columns in column_pieces(arithmetic, rows[0][1], m, k):
        rights = [(piece, Side(activation.rows(*piece))) for piece in columns]
        for top, bottom in rows:
            left, own = Side(weight.rows(top, bottom)), None if bias is None else bias[top:bottom]
            for (begin, end), right in rights:
                place = (..., slice(top, bottom), slice(begin, end))
                first = None if start is None else start[place]
                part = _piece(arithmetic, left, right, first, own)
                if part.values.shape[-2:] == (n, m):
                    return part
                whole = part.blank(n, m) if whole is None else whole
                whole.put(place, part)
    assert whole is not None
    return whole


def _piece(
    arithmetic: Arithmetic,
    left: Side,
    right: Side,
    start: Array | None,
    bias: Array | None,
) -> Result:
    weight, activation = left.given, right.given
    sums, last = accumulators(arithmetic), arithmetic.accumulate[-1]
    if arithmetic.output.format is None and last.rule in ("exact", "int"):
        unit = result_range(arithmetic)  # raises if too wide
        outputs = [
            _raw(item, arithmetic, left, right, start if start is None else start[number])
            for number, item in enumerate(sums)
        ]
        marks = [flags for _, flags in outputs]
        several = marks[0].stack(marks[1:]) if len(marks) > 1 else marks[0]
        values = outputs[0][0] if len(outputs) == 1 else np.stack([v for v, _ in outputs])
        return Result(values, unit, several)
    if arithmetic.output.format is None and last.rule == "aligned" and last.format is not None:
        codes = aligned_sums(arithmetic, weight, activation, weight.shape[1])[:, :, 0]
        return Result(codes, last.format, Flags.none(codes.shape))
    floats = [(item, _value(item, arithmetic, left, right)) for item in sums]
    codes, target = finish(arithmetic, floats, weight, activation, bias)
    return Result(codes, target, Flags.none(codes.shape))


def _raw(
    item: Accumulator, arithmetic: Arithmetic, left: Side, right: Side, start: Array | None
) -> tuple[Array, Flags]:
    """An exact or integer sum and its flags, folded or the long way."""
    if foldable(arithmetic):
        values = folded_raw(item, arithmetic, left, right, start)
        if values is not None:
            return values, Flags.none(values.shape)
    return raw_sum(item, arithmetic, left.given, right.given, start)


def _of_rows(
    arithmetic: Arithmetic,
    weight: Quantized,
    activation: Quantized,
    start: Array | None,
    bias: Array | None,
) -> Result:
    """A sparse weight: every row meets activations of its own."""
    found = []
    for row in range(weight.shape[0]):
        begin = None if start is None else start[:, row : row + 1]
        own = None if bias is None else bias[row : row + 1]
        found.append(compute(*of_row(arithmetic, weight, activation, row), begin, own))
    marks = {
        name: np.concatenate([getattr(result.flags, name) for result in found], axis=-2)
        for name in ("nan", "positive", "negative")
    }
    values = np.concatenate([result.values for result in found], axis=-2)
    return Result(values, found[0].format, Flags(**marks))


def _value(item: Accumulator, arithmetic: Arithmetic, left: Side, right: Side) -> Array:
    """A sum as float64: exactly, or rounded to odd where 53 bits do not hold it."""
    last, weight, activation = arithmetic.accumulate[-1], left.given, right.given
    if last.rule == "aligned":
        assert last.format is not None
        codes = aligned_sums(arithmetic, weight, activation, weight.shape[1])[:, :, 0]
        return last.format.decode(codes)
    if last.rule != "fp":
        unit = result_range(arithmetic)  # raises if too wide
    if foldable(arithmetic):
        found = folded_value(item, arithmetic, left, right)
        if found is not None:
            return found
    if last.rule == "fp":
        return fp_sum(item, arithmetic, weight, activation)
    values, marks = raw_sum(item, arithmetic, weight, activation)
    return marks.apply(exact.to_float(values, unit.lsb))


def _check(engine: Engine, weight: Quantized, activation: Quantized) -> None:
    arithmetic = engine.arithmetic
    for side, given, wanted in (
        ("weight", weight.operand, arithmetic.weight),
        ("activation", activation.operand, arithmetic.activation),
    ):
        if given != wanted:
            told = f"{given}, the engine takes {wanted}"
            if str(given) == str(wanted):
                told += " with other names, tables or moments of scaling"
            raise DesignError(
                f"the {side} is {told}: quantize for the engine's arithmetic.{side}, or choose an "
                "engine with the elements, groups and scales of the data"
            )
    k = weight.shape[1]
    if weight.indices is not None and not weight.shape[0]:
        raise DesignError("a sparse weight needs a row at least, got none")
    if activation.shape[1] != k:
        raise DesignError(f"K must agree: weight has {k}, activation {activation.shape[1]}")
    if not 0 < k <= arithmetic.k_max:
        raise DesignError(f"K must lie in 1…{arithmetic.k_max} (k-max), got {k}")
