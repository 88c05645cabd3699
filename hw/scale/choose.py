"""Which of a group's values each unit takes next: multiplexers, with registers between them."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data

from ..arith.timing import delayed, select

#: Entries of a multiplexer between two registers.
WIDEST = 64


def registers(count: int) -> int:
    """Cycles in which one of so many values is chosen."""
    return 1 if count <= WIDEST else 1 + registers(-(-count // WIDEST))


def choose(
    m: Module,
    enable: Value,
    cycles: int,
    values: data.View,
    keys: list[list[int]],
    counters: tuple[Value, Value],
    name: str,
) -> Value:
    """``values[keys[outer][inner]]``, so many ``cycles`` with ``enable`` later; what is chosen
    by ``counters``, ``outer`` and ``inner``.

    Only what changes with a counter passes a multiplexer.
    """
    outer, inner = counters
    if all(len(set(row)) == 1 for row in keys):
        keys, index = [[row[0]] for row in keys], outer
    elif all(row == keys[0] for row in keys):
        keys, index = [keys[0]], inner
    elif len(keys[0]) & (len(keys[0]) - 1):
        # Not a power of two: the columns first, each row by itself.
        rows = [
            select(m, [values[key] for key in row], inner, f"{name}_{number}")
            for number, row in enumerate(keys)
        ]
        return _staged(m, enable, cycles, rows, outer, name)
    else:
        low = (len(keys[0]) - 1).bit_length()
        index = Signal(low + len(outer), name=f"{name}_index")
        m.d.comb += index.eq(Cat(inner[:low], outer))
    flat = [key for row in keys for key in row]
    entries = [values[key] for key in (flat[:1] if len(set(flat)) == 1 else flat)]
    return _staged(m, enable, cycles, entries, index, name)


def _staged(
    m: Module, enable: Value, cycles: int, entries: Sequence[Value], index: Value, name: str
) -> Value:
    """``entries[index]`` with a register behind every multiplexer of WIDEST entries."""
    low = (WIDEST - 1).bit_length()
    while len(entries) > WIDEST:
        parts = [entries[start : start + WIDEST] for start in range(0, len(entries), WIDEST)]
        chosen = [select(m, p, index[:low], f"{name}_{n}") for n, p in enumerate(parts)]
        entries = [
            delayed(m, enable, value, 1, f"{name}_part_{n}") for n, value in enumerate(chosen)
        ]
        index = delayed(m, enable, index[low:], 1, f"{name}_high")
        cycles -= 1
    return delayed(m, enable, select(m, entries, index, name), cycles, f"{name}_chosen")
