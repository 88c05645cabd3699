"""The hardware of :class:`Chained`: rows, chains and the tree that adds them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from ...golden.bounds import Range
from ..arith.digits import Digit, Row
from ..arith.product import FlaggedLayout, flag_names
from ..arith.rows import Staggered
from ..arith.shapes import shape_of
from ..arith.timing import delayed
from .base import Dot

if TYPE_CHECKING:
    from .chain import Chained


class PartialSum(NamedTuple):
    """A partial sum, and carries still to be added to it: (signal, lsb).

    ``weights`` are the bits by which each mode shifts it; empty where there are no modes.
    """

    value: Value
    bounds: Range
    carries: tuple[tuple[Value, int], ...]
    weights: tuple[int | None, ...] = ()


class ChainedDot(Dot):
    """Chains of rows, and a tree that adds them up.

    The first row of a chain takes no adder: its bits are registered, and its carry waits for an
    adder of the tree, of which there are as many as chains, less one. One chain starts with an
    addition.
    """

    plan: Chained

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        self._sums = Staggered(m, self.enable, self.plan.segment, "segment")
        rows = [self._rows(m, *elements) for elements in enumerate(self._elements())]
        nodes = [
            [
                self._chain(m, digit, number, [rows[slot][digit] for slot in chain])
                for number, chain in enumerate(self.plan.chains)
            ]
            for digit in range(len(self.plan.digits))
        ]
        if self.plan.apart:
            self._apart(m, nodes)
        else:
            total = self._shifted(m, self._tree(m, nodes).value)
            m.d.comb += self.o.value.eq(self._sums.extended(total, len(self.o.value)))
        for name in flag_names(self.plan.flags):
            m.d.comb += self.o[name].eq(self._flag(m, name))
        return m

    def _elements(self) -> list[tuple[Value, Value]]:
        """The elements of each slot."""
        sides = zip((self.weight, self.activation), self.plan.forms, strict=True)
        weight, activation = (side.slots if form.told else side for side, form in sides)
        return [(weight[slot], activation[slot]) for slot in range(self.plan.slots)]

    def _apart(self, m: Module, nodes: list[list[PartialSum]]) -> None:
        """The sums of the digits; where these come one by one, of the others zero."""
        level = 0
        while any(len(chains) > 1 for chains in nodes):
            level += 1
            nodes = [self._level(m, chains, level, f"sum_{n}") for n, chains in enumerate(nodes)]
        found = []
        for [node] in nodes:
            assert not node.carries
            found.append(node.value)
        if self.plan.cycles > 1:
            [total], part = found, self._part(m)
            found = []
            for number, bounds in enumerate(self.plan.sums):
                register = Signal(shape_of(bounds), name=f"part_sum_{number}", reset_less=True)
                with m.If(self.enable):
                    m.d.sync += register.eq(Mux(part == number, total, 0))
                found.append(register)
        for number, value in enumerate(found):
            sums = self.o.sums[str(number)]
            m.d.comb += sums.eq(self._sums.extended(value, len(sums)))

    def _part(self, m: Module) -> Value:
        """Which part the sum is, a cycle before it leaves."""
        plan = self.plan
        sides = zip((self.weight, self.activation), plan.forms, strict=True)
        [(part, form)] = [(side.part, form) for side, form in sides if form.parts > 1]
        passed = plan.stages - form.stages  # cycles until it came
        return delayed(m, self.enable, part, plan.latency - passed - 1, "part")

    def _shifted(self, m: Module, total: Value) -> Value:
        """The sum, shifted: where it is a part of one, the shift travels beside."""
        plan = self.plan
        if plan.cycles == 1:
            return total
        part = self._part(m)
        shape = shape_of(plan.range)
        moved = Signal(shape, name="moved")
        with m.Switch(part):
            for number, shift in enumerate(plan.shifts):
                with m.Case(number):
                    m.d.comb += moved.eq(total << shift)
        return self.held(m, moved, shape, "part_sum")

    def _rows(self, m: Module, slot: int, elements: tuple[Value, Value]) -> list[Row]:
        """A slot's rows."""
        plan = self.plan
        found = None
        for stage, layout in enumerate(plan.layouts):
            inner = Module()
            m.submodules[f"encode_{slot}_{stage}"] = inner
            value = Signal(layout, name="value")
            inner.d.comb += value.eq(plan.encode(inner, stage, *elements, found))
            found = Signal(layout, name=f"encoded_{slot}_{stage}")
            for name, shape in layout.members.items():
                # With a reset, or tools would spend a LUT on what only passes through.
                kept = f"encoded_{slot}_{stage}_{name}_held"
                register = Signal(shape, name=kept, reset_less=name not in plan.passing)
                m.d.comb += found[name].eq(register)
                with m.If(self.enable):
                    m.d.sync += register.eq(value[name])
        return self._staggered(m, slot, *elements, found)

    def _staggered(
        self, m: Module, slot: int, weight: Value, activation: Value, encoded: Any
    ) -> list[Row]:
        """A slot's rows, each bit when its segment comes."""
        plan, sums = self.plan, self._sums
        late: list[list[Row]] = []
        tops = [digit.bits.lsb + digit.bits.width - 1 for digit in plan.digits]
        for time in range(sums.time(max(tops)) + 1):
            inner = Module()
            m.submodules[f"rows_{slot}_{time}"] = inner
            # A wire a row: Amaranth writes an expression as often as it is used.
            late.append([])
            for number, row in enumerate(plan.rows(inner, weight, activation, encoded)):
                bits = Signal(len(row.bits), name=f"row_{slot}_{number}")
                m.d.comb += bits.eq(row.bits)
                late[-1].append(Row(bits, row.carry))
            weight, activation = sums.late(weight, 1), sums.late(activation, 1)
            encoded = None if encoded is None else sums.late(encoded, 1)
        found = []
        for number, digit in enumerate(plan.digits):
            lsb, end = digit.bits.lsb, digit.bits.lsb + digit.bits.width
            bits = [
                rows[number].bits[max(start - lsb, 0) : max(stop - lsb, 0)]
                for rows, (start, stop) in zip(late, sums.cuts(end), strict=False)
            ]
            found.append(Row(Cat(*bits), late[sums.time(lsb)][number].carry))
        return found

    def _flag(self, m: Module, name: str) -> Value:
        """Whether any slot raises a flag: along the chains, then beside the tree."""
        plan, found, elements = self.plan, Const(0, 1), self._elements()
        for number, chain in enumerate(plan.chains):
            flag = Const(0, 1)
            for position, slot in enumerate(chain):
                pair = Signal(FlaggedLayout(Range(0, 0, 0), plan.flags), name=f"flags_{slot}")
                plan.raised(m, *elements[slot], pair)
                flag = flag | pair[name]
                late, last = plan.delay(position, chain), position == len(chain) - 1
                if last or plan.delay(position + 1, chain) > late:
                    flag = self.held(m, flag, 1, f"{name}_{number}_{position}")
            found = found | flag
        rows = plan.delay(plan.depth - 1, plan.chains[0])
        cycles = plan.latency - plan.stages - 1 - rows
        for cycle in range(cycles):
            found = self.held(m, found, 1, f"{name}_late_{cycle}")
        return found

    # A chain: rows of one digit.

    def _chain(self, m: Module, number: int, chain: int, rows: list[Row]) -> PartialSum:
        plan, digit = self.plan, self.plan.digits[number]
        slots = plan.chains[chain]
        # An adder less than chains, where digits are not added.
        whole = (number == 0 or plan.apart) and chain == len(plan.chains) - 1
        total, bounds, carry = self._first(digit, rows[0], len(rows) == 1, whole)
        for position in range(len(rows)):
            last = position == len(rows) - 1
            if position:
                total, bounds = self._added(total, bounds, digit, rows[position], position, last)
            late = plan.delay(position, slots)
            if last or plan.delay(position + 1, slots) > late:
                name = f"digit_{number}_{chain}_{position}"
                total = self.held(m, total, shape_of(bounds), name)
                carry = [self.held(m, bit, 1, f"{name}_carry") for bit in carry]
        return PartialSum(total, bounds, tuple((bit, digit.bits.lsb) for bit in carry))

    def _first(
        self, digit: Digit, row: Row, alone: bool, whole: bool
    ) -> tuple[Value, Range, list[Value]]:
        """The first row, its bounds, and its carry if that is still to be added."""
        bias, bits = (0, row.bits) if alone else (digit.bias, _lifted(digit, row.bits))
        bounds = Range(digit.bits.lsb, digit.bits.low + bias, digit.bits.high + bias)
        if not digit.carries:
            return bits, bounds, []
        if not whole:
            return bits, bounds, [row.carry]
        bounds = Range(digit.row.lsb, digit.row.low + bias, digit.row.high + bias)
        bits = bits.as_signed() if alone and digit.bits.signed else bits
        total = self._sums.plus(Const(0, 1), bits, row.carry, width=bounds.width, lsb=bounds.lsb)
        return total, bounds, []

    def _added(
        self, total: Value, bounds: Range, digit: Digit, row: Row, count: int, last: bool
    ) -> tuple[Value, Range]:
        """The sum of ``count`` rows and one more.

        The last row of a chain has in its upper bits what takes the bias of all away.
        """
        found = bounds + digit.row
        if not last:
            found = found + Range(digit.row.lsb, digit.bias, digit.bias)
            bits = _lifted(digit, row.bits)
        elif not digit.bits.signed:
            bits = row.bits
        else:
            without = count * digit.bias
            found = Range(found.lsb, found.low - without, found.high - without)
            bits = self._topped(found, row.bits, count)
        carry = row.carry if digit.carries else 0
        return self._sums.plus(total, bits, carry, width=found.width, lsb=found.lsb), found

    def _topped(self, bounds: Range, bits: Value, count: int) -> Value:
        """A row that takes a bias away above its sign: ``count`` times, once more if negative."""
        low, sign, at = bits[:-1], bits[-1], bounds.lsb + len(bits) - 1
        above = bounds.width - len(low)
        tops, position = [], 0
        for part in (sign, *self._sums.repeated(sign, at, at + above)):
            negative, positive = (
                Const(n >> position & ((1 << len(part)) - 1), len(part))
                for n in (-count - 1, -count)
            )
            tops.append(Mux(part[0], negative, positive))
            position += len(part)
        return Cat(low, *tops)

    # The tree: chains of each digit, then digits.

    def _tree(self, m: Module, nodes: list[list[PartialSum]]) -> PartialSum:
        level = 0
        while any(len(chains) > 1 for chains in nodes):
            level += 1
            nodes = [self._level(m, chains, level, f"sum_{n}") for n, chains in enumerate(nodes)]
        found = self.placed([chains[0] for chains in nodes])
        while len(found) > 1:
            level += 1
            found = self._level(m, found, level, "sum")
        [node] = found
        assert not node.carries
        return node

    def placed(self, nodes: list[PartialSum]) -> list[PartialSum]:
        """The sums of the digits before they are added."""
        return nodes

    def _level(self, m: Module, nodes: list[PartialSum], level: int, name: str) -> list[PartialSum]:
        """Add neighbours; an odd node passes through the same register."""
        found = [self.merged(a, b, level) for a, b in zip(nodes[::2], nodes[1::2], strict=False)]
        found += nodes[len(nodes) - len(nodes) % 2 :]
        if level % self.plan.pipeline and level < self.plan.levels:
            return found
        return [
            node._replace(
                value=self.held(m, node.value, shape_of(node.bounds), f"{name}_{level}_{n}"),
                carries=tuple(
                    (self.held(m, bit, 1, f"{name}_{level}_{n}_carry"), lsb)
                    for bit, lsb in node.carries
                ),
            )
            for n, node in enumerate(found)
        ]

    def merged(self, a: PartialSum, b: PartialSum, level: int) -> PartialSum:
        """The sum of two nodes, ``b`` no finer than ``a``; a carry of the unit of ``b`` goes in."""
        bounds, waiting = a.bounds + b.bounds, [*a.carries, *b.carries]
        carry: Value = Const(0, 1)
        for index, (bit, lsb) in enumerate(waiting):
            if lsb == b.bounds.lsb:
                carry, bounds = bit, bounds + Range(lsb, 0, 1)
                del waiting[index]
                break
        value = self._sums.joined(a.value, a.bounds, b.value, b.bounds, bounds, carry)
        return PartialSum(value, bounds, tuple(waiting))


def _lifted(digit: Digit, bits: Value) -> Value:
    """A row's bits plus the digit's bias: unsigned."""
    return Cat(bits[:-1], ~bits[-1]) if digit.bits.signed else bits
