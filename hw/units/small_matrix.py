"""What turns a small matrix's rows: counters beside the lanes of :class:`Factor`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from ...golden.units.hadamard_matrices import small
from ..arith.table import look_up
from ..arith.timing import delayed


class Turns(NamedTuple):
    """What the lanes share, see :class:`Factor`."""

    load: Value
    flips: Value
    carries: Value


def turns(m: Module, enable: Value, valid: Value, order: int, distance: int) -> Turns:
    """Counts beats of blocks, which come without a gap, and rows of results behind each block."""
    ones = (1 - small(order)) // 2
    part, last = Signal(range(order)), Signal()
    load, row = Signal(), Signal(range(order))
    place_ends = _counted(m, enable & valid, distance, "place")
    turn_ends = _counted(m, enable, distance, "turn", begin=load & place_ends)
    # Between blocks, where no beat comes, the first part is next.
    m.d.comb += load.eq(last)
    with m.If(enable & valid & place_ends):
        m.d.sync += [part.eq(Mux(last, 0, part + 1)), last.eq(part == order - 2)]
    # While a block's last part comes, rows are of no account: the next is the second.
    with m.If(enable & load):
        m.d.sync += row.eq(1)
    with m.Elif(enable & turn_ends):
        m.d.sync += row.eq(row + 1)

    # A sign that differs from that of the row before; with ``load`` the first row's.
    flips = Signal(order)
    for place in range(order):
        changes = [0, *(ones[1:, place] ^ ones[:-1, place]).tolist()]
        bit = look_up(m, row, changes, 1, f"changes_{place}")
        m.d.comb += flips[place].eq(Mux(load, int(ones[0, place]), bit))
    return Turns(load, flips, _carries(m, enable, Mux(load, 0, row), ones.sum(axis=1)))


def _carries(m: Module, enable: Value, row: Value, minus: np.ndarray) -> Value:
    """A one for each - of the row, to as many adders; a level's when it adds."""
    order = len(minus)
    assert minus.max() < order, "a row of - alone needs a carry more"
    found: list[Value] = []
    nodes, level = order, 1
    while nodes > 1:
        for _ in range(nodes // 2):
            number = len(found)
            bit = look_up(m, row, [int(count > number) for count in minus], 1, f"carry_{number}")
            found.append(delayed(m, enable, bit, level, f"carried_{number}"))
        nodes, level = nodes - nodes // 2, level + 1
    return Cat(*found)


def _counted(m: Module, step: Value, count: int, name: str, begin: Value | None = None) -> Value:
    """Whether this step is the last of ``count``; after ``begin`` comes the first."""
    if count == 1:
        return Const(1)
    number, ends = Signal(range(count), name=name), Signal(name=f"{name}_ends")
    ahead = Mux(ends, 0, number + 1)
    if begin is not None:
        ahead = Mux(begin, 0, ahead)
    with m.If(step):
        m.d.sync += [number.eq(ahead), ends.eq(ahead == count - 1)]
    return ends
