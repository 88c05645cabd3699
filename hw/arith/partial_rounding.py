"""The end of an aligned addition, stage by stage: magnitude, leading zeros, shift to the left."""

from __future__ import annotations

from typing import Any, NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data

from .aligned_sum import SumAlignment
from .partial_word import PartialWord, reach, zero_exponent
from .rows import plus
from .shift import shift_left, shift_right
from .timing import delayed, select


class Marked(NamedTuple):
    """What NaN and infinities make of a sum."""

    nan: Value
    infinite: Value
    negative: Value


class Rounding:
    """``total + carry`` units of ``2**(greatest - fraction)``, truncated to a kept word.

    Between registers stand a few levels of LUTs, or an addition of the sum's width.

    Parameters
    ----------
    plan : what is aligned.
    width : bits of the total, a signed number.
    """

    def __init__(self, plan: SumAlignment, width: int):
        self.plan, self.width = plan, width - 1
        #: The exponent of the magnitude's top bit above the greatest; less what is subnormal.
        above = self.width - 1 - plan.fraction
        self.above = above + plan.origin + plan.format.bias - 1
        #: Whether numbers may be less than the format's last place.
        least = min(plan.datapath.excess, plan.offset)
        self.falls = least + self.above < 0

    @property
    def latency(self) -> int:
        """Cycles from the total to the word."""
        return 5 + 2 * self.falls + (self.plan.zero is not None)

    def write(
        self, m: Module, enable: Value, total: Value, carry: Value, greatest: Value, marked: Marked
    ) -> data.View:
        """The word, :attr:`latency` cycles after what it is made of."""

        def late(value: Value, cycles: int, name: str) -> Value:
            return delayed(m, enable, value, cycles, name)

        # The magnitude. What is -1 and has a carry is zero, and not negative.
        minus = total[-1]
        size = plus(
            Const(0, self.width), total[:-1] ^ minus.replicate(self.width), minus ^ carry,
            width=self.width,
        )  # fmt: skip
        size, minus = late(size, 1, "magnitude"), late(minus, 1, "minus")
        limit = late(self._limit(m, greatest), 1, "limit")

        # The biased exponent of the top bit, less 1, is the farthest shift.
        stop = late(self._stop(m, limit), 1, "stop")
        if self.falls:
            below = late(Mux(limit[-1], -limit, 0)[: len(limit)], 1, "below")
            size = late(shift_right(m, late(size, 1, "waits"), below), 1, "fallen")
            minus, stop = late(minus, 2, "minus_fallen"), late(stop, 1, "stop_fallen")
        waits = int(self.falls)

        # Leading zeros, first those of whole nibbles.
        nothing, nibbles, place = self._coarse(m, size)
        nothing, place = late(nothing, 1, "nothing"), late(place, 1, "place")
        nibbles = [late(nibble, 1, "nibble") for nibble in nibbles]
        stop = stop if not self.falls else late(stop, 1, "stop_coarse")
        zeros = late(Cat(select(m, nibbles, place, "fine"), place), 1, "zeros")
        nothing, stop = late(nothing, 1, "nothing_fine"), late(stop, 1, "stop_fine")

        # The shift, and the exponent that it is taken from.
        shift = Signal(len(zeros), name="shift")
        m.d.comb += shift.eq(Mux(nothing, 0, Mux(zeros > stop, stop, zeros)))
        base = Mux(nothing, zero_exponent(self.plan), stop + self.plan.offset)
        shift, base = late(shift, 1, "shift"), late(base, 1, "base")
        negative = late(late(minus, 2, "minus_fine") & ~nothing, 1, "negative")
        return self._word(m, late, late(size, 3, "size"), shift, base, negative, marked, waits)

    def _limit(self, m: Module, greatest: Value) -> Value:
        """The biased exponent of the top bit, less 1."""
        low, high = (bound + self.above for bound in (reach(self.plan).low, reach(self.plan).high))
        limit = Signal(signed(max(abs(low), abs(high)).bit_length() + 1), name="limit")
        m.d.comb += limit.eq(greatest + self.above)
        return limit

    def _stop(self, m: Module, limit: Value) -> Value:
        stop = Signal(len(limit) - 1, name="stop")
        m.d.comb += stop.eq(Mux(limit[-1], 0, limit[:-1]))
        return stop

    def _coarse(self, m: Module, size: Value) -> tuple[Value, list[Value], Value]:
        """Whether there is no bit; leading zeros in each nibble, the top one first, and which has
        the first bit."""
        padded = Cat(Const(0, -len(size) % 4), size)
        found = [padded[start : start + 4] for start in reversed(range(0, len(padded), 4))]
        place = Signal(range(max(len(found), 2)), name="place")
        for index in reversed(range(len(found))):
            with m.If(found[index].any()):
                m.d.comb += place.eq(index)
        # The first that is there has the last word in Amaranth's order of assignments.
        fine = [Cat(~n[3] & (n[2] | ~n[1]), ~n[3] & ~n[2]) for n in found]
        return ~size.any(), fine, place

    def _word(
        self,
        m: Module,
        late: Any,
        size: Value,
        shift: Value,
        base: Value,
        negative: Value,
        marked: Marked,
        waits: int,
    ) -> data.View:
        fmt = self.plan.format
        moved = shift_left(m, size, shift, len(size))
        padded = Cat(Const(0, fmt.mantissa_width), moved)
        word = Signal(PartialWord(self.plan), name="word")
        cycles = 5 + 2 * waits
        nan, infinite, sign = (
            late(value, cycles - 1, f"marked_{name}") for name, value in marked._asdict().items()
        )
        m.d.comb += [
            word.negative.eq(Mux(infinite, sign, negative)),
            word.significand.eq(padded[len(padded) - fmt.significand_width :]),
            word.exponent.eq(base - shift),
            word.nan.eq(nan),
            word.infinite.eq(infinite),
        ]
        made = _view(word, late(Value.cast(word), 1, "word"))
        if self.plan.zero is None:
            return made
        # What was cut to nothing counts as zero.
        last = Signal(PartialWord(self.plan), name="last_word")
        m.d.comb += last.eq(made)
        with m.If(~made.significand.any()):
            m.d.comb += last.exponent.eq(self.plan.zero)
        return _view(last, late(Value.cast(last), 1, "counted"))


def _view(like: Any, value: Value) -> data.View:
    return data.View(like.shape(), value)


def packed(plan: SumAlignment, word: Any) -> Value:
    """The code of a word in the accumulator's format; what is beyond it is ``infinite``."""
    fmt = plan.format
    normal = word.significand[-1]
    field = Mux(normal, word.exponent - (plan.offset - 1), 0)
    finite = Cat(word.significand[:-1], field[: fmt.exponent_width])
    infinity = Mux(word.infinite, fmt.inf_code, finite)
    size = Mux(word.nan, fmt.nan_code, infinity)[: fmt.bits - 1]
    return Cat(size, word.negative & ~word.nan)
