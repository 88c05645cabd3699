"""``plane_serial``: a bit of each weight with a bit of each activation a cycle; any widths.

The way of ABQ-LLM on a binary array: an array of single bits serves every pair of widths, which a
mode may choose at run time. The bits of a step are counted, and the count weighs what its two
planes do. Where words hold several elements, these take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, product
from math import ceil
from typing import NamedTuple

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import data

from ...golden.bounds import Range
from ...golden.flags import Reachable
from ...golden.formats import Format
from ..arith.heap import levels
from ..arith.table import look_up
from ..arith.timing import delayed
from .base import Datapath
from .bit_plane import powers
from .forms import Form, Making
from .plane_serial_dot import PlaneSerialDot
from .planes import planes
from .simd import Mode
from .words import by_mode

#: Cycles that a step may take.
MOST = 256


class Part(NamedTuple):
    """What a cycle adds: ``weight`` for each word whose two bits are set, or agree.

    ``bits`` are positions in the words of weights and of activations; None for a bit always set.
    Where they agree or not, as signs do, one that does not counts as the negative.
    """

    weight: int
    bits: tuple[int | None, int | None]
    agree: bool = False

    @property
    def shift(self) -> int:
        return abs(self.weight).bit_length() - 1


@dataclass(frozen=True, kw_only=True)
class PlaneSerial(Datapath):
    """Bits of words, counted; ``modes`` are what the words may hold, else one element each."""

    modes: tuple[Mode, ...] = ()

    name = "plane_serial"
    scope = (
        "codes whose bits have place values, a pair of bits per cycle; widths chosen at run time"
    )

    @classmethod
    def serves(cls, weight: Format, activation: Format) -> bool:
        both = planes(weight), planes(activation)
        return None not in both and len(parts_of(Mode(weight, activation, 1))) <= MOST

    @property
    def served(self) -> tuple[Mode, ...]:
        return self.modes or (Mode(self.weight, self.activation, 1),)

    @cached_property
    def parts(self) -> tuple[tuple[Part, ...], ...]:
        """What the cycles of each mode add."""
        return tuple(map(parts_of, self.served))

    @property
    def cycles(self) -> int:
        return max(map(len, self.parts))

    def cycles_in(self, mode: int) -> int:
        return len(self.parts[mode])

    @property
    def agreeing(self) -> tuple[bool, ...]:
        """Whether there are parts that add where bits are set, and where they agree."""
        return tuple(sorted({part.agree for parts in self.parts for part in parts}))

    @property
    def negative(self) -> bool:
        """Whether any part has a negative weight."""
        return any(part.weight < 0 for parts in self.parts for part in parts)

    @property
    def shifts(self) -> int:
        """Bits of the greatest shift."""
        return max(part.shift for parts in self.parts for part in parts).bit_length()

    @property
    def range(self) -> Range:
        ends = [
            end * part.weight * self.lanes
            for parts in self.parts
            for part in parts
            for end in ((-1, 1) if part.agree else (0, 1))
        ]
        return Range(self.product.lsb, min(0, *ends), max(0, *ends))

    @property
    def flags(self) -> Reachable:
        return Reachable(False, False)

    @property
    def forms(self) -> tuple[Form, Form]:
        delays = (0,) * self.lanes
        return (
            PlaneBits(self.weight, delays, self, 0),
            PlaneBits(self.activation, delays, self, 1),
        )

    @property
    def first(self) -> int:
        """Products of bits that a compressor of the first level takes."""
        return 2 if len(self.agreeing) > 1 else 3

    @property
    def count_latency(self) -> int:
        """Cycles until the bits are counted."""
        return ceil(levels({0: self.lanes}, self.first) / self.pipeline) + 1

    @property
    def stages(self) -> int:
        """Registers on the way from words to bits."""
        return int(max(form.bits for form in self.forms) > 4)

    @property
    def latency(self) -> int:
        return self.stages + self.count_latency + 1 + ceil(self.shifts / 2)

    def component(self) -> PlaneSerialDot:
        return PlaneSerialDot(self)


def parts_of(mode: Mode) -> tuple[Part, ...]:
    """A part for each pair of bits of each of a word's elements, and what constants need."""
    sides, agree = (planes(mode.weight), planes(mode.activation)), True
    factors: list[list[tuple[int, int | None]]] = []
    for side in sides:
        assert side is not None
        agree &= side.signs
    for side in sides:
        assert side is not None
        weights = [weight // 2 if agree else weight for weight in side.weights]
        constants = [] if agree else powers(side.constant)
        factors.append([*zip(weights, count(), strict=False), *((n, None) for n in constants)])
    found = []
    for element in range(mode.count):
        slots = [
            [(n, None if bit is None else element * fmt.bits + bit) for n, bit in factor]
            for factor, fmt in zip(factors, mode[:2], strict=True)
        ]
        found += [Part(x * y, (i, j), agree) for (x, i), (y, j) in product(*slots)]
    return tuple(found)


@dataclass(frozen=True)
class PlaneBits(Form):
    """A bit of each word; of weights also what the cycle adds for it."""

    plan: PlaneSerial
    side: int

    name = "bits"

    @property
    def bits(self) -> int:
        formats = [(mode.weight, mode.activation)[self.side].bits * mode.count
                   for mode in self.plan.served]  # fmt: skip
        return max(formats)

    @property
    def parts(self) -> int:
        return self.plan.cycles

    @property
    def stages(self) -> int:
        return self.plan.stages

    @property
    def told(self) -> tuple[str, ...]:
        return ("part", "mode") if self.plan.modes else ("part",)

    @property
    def layout(self) -> int:
        return 1

    @property
    def layouts(self) -> data.StructLayout:
        slots = data.ArrayLayout(1, len(self.delays))
        return data.StructLayout({"slots": slots, **self._more})

    @property
    def _more(self) -> dict[str, int]:
        """What the sum is told beside bits."""
        if self.side:
            return {}
        found = {"shift": self.plan.shifts, "negative": 1, "agree": 1}
        there = {
            "shift": self.plan.shifts > 0,
            "negative": self.plan.negative,
            "agree": len(self.plan.agreeing) > 1,
        }
        return {name: size for name, size in found.items() if there[name]}

    def beside(self, m: Module, told: dict[str, Value], name: str) -> dict[str, Value]:
        what: dict[str, Callable[[Part], int]] = {
            "shift": lambda part: part.shift,
            "negative": lambda part: int(part.weight < 0),
            "agree": lambda part: int(part.agree),
        }
        part, mode = told["part"], told.get("mode")
        return {
            key: self._by_part(m, part, mode, what[key], size, f"{name}_{key}")
            for key, size in self._more.items()
        }

    def common(self, m: Module, told: dict[str, Value], name: str) -> dict[str, Value]:
        """Which bit, and whether it is always set."""
        side, size = self.side, (self.bits - 1).bit_length()
        part, mode = told["part"], told.get("mode")
        index = Signal(size, name=f"{name}_index")
        given = self._by_part(m, part, mode, lambda part: part.bits[side] or 0, size, name)
        m.d.comb += index.eq(given)
        if all(part.bits[side] is not None for parts in self.plan.parts for part in parts):
            return {"index": index}
        always = Signal(name=f"{name}_always")
        name = f"{name}_none"
        none = self._by_part(m, part, mode, lambda part: part.bits[side] is None, 1, name)
        m.d.comb += always.eq(none)
        return {"index": index, "always": always}

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        # One of four before a register, one of these behind it.
        word, index = codes[0], making.common["index"]
        low, always = index[:2], making.common.get("always", Const(0, 1))
        fours = Cat(word[n : n + 4].bit_select(low, 1) for n in range(0, len(word), 4))
        fours, high, always = (
            delayed(m, making.enable, value, self.stages, making.label(what))
            for what, value in (("fours", fours), ("high", index[2:]), ("always", always))
        )
        return (fours.bit_select(high, 1) if len(high) else fours) | always

    def _by_part(
        self, m: Module, part: Value, mode: Value, what: Callable[[Part], int], size: int, name: str
    ) -> Value:
        """A function of the part, from tables."""
        entries = [
            look_up(m, part, [int(what(item)) for item in parts], size, f"{name}_{number}")
            for number, parts in enumerate(self.plan.parts)
        ]
        return by_mode(mode, entries)
