"""Registers on the way: how many, delay lines beside them, and multiplexers between them."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Const, Module, Signal, Value

#: Levels of logic, a carry run counted as one, between two registers.
LIMIT = 3


def stages_for(levels: Sequence[int], limit: int = LIMIT) -> int:
    """The fewest registers that leave at most ``limit`` levels between two of them."""
    count, here = 1, 0
    for level in levels:
        if here and here + level > limit:
            count, here = count + 1, 0
        here += level
    return count if levels else 0


def delayed(
    m: Module, enable: Value, value: Value, cycles: int, name: str, *, reset: bool = False
) -> Value:
    """``value`` as it was ``cycles`` cycles with ``enable`` ago.

    ``reset`` clears the line at reset: needed for marks, wasteful for data.
    """
    if isinstance(value, Const):
        return value
    for stage in range(cycles):
        register = Signal(value.shape(), name=f"{name}_{stage}", reset_less=not reset)
        with m.If(enable):
            m.d.sync += register.eq(value)
        value = register
    return value


def delay_line(
    m: Module, enable: Value, value: Value | None, cycles: int, name: str
) -> list[Value | None]:
    """``value`` as it was 0, 1, … ``cycles`` cycles with ``enable`` ago; None stays None."""
    found = [value]
    for stage in range(cycles):
        before = found[-1]
        found.append(before if before is None else delayed(m, enable, before, 1, f"{name}_{stage}"))
    return found


def select(m: Module, entries: Sequence[Value], index: Value, name: str = "selected") -> Value:
    """``entries[index]`` by a tree of multiplexers of four; beyond the end anything."""
    values = list(entries)
    bit = 0
    while len(values) > 1:
        merged = []
        for start in range(0, len(values), 2):
            pair = values[start : start + 2]
            if len(pair) == 1 or pair[0] is pair[1]:
                merged.append(pair[0])
                continue
            chosen = Signal(pair[0].shape(), name=f"{name}_{bit}_{start}")
            with m.If(index[bit]):
                m.d.comb += chosen.eq(pair[1])
            with m.Else():
                m.d.comb += chosen.eq(pair[0])
            merged.append(chosen)
        values, bit = merged, bit + 1
    return values[0]
