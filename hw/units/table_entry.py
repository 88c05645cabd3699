"""An entry of a table by its number."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..arith.table import look_up


class TableEntry(wiring.Component):
    """Takes an index into a register and gives what several tables have there.

    Latency is a cycle. It stays a module of its own in synthesis: one is mapped for all.

    Parameters
    ----------
    tables : of each the numbers, as many as indices.
    width : bits of a number.

    Members
    -------
    index : :py:`In(bits)`
    moves : :py:`In(1)`
        Take the index.
    entry : :py:`Out(width * len(tables))`
        The first table's number in the low bits.
    """

    def __init__(self, tables: tuple[tuple[int, ...], ...], width: int):
        self.tables, self.width = tables, width
        bits = (len(tables[0]) - 1).bit_length()
        super().__init__({"index": In(bits), "moves": In(1), "entry": Out(width * len(tables))})

    def elaborate(self, platform: Any) -> Module:
        m, width = Module(), self.width
        index = Signal(len(self.index), reset_less=True)
        with m.If(self.moves):
            m.d.sync += index.eq(self.index)
        for number, table in enumerate(self.tables):
            found = look_up(m, index, table, width, f"number_{number}")
            m.d.comb += self.entry[width * number :][:width].eq(found)
        return m
