"""What acts on a result around its conversion: NaN, saturation, ReLU and clamp."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, ShapeLike, Signal, Value

from ...golden.bounds import Range
from ...golden.description import Output
from ...golden.formats import Format, Integer, Minifloat
from ..fp.unpack import unpack


def without_nan(m: Module, source: Range | Minifloat, value: Any) -> Any:
    """A sum whose NaN counts as zero."""
    if isinstance(source, Minifloat):
        return Mux(unpack(m, source, value).nan, 0, value)
    members = value.shape().members
    nan = value.nan if "nan" in members else Const(0, 1)
    if "positive" in members:
        nan = nan | (value.positive & value.negative)
    result = Signal(value.shape(), name="numbers")
    m.d.comb += [result[name].eq(Mux(nan, 0, value[name])) for name in members]
    return result


def settled(m: Module, fmt: Minifloat, output: Output, code: Value) -> Value:
    """A sum in the output's own format: infinity saturates if asked to, NaN has one code.

    Where a format has no infinity, an adder's overflow is a NaN with the sum's sign.
    """
    part = unpack(m, fmt, code)
    if fmt.has_inf and output.saturates:
        code = Mux(part.inf, Cat(Const(fmt.max_code, fmt.bits - 1), part.sign), code)
    if fmt.has_nan and not fmt.has_inf and fmt.signed:
        code = Mux(part.nan, fmt.nan_code, code)
    return code


def finished(m: Module, output: Output, fmt: Format, code: Value) -> Value:
    """``code`` after ReLU, then clamp; NaN passes."""
    if isinstance(fmt, Integer):
        return _integer(m, output, fmt, code)
    assert isinstance(fmt, Minifloat)
    nan = unpack(m, fmt, code).nan
    if output.relu and fmt.signed:
        code = _chosen(m, "relu", Mux(code[-1] & ~nan, 0, code))
    if output.clamp is not None:
        low, high = (int(fmt.encode(bound, saturate=False)) for bound in output.clamp)
        rank = _rank(m, fmt, code)
        below, above = rank <= _rank_of(fmt, low), rank >= _rank_of(fmt, high)
        held = Mux(above, high, Mux(below, low, code))
        code = _chosen(m, "clamped", Mux(nan, code, held)[: fmt.bits])
    return code


def _integer(m: Module, output: Output, fmt: Integer, code: Value) -> Value:
    value = code.as_signed() if fmt.signed else code
    if output.relu and fmt.signed:
        value = _chosen(m, "relu", Mux(value < 0, 0, value), value.shape())
    if output.clamp is not None:
        low, high = (fmt.encode(bound, saturate=False) for bound in output.clamp)
        bounds = [int(fmt.integers(end)) for end in (low, high)]
        held = Mux(value < bounds[0], bounds[0], Mux(value > bounds[1], bounds[1], value))
        value = _chosen(m, "clamped", held, value.shape())
    return value


def _rank(m: Module, fmt: Minifloat, code: Value) -> Value:
    """An unsigned number that grows with the value; both zeros have the same."""
    if not fmt.signed:
        return code
    size = len(code) - 1
    magnitude = code[:size]
    rank = Signal(size + 1, name="rank")
    m.d.comb += rank.eq(Mux(code[-1], (1 << size) - magnitude, (1 << size) + magnitude))
    return rank


def _rank_of(fmt: Minifloat, code: int) -> int:
    if not fmt.signed:
        return code
    size = fmt.bits - 1
    magnitude = code & ((1 << size) - 1)
    return (1 << size) - magnitude if code >> size else (1 << size) + magnitude


def _chosen(m: Module, name: str, value: Value, shape: ShapeLike | None = None) -> Value:
    result = Signal(shape or len(value), name=name)
    m.d.comb += result.eq(value)
    return result
