"""Fills tables with the products of a group, some a cycle."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.formats import Minifloat
from ...golden.units import Dequantize
from ..arith.specials import specials
from ..arith.table import look_up
from ..arith.timing import delayed, select
from .element_products import ElementProducts
from .grouped_ports import held_layout
from .table_plan import TablePlan


class TableFiller(wiring.Component):
    """Products of every entry with the scales of each group, in the order of their addresses.

    A beat of scales is taken with the last product that it is needed for; the next beat's products
    follow at once. They wait while ``free`` is low.

    The address of zero in a mirrored table, below the entries, holds zero to begin with. It is
    written, in a cycle more, when scales come whose product with zero is NaN, or no longer is.

    Parameters
    ----------
    unit : :class:`Dequantize`
        What is computed.

    Members
    -------
    i : :py:`In(stream.Signature(held_layout(unit)))`
        The zero points and scales of all rows.
    free : :py:`In(1)`
        There is a table to write to.
    write : :py:`Out(1)`
        Products to take, one of each multiplier.
    turn, address, bank : which of a multiplier's memories is written, where, and for which of two
        groups.
    done : :py:`Out(1)`
        With the last write of a group.
    data_0, … : :py:`Out(unit.result.bits)`
        The products.
    nan_0, special_0, … : :py:`Out(1)`
        Of mirrored tables: the scales' product is NaN; or infinite, so that zero times it is.
    """

    def __init__(self, unit: Dequantize):
        self.unit, self.plan = unit, TablePlan(unit)
        self.products = ElementProducts(unit)
        plan = self.plan
        ports = {
            "i": In(stream.Signature(held_layout(unit))),
            "free": In(1),
            "write": Out(1),
            "turn": Out(range(max(plan.shared, 2))),
            "address": Out(range(plan.rows)),
            "bank": Out(1),
            "done": Out(1),
        }
        for number in range(plan.multipliers):
            ports |= {f"data_{number}": Out(unit.result.bits)}
            ports |= {f"{name}_{number}": Out(1) for name in ("nan", "special")}
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m, plan = Module(), self.plan
        enable, issued, stored = Signal(), Signal(), Signal()

        # What is multiplied next; what comes out is counted apart.
        turn, address, last = self._counted(m, issued, "issue")
        m.d.comb += [
            issued.eq(self.i.valid & enable),
            self.i.ready.eq(enable & last),
        ]
        made = delayed(m, enable, self.i.valid, self.products.latency, "made", reset=True)
        writes_turn, writes_address, ends = self._counted(m, stored, "write")
        m.d.comb += [self.turn.eq(writes_turn), self.done.eq(stored & ends)]
        with m.If(self.done):
            m.d.sync += self.bank.eq(~self.bank)

        # A multiplier takes its memories in turn.
        outdated = []
        for number in range(plan.multipliers):
            mine = range(number * plan.shared, (number + 1) * plan.shared)
            memories = [memory for memory in mine if memory < self.unit.rows * plan.parts]
            code = self._code(m, memories, turn, address, number)
            held = self._held(m, memories, turn, number)
            [data] = self.products.write(m, enable, [code], held, f"fill_{number}")
            m.d.comb += getattr(self, f"data_{number}").eq(data)
            if plan.mirrored:
                self._flags(m, enable, held, number)
                outdated.append(self._outdated(m, number))

        # The address of zero first, where it holds what it should not.
        zero = Signal()
        if outdated:
            m.d.comb += zero.eq(made & self.free & (writes_address == 0) & Cat(*outdated).any())
            self._write_zero(m, zero)
        m.d.comb += [
            self.address.eq(Mux(zero, 0, writes_address + plan.mirrored)),
            self.write.eq(made & self.free),
            stored.eq(self.write & ~zero),
            enable.eq(~made | stored),
        ]
        return m

    def _outdated(self, m: Module, n: int) -> Value:
        """Whether the address of zero of the memory in turn holds another value than it should."""
        holds = Signal(2 * self.plan.shared, name=f"zero_holds_{n}", reset_less=True)
        index, special = Cat(self.bank, self.turn), getattr(self, f"special_{n}")
        if self.plan.shared == 1:
            index = self.bank
        with m.If(self.write):
            m.d.sync += holds.bit_select(index, 1).eq(special)
        return holds.bit_select(index, 1) ^ special

    def _write_zero(self, m: Module, zero: Value) -> None:
        """With ``zero``, data are the product of zero."""
        result = self.unit.result
        assert isinstance(result, Minifloat)
        undefined = result.nan_code if result.has_nan else 0
        for number in range(self.plan.multipliers):
            special = getattr(self, f"special_{number}")
            with m.If(zero):
                m.d.comb += getattr(self, f"data_{number}").eq(Mux(special, undefined, 0))

    def _counted(self, m: Module, step: Value, name: str) -> tuple[Value, Value, Value]:
        """A count of ``step``: the turn, the address in it, and whether it is the last of all."""
        plan = self.plan
        turn = Signal(range(max(plan.shared, 2)), name=f"{name}_turn")
        address = Signal(range(max(plan.depth, 2)), name=f"{name}_address")
        ends, last = Signal(name=f"{name}_ends"), Signal(name=f"{name}_last")
        m.d.comb += [
            ends.eq(address == plan.depth - 1),
            last.eq(ends & (turn == plan.shared - 1)),
        ]
        with m.If(step):
            m.d.sync += address.eq(address + 1)
            with m.If(ends):
                m.d.sync += [address.eq(0), turn.eq(turn + 1)]
            with m.If(last):
                m.d.sync += turn.eq(0)
        return turn, address, last

    def _code(self, m: Module, memories: list[int], turn: Value, address: Value, n: int) -> Value:
        """The code of the entry at an address of the memory in turn."""
        plan, width = self.plan, self.unit.element.bits
        found = []
        for memory in memories:
            first = memory % plan.parts * plan.depth
            codes = list(plan.entries[first : first + plan.depth])
            codes += [codes[-1]] * ((1 << len(address)) - len(codes))
            found.append(look_up(m, address, codes, width, f"code_{n}_{memory}"))
        return select(m, found, turn, f"code_{n}")

    def _held(self, m: Module, memories: list[int], turn: Value, n: int) -> dict[str, Value]:
        """Scales and zero point of the row whose memory is in turn."""
        rows = [memory // self.plan.parts for memory in memories]
        payload = self.i.payload
        return {
            name: select(m, [payload[name][row] for row in rows], turn, f"{name}_{n}")
            for name in self.unit.held
        }

    def _flags(self, m: Module, enable: Value, held: dict[str, Value], n: int) -> None:
        """What the product of the scales is, beside the products that it makes."""
        never = Const(0, 1)
        nan, inf, zero = never, never, never
        for name, fmt in self.unit.held.items():
            code = held[name]
            if isinstance(fmt, Minifloat):
                is_nan, is_inf = specials(fmt, code)
                nan, inf = nan | is_nan, inf | is_inf
                zero = zero | (~code[: fmt.bits - fmt.signed].any() if fmt.has_zero else never)
            else:
                zero = zero | ~code.any()
        found = Signal(2, name=f"specials_{n}")
        undefined = nan | (inf & zero)
        m.d.comb += found.eq(Cat(undefined, nan | inf))
        late = delayed(m, enable, found, self.products.latency, f"specials_{n}")
        m.d.comb += Cat(getattr(self, f"nan_{n}"), getattr(self, f"special_{n}")).eq(late)
