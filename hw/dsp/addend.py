"""What fields of cascades' sums say, and what adds that up."""

from __future__ import annotations

from typing import Any, NamedTuple

from amaranth.hdl import Cat, Const, Module, Signal, Value

from ...golden.bounds import Range
from ..arith.rows import plus
from ..arith.shapes import shape_of
from ..arith.timing import delayed
from .layout import Layout
from .packing import Field


class Addend(NamedTuple):
    """A number less a bit that is missing to it, if one is; the number's bounds."""

    value: Value
    bounds: Range
    missing: Value | None

    @property
    def short(self) -> Range:
        """Bounds of the value."""
        bounds = self.bounds
        return Range(bounds.lsb, bounds.low - (self.missing is not None), bounds.high)

    def whole(self, width: int) -> Value:
        """The low bits of the number with what is missing."""
        if self.missing is None:
            return self.value
        return plus(self.value, Const(0, 1), self.missing, width=width)


def _read(layout: Layout, chain: tuple[int, ...], field: Field, total: Value) -> Addend:
    """What a field of a cascade's sum says."""
    packing, terms = layout.packing, layout.terms(chain)
    bounds, size = packing.total(terms), packing.bits(terms, field)
    bits = total[field.offset : field.offset + size]
    if not bounds.low:
        return Addend(bits, bounds, None)
    if not packing.geometry.adds:
        borrowed = total[field.offset - 1] if packing.lends(field) else None
        return Addend(bits.as_signed(), bounds, borrowed)
    value = Cat(bits[:-1], ~bits[-1]).as_signed()
    return Addend(value, bounds, Const(1, 1) if packing.excess(terms, field) else None)


def addends(layout: Layout, field: Field, totals: Any) -> list[Addend]:
    """What a field of every cascade says."""
    return [
        _read(layout, chain, field, total)
        for chain, total in zip(layout.chains, totals, strict=True)
    ]


def gathered(m: Module, enable: Value, addends: list[Addend], name: str) -> Addend:
    """The sum of what a field says in all cascades, as many cycles later as it takes levels.

    The carry of each adder adds a bit that is missing to one of its numbers; where one is missing
    to the other too, it is then missing to the sum. No number is ever short of more than a bit.
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
                width = Addend(value, bounds, missing).short.width
                value = plus(value, pair[1].value, 0 if carry is None else carry, width=width)
            if missing is not None:
                missing = delayed(m, enable, missing, 1, f"missing_{label}")
            shape = shape_of(Addend(value, bounds, missing).short)
            register = Signal(shape, name=f"level_{label}", reset_less=True)
            with m.If(enable):
                m.d.sync += register.eq(value)
            found.append(Addend(register, bounds, missing))
        addends = found
    return addends[0]
