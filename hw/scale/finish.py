"""What acts on a converted result: ReLU and clamp."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value

from ...golden.description import Output
from ...golden.formats import Format, Integer, Minifloat
from ..fp.unpack import unpack


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
