"""Shifters and leading zeros, one level of multiplexers a bit of the distance.

Each level is a signal of its own: Amaranth would otherwise write its expression out once for every
use, which doubles at every level.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed, unsigned


def shift_left(m: Module, value: Value, distance: Value, width: int) -> Value:
    """``value << distance``, cut or extended to ``width`` bits."""
    make = signed if value.shape().signed else unsigned
    result = Signal(make(width))
    m.d.comb += result.eq(value)
    for bit in range(len(distance)):
        moved = Signal(make(width))
        m.d.comb += moved.eq(Mux(distance[bit], (result << (1 << bit))[:width], result))
        result = moved
    return result


def shift_right(m: Module, value: Value, distance: Value) -> Value:
    """``value >> distance`` of an unsigned value, in its width; far shifts give 0."""
    result = value
    for bit in range(len(distance)):
        moved = Signal(len(value))
        m.d.comb += moved.eq(Mux(distance[bit], result >> (1 << bit), result))
        result = moved
    return result


def leading_zeros(m: Module, value: Value) -> Value:
    """Zeros above the leading one; the width for zero."""
    width = len(value)
    whole = 1 << (width - 1).bit_length()
    # Ones below make the width a power of two and let zero count as the width.
    padded = Cat(Const(-1, whole - width), value) if whole > width else value
    return _leading_zeros(m, padded)


def _leading_zeros(m: Module, value: Value) -> Value:
    if len(value) == 1:
        return ~value
    half = len(value) // 2
    high, low = _leading_zeros(m, value[half:]), _leading_zeros(m, value[:half])
    count = Signal(len(value).bit_length())
    m.d.comb += count.eq(Mux(value[half:].any(), high, low + half))
    return count
