"""Dot products as chains of rows: each lane adds itself to what the lanes before it gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ..product import FlaggedLayout, flag_names, raise_flags
from ..rows import plus
from ..scale.timing import delayed
from ..shapes import shape_of
from ..tree import tree_levels
from .base import Codes, Datapath, Form

#: Places in a chain: longer ones need fewer LUTs, and more registers for the lanes that wait.
LENGTH = 4


def chain_sites(digits: Sequence[Digit], places: int) -> float:
    """Sites of a place's rows and its part of the tree: carries come in blocks of four."""
    lengths = [
        len(range(start, places, -(-places // LENGTH))) for start in range(-(-places // LENGTH))
    ]
    total = 0
    for digit in digits:
        for length in lengths:
            grown = (digit.row.times(count).width + 1 for count in range(2, length + 1))
            total += digit.bits.width + sum(map(_blocks, grown))
        total += (len(lengths) - 1) * _blocks(digit.row.times(2 * LENGTH).width + 1)
        total += _blocks(digit.row.times(places).width + 2)
    total -= _blocks(digits[0].row.times(places).width + 2)  # the tree has one adder less
    return total / places


def _blocks(width: int) -> int:
    return -(-width // 4) * 4


class Row(NamedTuple):
    """``bits + carry``: two's complement if the digit's bounds are signed, as wide as they are.

    Each bit is a function of few registers, the carry a register or 0.
    """

    bits: Value
    carry: Value


@dataclass(frozen=True)
class Digit:
    """Rows of one weight.

    Parameters
    ----------
    bits : bounds of a row without its carry; ``lsb`` counts from that of the product.
    row : bounds of a row.
    """

    bits: Range
    row: Range

    @property
    def carries(self) -> bool:
        return self.bits != self.row

    @property
    def bias(self) -> int:
        """What inverting the top bit adds to a row: unsigned then, it is added unextended."""
        return 1 << (self.bits.width - 1) if self.bits.signed else 0


class Node(NamedTuple):
    """A partial sum, and carries still to be added to it: (signal, lsb)."""

    value: Value
    bounds: Range
    carries: tuple[tuple[Value, int], ...]


@dataclass(frozen=True)
class Chained(Datapath):
    """A place is one row for each digit; chains add the rows of a digit, one each ``pipeline``.

    A place's codes come after those of the place before it in its chain. A datapath says into what
    rows a product falls, and which bits it registers first, if any. A place is a lane, or ``span``
    of them whose products fall into rows together.
    """

    @property
    def span(self) -> int:
        """Lanes of a place."""
        return 1

    @property
    def places(self) -> int:
        """Rows of each digit."""
        return -(-self.lanes // self.span)

    @property
    def shifts(self) -> tuple[int, ...]:
        """By how many places each part of a dot product is shifted, in turn."""
        return (0,)

    @property
    def cycles(self):
        return len(self.shifts)

    @property
    def layouts(self) -> tuple[data.StructLayout, ...]:
        """What is registered of a pair of elements before the rows, one after the other."""
        return ()

    @property
    def digits(self) -> tuple[Digit, ...]:
        """The rows of a product, the lowest first."""
        raise NotImplementedError

    def encode(self, m: Module, stage: int, weight, activation, before) -> Value:
        """The bits of a stage of ``layouts``: of the elements, or of what stands ``before`` it."""
        raise NotImplementedError

    def rows(self, m: Module, weight: Value, activation: Value, encoded) -> list[Row]:
        """A row for each digit."""
        raise NotImplementedError

    @property
    def chains(self) -> list[list[int]]:
        """The places of each chain, in order; the longest first."""
        count = -(-self.places // LENGTH)
        return [list(range(self.places))[start::count] for start in range(count)]

    @property
    def depth(self) -> int:
        """Places of the longest chain."""
        return len(self.chains[0])

    def delay(self, position: int, chain: list[int]) -> int:
        """Cycles by which a place comes late; all chains end together."""
        return (self.depth - len(chain) + position) // self.pipeline

    @property
    def delays(self) -> tuple[int, ...]:
        """By how many cycles each place comes late."""
        found = [0] * self.places
        for chain in self.chains:
            for position, place in enumerate(chain):
                found[place] = self.delay(position, chain)
        return tuple(found)

    @property
    def made(self) -> tuple[Form, Form]:
        """What is taken of weights and activations, without the delays for what takes longer."""
        return Codes(self.weight, self.delays), Codes(self.activation, self.delays)

    @property
    def stages(self) -> int:
        """Cycles until both elements are made."""
        return max(form.stages for form in self.made)

    @property
    def forms(self):
        weight, activation = (
            replace(form, delays=tuple(n + self.stages - form.stages for n in form.delays))
            for form in self.made
        )
        return weight, activation

    def raised(self, m: Module, weight, activation, o) -> None:
        """The flags of a place's products."""
        raise_flags(m, self.flags, weight, activation, o)

    @property
    def levels(self) -> int:
        """Levels of the tree that adds up the chains of each digit, then the digits."""
        return tree_levels(len(self.chains)) + tree_levels(len(self.digits))

    @property
    def latency(self):
        rows = self.delay(self.depth - 1, self.chains[0]) + 1
        tree = ceil(self.levels / self.pipeline)
        return self.stages + len(self.layouts) + rows + tree + (self.cycles > 1)

    def component(self):
        return ChainedDot(self)


class ChainedDot(wiring.Component):
    """Exact dot product of codes. Never overflows. Latency and throughput: :class:`Datapath`.

    The first row of a chain takes no adder: its bits are registered, and its carry waits for an
    adder of the tree, of which there are as many as chains, less one. One chain starts with an
    addition.

    Parameters
    ----------
    plan : :class:`Chained`
        Formats, lanes, and into what rows a product falls.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    weight, activation : :py:`In(ArrayLayout(…, lanes))`
        The elements, each place's as late as ``plan.forms`` says.
    o : :py:`Out(FlaggedLayout(…))`
        The sum in units of ``2**(weight.lsb + activation.lsb)``.
    """

    def __init__(self, plan: Chained):
        self.plan = plan
        weight, activation = plan.forms
        super().__init__(
            {
                "enable": In(1),
                "weight": In(weight.layouts),
                "activation": In(activation.layouts),
                "o": Out(FlaggedLayout(plan.range, plan.flags)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        rows = [self._rows(m, *elements) for elements in enumerate(self._elements())]
        nodes = [
            [
                self._chain(m, digit, number, [rows[place][digit] for place in chain])
                for number, chain in enumerate(self.plan.chains)
            ]
            for digit in range(len(self.plan.digits))
        ]
        m.d.comb += self.o.value.eq(self._shifted(m, self._tree(m, nodes).value))
        for name in flag_names(self.plan.flags):
            m.d.comb += self.o[name].eq(self._flag(m, name))
        return m

    def _elements(self) -> list[tuple[Value, Value]]:
        """The elements of each place."""
        sides = zip((self.weight, self.activation), self.plan.forms, strict=True)
        weight, activation = (side if form.parts == 1 else side.places for side, form in sides)
        return [(weight[place], activation[place]) for place in range(self.plan.places)]

    def _shifted(self, m, total: Value) -> Value:
        """The sum at its place: where it is a part of one, the place travels beside."""
        plan = self.plan
        if plan.cycles == 1:
            return total
        sides = zip((self.weight, self.activation), plan.forms, strict=True)
        [part] = [side.part for side, form in sides if form.parts > 1]
        part = delayed(m, self.enable, part, plan.latency - plan.stages - 1, "part")
        shape = shape_of(plan.range)
        moved = Signal(shape, name="moved")
        with m.Switch(part):
            for number, shift in enumerate(plan.shifts):
                with m.Case(number):
                    m.d.comb += moved.eq(total << shift)
        return self._held(m, moved, shape, "part_sum")

    def _rows(self, m, place: int, elements: tuple[Value, Value]) -> list[Row]:
        """A place's rows."""
        plan = self.plan
        found = None
        for stage, layout in enumerate(plan.layouts):
            inner = Module()
            m.submodules[f"encode_{place}_{stage}"] = inner
            value = Signal(layout, name="value")
            inner.d.comb += value.eq(plan.encode(inner, stage, *elements, found))
            found = Signal(layout, name=f"encoded_{place}_{stage}", reset_less=True)
            with m.If(self.enable):
                m.d.sync += found.eq(value)
        return plan.rows(m, *elements, found)

    def _flag(self, m, name: str) -> Value:
        """Whether any place raises a flag: along the chains, then beside the tree."""
        plan, found, elements = self.plan, Const(0, 1), self._elements()
        for number, chain in enumerate(plan.chains):
            flag = Const(0, 1)
            for position, place in enumerate(chain):
                pair = Signal(FlaggedLayout(Range(0, 0, 0), plan.flags), name=f"flags_{place}")
                plan.raised(m, *elements[place], pair)
                flag = flag | pair[name]
                late, last = plan.delay(position, chain), position == len(chain) - 1
                if last or plan.delay(position + 1, chain) > late:
                    flag = self._held(m, flag, 1, f"{name}_{number}_{position}")
            found = found | flag
        rows = plan.delay(plan.depth - 1, plan.chains[0])
        cycles = plan.latency - plan.stages - 1 - rows
        for cycle in range(cycles):
            found = self._held(m, found, 1, f"{name}_late_{cycle}")
        return found

    # A chain: rows of one digit.

    def _chain(self, m, number: int, chain: int, rows: list[Row]) -> Node:
        plan, digit = self.plan, self.plan.digits[number]
        places = plan.chains[chain]
        whole = number == 0 and chain == len(plan.chains) - 1
        total, bounds, carry = self._first(digit, rows[0], len(rows) == 1, whole)
        for position in range(len(rows)):
            last = position == len(rows) - 1
            if position:
                total, bounds = self._added(total, bounds, digit, rows[position], position, last)
            late = plan.delay(position, places)
            if last or plan.delay(position + 1, places) > late:
                name = f"digit_{number}_{chain}_{position}"
                total = self._held(m, total, shape_of(bounds), name)
                carry = [self._held(m, bit, 1, f"{name}_carry") for bit in carry]
        return Node(total, bounds, tuple((bit, digit.bits.lsb) for bit in carry))

    def _first(self, digit: Digit, row: Row, alone: bool, whole: bool):
        """The first row, its bounds, and its carry if that is still to be added."""
        bias, bits = (0, row.bits) if alone else (digit.bias, _lifted(digit, row.bits))
        bounds = Range(digit.bits.lsb, digit.bits.low + bias, digit.bits.high + bias)
        if not digit.carries:
            return bits, bounds, []
        if not whole:
            return bits, bounds, [row.carry]
        bounds = Range(digit.row.lsb, digit.row.low + bias, digit.row.high + bias)
        bits = bits.as_signed() if alone and digit.bits.signed else bits
        return plus(Const(0, 1), bits, row.carry, width=bounds.width), bounds, []

    def _added(self, total: Value, bounds: Range, digit: Digit, row: Row, count: int, last: bool):
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
            low, sign = row.bits[:-1], row.bits[-1]
            above = found.width - len(low)
            tops = [Const(-n & ((1 << above) - 1), above) for n in (count + 1, count)]
            bits = Cat(low, Mux(sign, *tops))
        carry = row.carry if digit.carries else 0
        return plus(total, bits, carry, width=found.width), found

    def _held(self, m, value, shape, name: str):
        register = Signal(shape, name=name, reset_less=True)
        with m.If(self.enable):
            m.d.sync += register.eq(value)
        return register

    # The tree: chains of each digit, then digits.

    def _tree(self, m, nodes: list[list[Node]]) -> Node:
        level = 0
        while any(len(chains) > 1 for chains in nodes):
            level += 1
            nodes = [self._level(m, chains, level, f"sum_{n}") for n, chains in enumerate(nodes)]
        found = [chains[0] for chains in nodes]
        while len(found) > 1:
            level += 1
            found = self._level(m, found, level, "sum")
        [node] = found
        assert not node.carries
        return node

    def _level(self, m, nodes: list[Node], level: int, name: str) -> list[Node]:
        """Add neighbours; an odd node passes through the same register."""
        found = [_merged(a, b) for a, b in zip(nodes[::2], nodes[1::2], strict=False)]
        found += nodes[len(nodes) - len(nodes) % 2 :]
        if level % self.plan.pipeline and level < self.plan.levels:
            return found
        return [
            Node(
                self._held(m, node.value, shape_of(node.bounds), f"{name}_{level}_{n}"),
                node.bounds,
                tuple(
                    (self._held(m, bit, 1, f"{name}_{level}_{n}_carry"), lsb)
                    for bit, lsb in node.carries
                ),
            )
            for n, node in enumerate(found)
        ]


def _lifted(digit: Digit, bits: Value) -> Value:
    """A row's bits plus the digit's bias: unsigned."""
    return Cat(bits[:-1], ~bits[-1]) if digit.bits.signed else bits


def _merged(a: Node, b: Node) -> Node:
    """The sum of two nodes, ``b`` no finer than ``a``; a carry of the unit of ``b`` goes in."""
    step = b.bounds.lsb - a.bounds.lsb
    bounds, waiting = a.bounds + b.bounds, [*a.carries, *b.carries]
    carry: Value | int = 0
    for index, (bit, lsb) in enumerate(waiting):
        if lsb == b.bounds.lsb:
            carry, bounds = bit, bounds + Range(lsb, 0, 1)
            del waiting[index]
            break
    high = a.value[step:].as_signed() if a.bounds.signed else a.value[step:]
    width = bounds.width - step
    if isinstance(carry, int):
        total = (high + b.value)[:width]  # both are registers
    else:
        total = plus(high, b.value, carry, width=width)
    value = Cat(a.value[:step], total)
    return Node(value.as_signed() if bounds.signed else value, bounds, tuple(waiting))
