"""ShiftGELU: a pass over a token for its greatest value, then a quotient for each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring

from ...golden.bounds import Range
from ...golden.units import ShiftGelu
from ...golden.units.shift_exp import FRACTION, SHIFT
from ..arith.rows import plus
from ..arith.timing import delayed, select
from ..design import StageRow
from . import reciprocal_rows, token_greatest
from .integer_scale import IntegerScale
from .reciprocal import NUMERATOR
from .shift_exp import ShiftExp, moved_down
from .token_hardware import TokenHardware
from .token_teller import Sequence as Work
from .token_work import Gathered, TokenWork

#: What is taken from the power of two of exp(-max), which may be above all others.
LIFTED = 8


class LeastExponential(Work):
    """exp(-max) beside the greatest value of a token, its key, and its octave.

    Parameters
    ----------
    width : bits of a key.
    octave : bits of an octave.

    Members
    -------
    i, o : :py:`In(stream.Signature(width))`, :py:`Out(stream.Signature(…))`
        The key; then, from the low bits, the key, the octave, and the exponential, up to 2^31 - 1.
    octave : :py:`In(stream.Signature(octave))`
    """

    def __init__(self, width: int, octave: int, n: int):
        self.width, self.bits = width, octave
        # Of 8 octaves more, so that no distance is negative which matters.
        self.exp = ShiftExp(width, octave, n + LIFTED)
        # The key, its stretched distance, that and 8 octaves; the division; two for the shift.
        cycles = 5 + self.exp.dividing
        super().__init__(width, width + octave + NUMERATOR, cycles, {"octave": octave})

    def work(self, m: Module, takes: Value, busy: Value, count: Value, final: Value) -> Value:
        always, width = Const(1, 1), self.width
        key, octave = Signal(width, reset_less=True), Signal(self.bits, reset_less=True)
        with m.If(takes):
            m.d.sync += [key.eq(self.i.payload), octave.eq(self.octave.payload)]
        # What is registered stands still until the end: registers after it need no enable.
        most = Cat(key[:-1], ~key[-1]).as_signed()
        # Not ``most >> 4``: yosys's compiled simulation shifts all bits of a narrow one out.
        high = most[min(4, width - 1) :].as_signed()
        wide = width + 2
        more, stretched = Signal(signed(wide)), Signal(signed(wide))
        m.d.sync += [
            more.eq(plus(most, most >> 1, most[0], width=wide)),
            stretched.eq(plus(more, ~high, ~most[:4].any(), width=wide)),
        ]
        size = max(wide, self.bits + 3) + 2
        lifted = Signal(signed(size))
        m.d.sync += lifted.eq(stretched + (octave << 3))
        s, q = self.exp.divided(m, always, lifted[:-1], [octave] * (self.exp.dividing + 1), "exp")
        # s · 2^(30 - q), all ones if that is more, or if 8 octaves were not enough.
        value: Value = Cat(s, Const(0, 31))
        for bit in range(self.exp.power):
            moved = Signal(len(value), name=f"moved_{bit}")
            m.d.comb += moved.eq(Mux(q[bit], value, value << (1 << bit)))
            value = delayed(m, always, moved, 1, f"moved_{bit}_late") if bit == 2 else moved
        found = Signal(NUMERATOR, reset_less=True)
        whole = value[1:]
        over = lifted[-1] | whole[NUMERATOR:].any()
        with m.If(final):
            m.d.sync += found.eq(whole[:NUMERATOR] | over.replicate(NUMERATOR))
        return Cat(key, octave, found)


class Sigmoids(TokenWork):
    """The greatest value of a token, and each value times its sigmoid.

    Parameters
    ----------
    unit : :class:`ShiftGelu`
    """

    def __init__(self, unit: ShiftGelu):
        super().__init__(unit.lanes, unit.beats)
        self.given = self.found = unit.source.bits
        self.octave, self.n = unit.octave.bits, unit.n
        self.exp = ShiftExp(self.given, self.octave, unit.n)
        self.made, self.tokens = unit.result.bits, {"octave": self.octave}
        self.held = self.found + self.octave + NUMERATOR
        rows = unit.build.policy == "lut"

        def ones(bits: int) -> Range:
            return Range(0, 0, (1 << bits) - 1)

        quotients = ones(reciprocal_rows.BITS)
        self.fraction = IntegerScale(quotients, ones(self.exp.significand), rows=rows).staged()
        values = Range(0, unit.source.low, unit.source.high)
        self.product = IntegerScale(values, ones(FRACTION), rows=rows).staged()

    @property
    def gathering(self) -> int:
        return token_greatest.cycles(self.lanes)

    def gather(self, m: Module, beat: Gathered) -> tuple[Value, Value]:
        return token_greatest.found(m, beat.lanes, beat.taken, beat.ends)

    def teller(self) -> wiring.Component:
        return LeastExponential(self.found, self.octave, self.n)

    @property
    def telling(self) -> int:
        return 6 + ShiftExp(self.found, self.octave, self.n + LIFTED).dividing

    @property
    def interval(self) -> int:
        return self.telling + 1

    @property
    def working(self) -> int:
        return self._sum + reciprocal_rows.CYCLES + self.fraction.latency + 3 + self.product.latency

    @property
    def _sum(self) -> int:
        """Cycles to the sum of two exponentials: the distance, its exponential, shifted in three,
        and added."""
        return 1 + self.exp.cycles + 3 + 1

    def work(
        self, m: Module, enable: Value, lanes: Sequence[Value], held: Value,
        channel: Mapping[str, Sequence[Value]],
    ) -> list[Value]:  # fmt: skip
        most, rest = held[: self.found], held[self.found :]
        octave = delayed(m, enable, rest[: self.octave], 1, "octave")
        octaves = self.exp.octaves(m, enable, octave, "exp")
        least = delayed(m, enable, rest[self.octave :], self._sum - 1, "least")
        found = []
        for number, d in enumerate(token_greatest.below(m, enable, most, lanes)):
            name = f"lane_{number}"
            s, q = self.exp.parts(m, enable, d, octaves, name)
            total = self._total(m, enable, s, q, least, name)
            s, q = (
                delayed(m, enable, value, 4 + reciprocal_rows.CYCLES, f"{name}_{what}_late")
                for value, what in ((s, "s"), (q, "q"))
            )
            quotient = reciprocal_rows.quotient(m, enable, total, name)
            part = self._fraction(m, enable, quotient, s, q, name)
            x = delayed(m, enable, lanes[number], self.working - self.product.latency,
                        f"{name}_x")  # fmt: skip
            m.submodules[f"{name}_product"] = block = self.product.component()
            m.d.comb += [block.enable.eq(enable), block.i.eq(x.as_signed()), block.scale.eq(part)]
            found.append(Value.cast(block.o)[: self.made])
        return found

    def _total(
        self, m: Module, enable: Value, s: Value, q: Value, least: Value, name: str
    ) -> Value:
        """s · 2^(n - q - 1) + least, at most 2^31 - 1; four cycles later."""
        value: Value = s
        for low in (4, 2, 0):  # n - q less 8 is ~q, of five bits
            bits = q[low : low + 2]
            count = 1 << len(bits)
            moved = [Cat(Const(0, k << low), value, Const(0, count - 1 - k << low))
                     for k in range(count)]  # fmt: skip
            value = select(m, moved, ~bits, f"{name}_moved_{low}")
            value, q = (
                delayed(m, enable, item, 1, f"{name}_{what}_{low}")
                for item, what in ((value, "exponential"), (q, "power"))
            )
        own = value[1 + LIFTED :][:NUMERATOR]
        total = Signal(NUMERATOR + 1, name=f"{name}_total")
        m.d.comb += total.eq(own + least)
        most = total[-1].replicate(NUMERATOR)
        return delayed(m, enable, total[:NUMERATOR] | most, 1, f"{name}_whole")

    def _fraction(
        self, m: Module, enable: Value, quotient: Value, s: Value, q: Value, name: str
    ) -> Value:
        """s · quotient / 2^(24 - n + 1 + q), rounded down."""
        m.submodules[f"{name}_fraction"] = block = self.fraction.component()
        m.d.comb += [block.enable.eq(enable), block.i.eq(quotient), block.scale.eq(s)]
        q = delayed(m, enable, q, self.fraction.latency, f"{name}_q_product")
        value = Value.cast(block.o)[SHIFT - self.n + 1 :]
        return moved_down(m, enable, value, q, FRACTION, (4, 2, 0), f"{name}_cut")


class ShiftGeluHardware(TokenHardware[ShiftGelu]):
    """ShiftGELU as a design.

    Parameters
    ----------
    design : :class:`ShiftGelu`
    """

    @cached_property
    def tasks(self) -> tuple[Sigmoids]:
        return (Sigmoids(self.unit),)

    @property
    def does(self) -> str:
        return "GELU by shifts"

    @property
    def remarks(self) -> tuple[str, ...]:
        return (
            "I-ViT's ShiftGELU: results count scale · 2^-7; an octave is 1 / (1.702 · scale), "
            "rounded up",
        )

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, (task,) = self.unit, self.tasks
        exp, often = task.exp, f"{unit.lanes} per beat"
        source = unit.source.name
        ended = task.working - task._sum - reciprocal_rows.CYCLES + 2
        return (
            StageRow("values", unit.source.bits, None, source, None, often, "values"),
            StageRow("octave", exp.octave, None, unit.octave.name, None, "once a token", "octave"),
            StageRow("greatest", task.held, None, "integer", task.waiting,
                     "of the token, and its exponential", takes=("values", "octave")),
            StageRow("sum", NUMERATOR, None, "integer", task._sum, "of two exponentials"),
            StageRow("over", reciprocal_rows.BITS, None, "integer", reciprocal_rows.CYCLES,
                     "2^31 - 1 over the sum"),
            StageRow("value", unit.result.bits, None, unit.result.name, ended,
                     "times the exponential, rounded down, and times the value"),
        )  # fmt: skip
