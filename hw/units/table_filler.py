"""Fills tables with the products of a group, some a cycle."""

from __future__ import annotations

from typing import Any, NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.formats import Minifloat
from ...golden.units import Dequantize
from ..arith.specials import specials
from ..arith.table import look_up, plus
from ..arith.timing import delayed, select
from .element_products import ElementProducts
from .grouped_ports import held_layout
from .table_plan import TablePlan


class Counted(NamedTuple):
    """Where a count of products stands.

    Parameters
    ----------
    turn, address : which of a multiplier's memories, and where.
    first, ends : whether it is the first address of a turn, and the last one.
    last : whether it is the last of all.
    """

    turn: Value
    address: Value
    first: Value
    ends: Value
    last: Value


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
        Data to take, of each multiplier.
    stored : :py:`Out(1)`
        They are products, not zero.
    turn, address, bank : which of a multiplier's memories is written, where, and for which of two
        groups.
    done : :py:`Out(1)`
        With the last write of a group.
    data_0, … : :py:`Out(unit.result.bits)`
        The products.
    negative_0, … : :py:`Out(1)`
        The products' signs, also while zero is written.
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
            "stored": Out(1),
            "turn": Out(range(max(plan.shared, 2))),
            "address": Out(range(plan.rows)),
            "bank": Out(1),
            "done": Out(1),
        }
        for number in range(plan.multipliers):
            ports |= {f"data_{number}": Out(unit.result.bits)}
            ports |= {f"{name}_{number}": Out(1) for name in ("negative", "nan", "special")}
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m, plan = Module(), self.plan
        enable, issued = Signal(), Signal()

        # What is multiplied next; what comes out is counted apart.
        issue = self._counted(m, issued, "issue")
        m.d.comb += [
            issued.eq(self.i.valid & enable),
            self.i.ready.eq(enable & issue.last),
        ]
        soon = delayed(m, enable, self.i.valid, self.products.latency - 1, "made", reset=True)
        made, late = Signal(), Signal()  # a product to store, at once or after zero
        write = self._counted(m, self.stored, "write")
        m.d.comb += [self.turn.eq(write.turn), self.done.eq(self.stored & write.last)]
        with m.If(self.done):
            m.d.sync += self.bank.eq(~self.bank)

        # A multiplier takes its memories in turn.
        following = self._following(m, made, write)
        stale = []
        for number in range(plan.multipliers):
            mine = range(number * plan.shared, (number + 1) * plan.shared)
            memories = [memory for memory in mine if memory < self.unit.rows * plan.parts]
            code = self._code(m, memories, issue.turn, issue.address, number)
            held = self._held(m, memories, issue.turn, number)
            [data] = self.products.write(m, enable, [code], held, f"fill_{number}")
            m.d.comb += [
                getattr(self, f"data_{number}").eq(data),
                getattr(self, f"negative_{number}").eq(data[-1]),
            ]
            if plan.mirrored:
                special = self._flags(m, enable, held, number)
                stale.append(self._zero_held(m, write, following, number) ^ special)

        # The address of zero first, where it holds what it should not: known a cycle before.
        zero = late & self.free
        wrong = Mux(made, write.ends, write.first) & Cat(*stale).any() if stale else Const(0, 1)
        with m.If(enable):
            m.d.sync += [made.eq(soon & ~wrong), late.eq(soon & wrong)]
        with m.Elif(zero):
            m.d.sync += [made.eq(1), late.eq(0)]
        if stale:
            self._write_zero(m, zero)
        m.d.comb += [
            self.address.eq(Mux(late, 0, write.address + plan.mirrored)),
            self.write.eq((made | late) & self.free),
            self.stored.eq(made & self.free),
            enable.eq(~(made | late) | self.stored),
        ]
        return m

    def _following(self, m: Module, made: Value, write: Counted) -> Value:
        """The bank and the turn of the product that comes next, if the one that is made is
        stored."""
        turn = Signal(len(write.turn), name="next_turn")
        m.d.comb += turn.eq(Mux(made & write.ends, Mux(write.last, 0, write.turn + 1), write.turn))
        return Cat(self.bank ^ (made & write.last), turn[: self.plan.turn_width])

    def _zero_held(self, m: Module, write: Counted, following: Value, n: int) -> Value:
        """Whether zero is NaN in the memory that ``following`` tells: what was written last."""
        holds = Signal(2 * self.plan.shared, name=f"zero_holds_{n}", reset_less=True)
        index = Cat(self.bank, write.turn[: self.plan.turn_width])
        with m.If(self.write):
            m.d.sync += holds.bit_select(index, 1).eq(getattr(self, f"special_{n}"))
        return holds.bit_select(following, 1)

    def _write_zero(self, m: Module, zero: Value) -> None:
        """With ``zero``, data are the product of zero."""
        result = self.unit.result
        assert isinstance(result, Minifloat)
        undefined = result.nan_code if result.has_nan else 0
        for number in range(self.plan.multipliers):
            special = getattr(self, f"special_{number}")
            with m.If(zero):
                m.d.comb += getattr(self, f"data_{number}").eq(Mux(special, undefined, 0))

    def _counted(self, m: Module, step: Value, name: str) -> Counted:
        """A count of ``step``, each turn's addresses one after the other."""
        shared, depth = self.plan.shared, self.plan.depth
        turn: Value = Const(0, 1)
        address = Signal(range(max(depth, 2)), name=f"{name}_address")
        first = Signal(name=f"{name}_first", init=1)
        last = ends = Signal(name=f"{name}_ends", init=depth == 1)
        # What is said of the next step, known beforehand.
        ending: Value = ~ends & (address == depth - 2) if depth > 1 else Const(1, 1)
        with m.If(step):
            m.d.sync += [
                address.eq(Mux(ends, 0, plus(m, address, 1, len(address), f"{name}_next"))),
                first.eq(ends),
                ends.eq(ending),
            ]
        if shared > 1:
            turn = Signal(range(shared), name=f"{name}_turn")
            last = Signal(name=f"{name}_last")
            lasting = ending & (turn == shared - 1)
            if depth == 1:
                lasting = ~last & (turn == shared - 2)
            with m.If(step):
                m.d.sync += last.eq(lasting)
                with m.If(ends):
                    m.d.sync += turn.eq(Mux(last, 0, turn + 1))
        return Counted(turn, address, first, ends, last)

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

    def _flags(self, m: Module, enable: Value, held: dict[str, Value], n: int) -> Value:
        """What the product of the scales is, beside the products that it makes; of those that come
        next, whether it is NaN or infinite."""
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
        soon = delayed(m, enable, found, self.products.latency - 1, f"specials_{n}")
        late = delayed(m, enable, soon, 1, f"specials_{n}_late")
        m.d.comb += Cat(getattr(self, f"nan_{n}"), getattr(self, f"special_{n}")).eq(late)
        return soon[1]
