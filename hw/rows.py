"""Additions that take one LUT and one carry bit a bit.

A carry's data input must be a bare signal, its select input may be any function of it and five
others. yosys puts a subtraction's first operand on the data input, never that of an addition: so
a + f + c is written as {a, c} − {~f, 1}, whose lowest position feeds the carry.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Value, signed, unsigned


def plus(a: Value, f: Value, carry: Value | int = 0, *, width: int) -> Value:
    """The low ``width`` bits of ``a + f + carry``: ``a`` a register, ``f`` cheap functions."""
    make = [signed if value.shape().signed else unsigned for value in (a, f)]
    wide_a, wide_f = (
        _extended(value, shape(width)) for value, shape in zip((a, f), make, strict=True)
    )
    total = Cat(carry, wide_a) - Cat(Const(1, 1), ~wide_f)
    return total[1 : width + 1]


def _extended(value: Value, shape) -> Value:
    """The low bits of ``value``, extended by its sign."""
    if len(value) >= shape.width:
        return value[: shape.width]
    top = value[-1] if shape.signed else Const(0, 1)
    return Cat(value, *([top] * (shape.width - len(value))))
