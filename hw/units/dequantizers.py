"""Dequantizers: a product for each element, or all products of a group in a table."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring

from ...golden.formats import Minifloat
from ...golden.units import Dequantize
from ..arith.table import look_up
from ..arith.timing import delayed, select
from .dequantizer_ports import buffered, group_end, ports
from .element_products import ElementProducts
from .table_filler import TableFiller
from .table_memory import TableMemory
from .table_plan import TablePlan


class DirectDequantizer(wiring.Component):
    """Multiplies every element by the scales of its group.

    A beat a cycle; ``latency`` cycles from a beat of codes, or from its group's scales, to its
    results. A beat of scales is taken with the last beat of its group. No path leads from a
    ``ready`` to another stream's.

    Parameters
    ----------
    unit : :class:`Dequantize`
        What is computed.

    Members
    -------
    codes, scale, result : streams, as of :func:`ports`.
    """

    def __init__(self, unit: Dequantize):
        self.unit, self.products = unit, ElementProducts(unit)
        super().__init__(ports(unit))

    def elaborate(self, platform: Any) -> Module:
        m, unit = Module(), self.unit
        room, taken = Signal(), Signal()
        codes = buffered(m, self.codes, "codes_buffer")
        m.d.comb += [codes.ready.eq(taken), taken.eq(codes.valid & room)]
        if unit.held:
            scale = buffered(m, self.scale, "scale_buffer")
            end = group_end(m, unit, taken, codes.payload.last)
            m.d.comb += [
                taken.eq(codes.valid & scale.valid & room),
                scale.ready.eq(taken & end),
            ]

        # The elements of each row, with its scales.
        cycles, made = self.products.latency, []
        for row in range(unit.rows):
            held = {name: scale.payload[name][row] for name in unit.held}
            first = row * unit.lanes
            lanes = [codes.payload.codes[first + lane] for lane in range(unit.lanes)]
            made += self.products.write(m, room, lanes, held, f"row_{row}")
        valid = delayed(m, room, taken, cycles, "valid", reset=True)
        last = delayed(m, room, codes.payload.last, cycles, "last")
        m.d.comb += [
            *(self.result.payload.value[lane].eq(value) for lane, value in enumerate(made)),
            self.result.payload.last.eq(last),
            self.result.valid.eq(valid),
            room.eq(~valid | self.result.ready),
        ]
        return m


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
        scale = buffered(m, self.scale, "scale_buffer")
        wiring.connect(m, scale, filler.i)
        full, written, read = Signal(range(3)), Signal(), Signal()
        ended = taken & end
        m.d.comb += filler.free.eq(~full[1])
        m.d.sync += [
            full.eq(full + filler.done - ended),
            written.eq(written ^ filler.done),
            read.eq(read ^ ended),
        ]

        # A beat is looked up and leaves in the next cycle.
        m.d.comb += [taken.eq(codes.valid & (full != 0) & room), codes.ready.eq(taken)]
        made = []
        for row in range(unit.rows):
            lanes = codes.payload.codes[row * unit.lanes : (row + 1) * unit.lanes]
            made += self._row(m, filler, row, written, read, list(lanes))
        valid = Signal()
        with m.If(room):
            m.d.sync += [
                valid.eq(taken),
                self.result.payload.last.eq(codes.payload.last),
                *(self.result.payload.value[lane].eq(value) for lane, value in enumerate(made)),
            ]
        m.d.comb += [self.result.valid.eq(valid), room.eq(~valid | self.result.ready)]
        return m

    def _row(
        self, m: Module, filler: Any, row: int, written: Value, read: Value, lanes: list[Value]
    ) -> list[Value]:
        """The results of a row: its memories, and a look-up for each lane."""
        plan, unit = self.plan, self.unit
        low = max(plan.depth - 1, 1).bit_length()
        part_of = [place // plan.depth for place in plan.places]
        place_of = [place % plan.depth for place in plan.places]
        found = []
        stores = [self._store(m, filler, row, part, low, written) for part in range(plan.parts)]
        specials = self._specials(m, filler, row, written, read)
        for lane, code in enumerate(lanes):
            place = look_up(m, code, place_of, low, f"place_{row}_{lane}")
            words = []
            for store in stores:
                m.d.comb += getattr(store, f"read_place_{lane}").eq(Cat(place, read))
                words.append(getattr(store, f"read_{lane}"))
            part = look_up(m, code, part_of, max(plan.parts - 1, 1).bit_length(), "part")
            word = select(m, words, part, f"word_{row}_{lane}")
            found.append(self._seen(m, code, word, specials) if plan.mirrored else word)
        return found

    def _store(
        self, m: Module, filler: Any, row: int, part: int, low: int, written: Value
    ) -> TableMemory:
        """A memory for two groups, and what writes to it."""
        plan = self.plan
        number, turn = divmod(row * plan.parts + part, plan.shared)
        store = TableMemory(self.unit.result.bits, 2 << low, self.unit.lanes)
        m.submodules[f"table_{row}_{part}"] = store
        m.d.comb += [
            store.write.eq(filler.write & (filler.turn == turn)),
            store.place.eq(Cat(filler.place, Const(0, low - len(filler.place)), written)),
            store.data.eq(getattr(filler, f"data_{number}")),
        ]
        return store

    def _specials(
        self, m: Module, filler: Any, row: int, written: Value, read: Value
    ) -> tuple[Value, Value]:
        """Whether the scales of the group that is read are NaN, and whether they are special."""
        plan = self.plan
        number, turn = divmod(row * plan.parts, plan.shared)
        given = Cat(getattr(filler, f"{name}_{number}") for name in ("nan", "special"))
        flags = [Signal(2, name=f"special_{row}_{bank}", reset_less=True) for bank in range(2)]
        for bank, flag in enumerate(flags):
            with m.If(filler.write & (filler.turn == turn) & (written == bank)):
                m.d.sync += flag.eq(given)
        now = Signal(2, name=f"special_{row}")
        m.d.comb += now.eq(Mux(read, flags[1], flags[0]))
        return now[0], now[1]

    def _seen(
        self, m: Module, code: Value, word: Value, specials: tuple[Value, Value]
    ) -> Value:
        """An entry with the sign of the element; zero is none of the entries."""
        plan, result = self.plan, self.unit.result
        assert isinstance(result, Minifloat)
        nan, special = specials
        flip, zero = (
            look_up(m, code, list(table), 1, name)
            for name, table in (("flip", plan.flips), ("zero", plan.zeros))
        )
        undefined = result.nan_code if result.has_nan else 0
        magnitude = Mux(zero, Mux(special, undefined, 0), word[:-1])
        negative = (word[-1] ^ (flip & ~nan)) & ~(zero & special)
        return Cat(magnitude[: result.bits - 1], negative)
