"""Shiftmax: two passes over a token, one for its greatest value and one for its sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring

from ...golden.bounds import Range
from ...golden.units import Shiftmax
from ...golden.units.shift_exp import FRACTION, SHIFT
from ..arith.timing import delayed, select
from ..arith.tree import AdderTree, tree_levels
from ..design import StageRow
from . import token_greatest
from .integer_scale import IntegerScale
from .reciprocal import NUMERATOR, Reciprocal
from .shift_exp import ShiftExp, moved_down
from .token_hardware import TokenHardware
from .token_teller import Beside, Turns, turns
from .token_work import Gathered, TokenWork


class Exponentials(TokenWork):
    """The greatest value of a token, and the exponentials of what its values are below it.

    Parameters
    ----------
    unit : :class:`Shiftmax`
    """

    telling, interval = 0, 1

    def __init__(self, unit: Shiftmax):
        super().__init__(unit.lanes, unit.beats)
        octave = unit.octave.bits
        self.given = self.found = unit.source.bits
        self.exp = ShiftExp(self.given, octave, unit.n)
        self.made, self.held = self.exp.width, self.found + octave
        self.tokens = {"octave": octave}

    @property
    def gathering(self) -> int:
        return token_greatest.cycles(self.lanes)

    def gather(self, m: Module, beat: Gathered) -> tuple[Value, Value]:
        return token_greatest.found(m, beat.lanes, beat.taken, beat.ends)

    def teller(self) -> wiring.Component:
        return Beside(self.found, self.tokens)

    @property
    def working(self) -> int:
        return 1 + self.exp.cycles

    def work(
        self, m: Module, enable: Value, lanes: Sequence[Value], held: Value,
        channel: Mapping[str, Sequence[Value]],
    ) -> list[Value]:  # fmt: skip
        octave = delayed(m, enable, held[self.found :], 1, "octave")
        octaves = self.exp.octaves(m, enable, octave, "exp")
        below = token_greatest.below(m, enable, held[: self.found], lanes)
        parts = (
            self.exp.parts(m, enable, d, octaves, f"exp_{lane}") for lane, d in enumerate(below)
        )
        return [Cat(*part) for part in parts]


class Fractions(TokenWork):
    """The sum of a token's exponentials, and each of them over it.

    Parameters
    ----------
    unit : :class:`Shiftmax`
    """

    held = NUMERATOR - Shiftmax.n
    found = NUMERATOR

    def __init__(self, unit: Shiftmax):
        super().__init__(unit.lanes, unit.beats)
        self.exp = ShiftExp(unit.source.bits, unit.octave.bits, unit.n)
        self.given, self.made = self.exp.width, unit.result.bits
        size = unit.octave.bits + unit.n
        self.exponential = Range(0, 0, (1 << size) - 1)
        rows = unit.build.policy == "lut"
        significands = Range(0, 0, (1 << self.exp.significand) - 1)
        scales = Range(0, 0, (1 << self.held) - 1)
        self.product = IntegerScale(significands, scales, rows=rows).staged()

    @property
    def gathering(self) -> int:
        return 2 + tree_levels(self.lanes) + 2

    def gather(self, m: Module, beat: Gathered) -> tuple[Value, Value]:
        always = Const(1, 1)
        m.submodules.tree = tree = AdderTree(self.exponential, self.lanes)
        m.d.comb += tree.enable.eq(1)
        for number, lane in enumerate(beat.lanes):
            m.d.comb += tree.i[number].eq(self._exponential(m, lane, number))
        # Carries beyond 31 bits are kept apart: the sum is all ones then, whatever follows.
        late = 2 + tree.latency
        there = delayed(m, always, beat.taken, late, "sum_taken", reset=True)
        ends = delayed(m, always, beat.ends, late, "sum_ends")
        first, total, over = Signal(init=1), Signal(NUMERATOR), Signal()
        low, high = tree.o[:NUMERATOR], tree.o[NUMERATOR:]
        after = Signal(NUMERATOR + 1)
        m.d.comb += after.eq(low + Mux(first, 0, total))
        with m.If(there):
            m.d.sync += [
                total.eq(after),
                over.eq((over & ~first) | after[-1] | high.any()),
                first.eq(ends),
            ]
        found = delayed(m, always, total | over.replicate(NUMERATOR), 1, "sum_found")
        return found, delayed(m, always, there & ends, 2, "sum_whole", reset=True)

    def _exponential(self, m: Module, lane: Value, number: int) -> Value:
        """s · 2^(n - q - 1), or s / 2 where q is n; two cycles later."""
        s, q = lane[: self.exp.significand], lane[self.exp.significand :]
        for low in (2, 0):  # n - q is ~q: two bits of it in a level
            moved = [Cat(Const(0, k << low), s, Const(0, 3 - k << low)) for k in range(4)]
            s = select(m, moved, ~q[low : low + 2], f"exponential_{number}_{low}")
            s, q = (
                delayed(m, Const(1, 1), value, 1, f"{name}_{number}_{low}")
                for name, value in (("moved", s), ("power", q))
            )
        return s[1:]

    def teller(self) -> wiring.Component:
        if self._turns == 1:
            return Reciprocal(NUMERATOR, self.held)
        make = partial(Reciprocal, NUMERATOR, self.held)
        return Turns(make, self._turns, NUMERATOR, self.held)

    @property
    def _turns(self) -> int:
        return turns(self.telling + 1, self.beats)

    @property
    def telling(self) -> int:
        return self.held + 1

    @property
    def interval(self) -> int:
        return -(-(self.telling + 1) // self._turns)

    @property
    def working(self) -> int:
        return self.product.latency + 2

    def work(
        self, m: Module, enable: Value, lanes: Sequence[Value], held: Value,
        channel: Mapping[str, Sequence[Value]],
    ) -> list[Value]:  # fmt: skip
        found, wide = [], self.exp.significand
        below = SHIFT - Shiftmax.n + 1  # s · factor / 2^(below + q)
        for number, lane in enumerate(lanes):
            m.submodules[f"times_{number}"] = block = self.product.component()
            m.d.comb += [block.enable.eq(enable), block.i.eq(lane[:wide]), block.scale.eq(held)]
            q = delayed(m, enable, lane[wide:], self.product.latency, f"power_{number}")
            value = Value.cast(block.o)[below:]
            value = moved_down(m, enable, value, q, FRACTION, (2, 0), f"fraction_{number}")
            found.append(Cat(value, Const(0, self.made - FRACTION)))
        return found


class ShiftmaxHardware(TokenHardware[Shiftmax]):
    """Shiftmax as a design.

    Parameters
    ----------
    design : :class:`Shiftmax`
    """

    @cached_property
    def tasks(self) -> tuple[Exponentials, Fractions]:
        return Exponentials(self.unit), Fractions(self.unit)

    @property
    def does(self) -> str:
        return "softmax by shifts"

    @property
    def remarks(self) -> tuple[str, ...]:
        return (
            "I-ViT's Shiftmax: results count 2^-7, 0 to 127; an octave is 1 / scale, rounded up",
        )

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, (first, second) = self.unit, self.tasks
        exp = first.exp
        often = f"{unit.lanes} per beat"
        return (
            StageRow("values", unit.source.bits, None, unit.source.name, None, often, "values"),
            StageRow("octave", exp.octave, None, unit.octave.name, None, "once a token", "octave"),
            StageRow("greatest", unit.source.bits, None, unit.source.name, first.waiting,
                     "of the token", takes=("values", "octave")),
            StageRow("exponential", exp.width, None, "integer", first.cycles - first.waiting,
                     f"{exp.significand} bits and {exp.power} of a power of two"),
            StageRow("sum", NUMERATOR, None, "integer", second.waiting, "and 2^31 - 1 over it"),
            StageRow("value", unit.result.bits, None, unit.result.name,
                     second.cycles - second.waiting, "exponential times that, rounded down"),
        )  # fmt: skip
