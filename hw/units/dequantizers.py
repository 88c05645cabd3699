"""Dequantizers: a product for each element, or all products of a group in a table."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring

from ...golden.units import Dequantize
from ...golden.units.dequantize_rules import WAYS
from ..arith.table import look_up
from ..arith.timing import delayed, select
from .buffer import Slot
from .element_products import ElementProducts
from .every_element import EveryElement
from .grouped_ports import buffered, group_end, ports
from .table_filler import TableFiller
from .table_memory import TableMemory
from .table_plan import TablePlan


class DirectDequantizer(EveryElement):
    """Multiplies every element by the scales of its group.

    Parameters
    ----------
    unit : :class:`Dequantize`
        What is computed.
    """

    def __init__(self, unit: Dequantize):
        super().__init__(unit, ElementProducts(unit))


class TableDequantizer(wiring.Component):
    """Looks elements up in a table of their group's products, which is filled while the group
    before is looked up.

    A beat a cycle, where groups have their whole length. ``latency`` cycles from a group's scales
    to its first results, if nothing else is in work.

    Parameters
    ----------
    unit : :class:`Dequantize`
        What is computed.

    Members
    -------
    codes, scale, result : streams, as of :func:`ports`.
    """

    def __init__(self, unit: Dequantize):
        self.unit, self.plan = unit, TablePlan(unit)
        self.products = ElementProducts(unit)
        super().__init__(ports(unit))

    def elaborate(self, platform: Any) -> Module:
        m, unit = Module(), self.unit
        taken, room = Signal(), Signal()
        codes = buffered(m, self.codes, "codes_buffer")
        end = group_end(m, unit, taken, codes.payload.last)

        # Two tables: one is read while the other is written.
        m.submodules.filler = filler = TableFiller(unit)
        scale = buffered(m, self.scale, "scale_buffer", Slot)
        wiring.connect(m, scale, filler.i)
        any_full, both_full, read = Signal(), Signal(), Signal()
        ended = codes.valid & end & room  # if a table is full
        m.d.comb += filler.free.eq(~both_full)
        m.d.sync += [
            any_full.eq(filler.done | both_full | (any_full & ~ended)),
            both_full.eq(~ended & (both_full | (any_full & filler.done))),
            read.eq(read ^ (any_full & ended)),
        ]

        # A beat is looked up and leaves in the next cycle.
        m.d.comb += [codes.ready.eq(any_full & room), taken.eq(codes.valid & codes.ready)]
        made = []
        for row in range(unit.rows):
            lanes = codes.payload.codes[row * unit.lanes : (row + 1) * unit.lanes]
            made += self._row(m, filler, row, read, list(lanes))
        valid = delayed(m, room, taken, 1, "valid", reset=True)
        last = delayed(m, room, codes.payload.last, 1, "last")
        values = [delayed(m, taken, value, 1, f"value_{n}") for n, value in enumerate(made)]
        m.d.comb += [
            *(self.result.payload.value[n].eq(value) for n, value in enumerate(values)),
            self.result.payload.last.eq(last),
            self.result.valid.eq(valid),
            room.eq(~valid | self.result.ready),
        ]
        return m

    def _row(
        self, m: Module, filler: Any, row: int, read: Value, lanes: list[Value]
    ) -> list[Value]:
        """The results of a row: its memories, and a look-up for each lane."""
        plan, found = self.plan, []
        parts, addresses = zip(*plan.addresses, strict=True)
        stores = [self._store(m, filler, row, part) for part in range(plan.parts)]
        signs = self._signs(m, filler, row, read) if plan.mirrored else None
        for lane, code in enumerate(lanes):
            address = look_up(
                m, code, addresses, (plan.rows - 1).bit_length(), f"address_{row}_{lane}"
            )
            words = []
            for store in stores:
                m.d.comb += getattr(store, f"read_address_{lane}").eq(Cat(address, read))
                words.append(getattr(store, f"read_{lane}"))
            part = look_up(m, code, parts, max(plan.parts - 1, 1).bit_length(), "part")
            word = select(m, words, part, f"word_{row}_{lane}")
            found.append(word if signs is None else Cat(word, self._sign(m, code, signs)))
        return found

    def _store(self, m: Module, filler: Any, row: int, part: int) -> TableMemory:
        """A memory for two groups, and what writes to it; mirrored ones hold no signs."""
        plan = self.plan
        number, turn = divmod(row * plan.parts + part, plan.shared)
        depth = 2 << (plan.rows - 1).bit_length()
        store = TableMemory(self.unit.result.bits - plan.mirrored, depth, self.unit.lanes)
        m.submodules[f"table_{row}_{part}"] = store
        m.d.comb += [
            store.write.eq(filler.write & (filler.turn == turn)),
            store.address.eq(Cat(filler.address, filler.bank)),
            store.data.eq(getattr(filler, f"data_{number}")),
        ]
        return store

    def _signs(self, m: Module, filler: Any, row: int, read: Value) -> Value:
        """The signs of results of the group that is read: of elements with their entry's sign, of
        others, of zeros with their entry's sign, of others. NaN has none."""
        plan = self.plan
        number, turn = divmod(row * plan.parts, plan.shared)
        nan, special = (getattr(filler, f"{name}_{number}") for name in ("nan", "special"))
        negative = getattr(filler, f"negative_{number}")
        given = Cat(sign & ~none for none in (nan, special) for sign in (negative, ~negative))
        signs = [Signal(4, name=f"signs_{row}_{bank}", reset_less=True) for bank in range(2)]
        for bank, held in enumerate(signs):
            with m.If(filler.stored & (filler.turn == turn) & (filler.bank == bank)):
                m.d.sync += held.eq(given)
        now = Signal(4, name=f"signs_{row}")
        m.d.comb += now.eq(Mux(read, signs[1], signs[0]))
        return now

    def _sign(self, m: Module, code: Value, signs: Value) -> Value:
        """The sign of an element's result: one of the group's signs."""
        table = [f + 2 * z for f, z in zip(self.plan.flips, self.plan.zeros, strict=True)]
        return signs.bit_select(look_up(m, code, table, 2, "sign"), 1)


WAYS.register("table", TableDequantizer)
WAYS.register("direct", DirectDequantizer)
