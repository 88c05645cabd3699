"""Sums read from the fields of cascades, and the adders that add them up."""

from __future__ import annotations

from typing import Any, NamedTuple

from amaranth.hdl import Cat, Const, Module, Signal, Value

from ...golden.bounds import Range
from ..arith.rows import plus
from ..arith.shapes import shape_of
from ..arith.timing import delayed
from .layout import Layout
from .packing import Field


class FieldSum(NamedTuple):
    """A sum from a field: ``value``, and one more where the bit ``missing`` is set.

    A field lends a borrow to the one above it, whose value is then one short; the bit is added by
    the carry input of the next adder. ``bounds`` are those of the whole sum; ``missing`` is None
    where the value is the sum.
    """

    value: Value
    bounds: Range
    missing: Value | None

    @property
    def short(self) -> Range:
        """Bounds of the value."""
        bounds = self.bounds
        return Range(bounds.lsb, bounds.low - (self.missing is not None), bounds.high)

    def whole(self, width: int) -> Value:
        """The low bits of the sum, with the missing one added."""
        if self.missing is None:
            return self.value
        return plus(self.value, Const(0, 1), self.missing, width=width)


def _read(layout: Layout, chain: tuple[int, ...], field: Field, total: Value) -> FieldSum:
    """The sum in a field of a cascade."""
    packing, terms = layout.packing, layout.terms(chain)
    bounds, size = packing.total(terms), packing.bits(terms, field)
    bits = total[field.offset : field.offset + size]
    if not bounds.low:
        return FieldSum(bits, bounds, None)
    if not packing.geometry.adds:
        borrowed = total[field.offset - 1] if packing.lends(field) else None
        return FieldSum(bits.as_signed(), bounds, borrowed)
    value = Cat(bits[:-1], ~bits[-1]).as_signed()
    return FieldSum(value, bounds, Const(1, 1) if packing.excess(terms, field) else None)


def addends(layout: Layout, field: Field, totals: Any) -> list[FieldSum]:
    """The sums in a field of every cascade."""
    return [
        _read(layout, chain, field, total)
        for chain, total in zip(layout.chains, totals, strict=True)
    ]


def gathered(m: Module, enable: Value, addends: list[FieldSum], name: str) -> FieldSum:
    """The sum over all cascades of what a field holds: a tree of adders, a cycle each level.

    The carry input of each adder adds the missing bit of one of its operands; the missing bit of
    the other operand, if it has one, becomes that of the sum: no sum is short by more than one.
    """
    level = 0
    while len(addends) > 1:
        level, found = level + 1, []
        for start in range(0, len(addends), 2):
            pair, label = addends[start : start + 2], f"{name}_{level}_{start}"
            value, bounds, missing = pair[0]
            if len(pair) > 1:
                bits = [addend.missing for addend in pair if addend.missing is not None]
                carry, missing = [*bits, None, None][:2]
                bounds = bounds + pair[1].bounds
                width = FieldSum(value, bounds, missing).short.width
                value = plus(value, pair[1].value, 0 if carry is None else carry, width=width)
            if missing is not None:
                missing = delayed(m, enable, missing, 1, f"missing_{label}")
            shape = shape_of(FieldSum(value, bounds, missing).short)
            register = Signal(shape, name=f"level_{label}", reset_less=True)
            with m.If(enable):
                m.d.sync += register.eq(value)
            found.append(FieldSum(register, bounds, missing))
        addends = found
    return addends[0]
