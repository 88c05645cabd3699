"""Constants added without a carry run."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Const, Module, ShapeLike, Signal, Value

#: A table of so many index bits takes one LUT a bit.
LUT_INPUTS = 6


def look_up(m: Module, index: Value, results: Sequence[int], shape: ShapeLike, name: str) -> Value:
    """``results[index]``: a few LUTs that merge into what follows, instead of a carry run."""
    found = Signal(shape, name=name)
    for bit in range(len(found)):
        column = sum((result >> bit & 1) << position for position, result in enumerate(results))
        m.d.comb += found[bit].eq(Const(column, len(results)).bit_select(index, 1))
    return found


def parted(
    m: Module, index: Value, results: Sequence[int], shape: ShapeLike, name: str
) -> list[Value]:
    """For each part of a large table that a LUT a bit holds its result, by the low bits of
    ``index``: the bits above choose among them."""
    size, low = 1 << LUT_INPUTS, index[:LUT_INPUTS]
    return [
        look_up(m, low, results[start : start + size], shape, f"{name}_{start // size}")
        for start in range(0, len(results), size)
    ]


def plus(m: Module, value: Value, constant: int, shape: ShapeLike, name: str) -> Value:
    """An unsigned ``value + constant``."""
    if constant and 0 < len(value) <= LUT_INPUTS:
        results = [number + constant for number in range(1 << len(value))]
        return look_up(m, value, results, shape, name)
    total = Signal(shape, name=name)
    m.d.comb += total.eq(value + constant if constant else value)
    return total
