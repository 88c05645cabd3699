"""Integers shifted to the right by a distance of the moment, rounded and saturated."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ..arith.shapes import shape_of
from ..arith.timing import select
from .pack import at_least
from .pipeline import Pipeline, Pipelined
from .rules import Rest, rises

#: Bits of a distance that one LUT of six inputs takes, as a multiplexer of four.
_AT_ONCE = 2
#: Bits of which one flag says whether any differs from the sign.
_CHUNK = 4


class RightShift:
    """A number moved to the right: how far is ``base`` and the sum of a code of ``bits`` bits.

    What is kept is the result, which has ``width`` bits where it does not overflow, and the guard
    bit below it. Stages go from the coarse to the fine; behind each, what lies above all bits that
    may still be kept becomes a mark of overflow.

    Parameters
    ----------
    values : bounds of the number.
    base : the least distance; where negative, zeros are appended.
    bits : bits of the code, 0 for a constant distance.
    width : bits of the result in two's complement, the sign among them; None: as many as there are.
    sticky : whether it matters if anything but the guard bit was lost.
    """

    def __init__(self, values: Range, base: int, bits: int, width: int | None, sticky: bool):
        self.values, self.base, self.width, self.sticky = values, base, width, sticky
        self.bits = bits
        #: The lowest bit of the distance and the number of bits of each stage.
        self.stages = [
            (max(top - _AT_ONCE, 0), min(top, _AT_ONCE)) for top in range(bits, 0, -_AT_ONCE)
        ]

    def start(self, live: SimpleNamespace) -> None:
        """Takes ``live.value``: ``live.kept`` begins with the guard bit of the least distance."""
        value = live.value
        live.sign = value[-1] if self.values.signed else Const(0, 1)
        live.kept, live.lost, live.over = value, Const(0, 0), Const(0, 0)
        cut = self.base - 1
        if cut < 0:
            live.kept = Cat(Const(0, -cut), value)
        elif cut > 0:
            missing = max(cut + 2 - len(value), 0)
            number = Cat(value, live.sign.replicate(missing))
            live.kept = number[cut:]
            live.lost = number[:cut] if self.sticky else live.lost
        del live.value
        self._narrow(live, (1 << self.bits) - 1)

    def stage(self, m: Module, live: SimpleNamespace, number: int, name: str) -> None:
        """One stage, by bits of ``live.amount``; what was lost or overflowed before is summed up
        beside it."""
        low, count = self.stages[number]
        unit, kept = 1 << low, live.kept
        amount = live.amount[low : low + count]
        filled = Cat(kept, live.sign.replicate(unit * ((1 << count) - 1)))
        over = self._any(m, live.over, f"{name}_over_{number}")
        most = len(kept) if self.width is None else min(1 + self.width + unit - 1, len(kept))
        entries = [filled[k * unit : k * unit + most] for k in range(1 << count)]
        moved = select(m, entries, amount, f"{name}_{number}")
        live.over = Cat(over, self._beyond(m, live, amount, most, unit, f"{name}_{number}"))
        if self.sticky:
            before = self._any(m, live.lost, f"{name}_lost_{number}")
            blocks = [filled[k * unit : (k + 1) * unit] for k in range((1 << count) - 1)]
            gone = Signal(len(blocks), name=f"{name}_gone_{number}")
            m.d.comb += gone.eq(
                Cat(block.any() & at_least(amount, k + 1) for k, block in enumerate(blocks))
            )
            live.lost = Cat(before, gone)
        live.kept = moved

    def _beyond(
        self, m: Module, live: SimpleNamespace, amount: Value, most: int, unit: int, name: str
    ) -> Value:
        """Whether bits above what is kept differ from the sign: of blocks that a short shift leaves
        there, and of those that every one does."""
        top, count = live.kept[most - 1 :], 1 << len(amount)
        if len(top) < 2:
            return Const(0, 0)
        differ = top ^ live.sign.replicate(len(top))
        flags = []
        for k in range(count):
            block = differ[k * unit : (k + 1) * unit if k < count - 1 else len(differ)]
            for start in range(0, len(block), _CHUNK):
                part = block[start : start + _CHUNK].any()
                flags.append(part & ~at_least(amount, k + 1) if k < count - 1 else part)
        found = Signal(len(flags), name=f"{name}_beyond")
        m.d.comb += found.eq(Cat(*flags))
        return found

    @staticmethod
    def _any(m: Module, bits: Value, name: str) -> Value:
        if len(bits) < 2:
            return bits
        found = Signal(name=name)
        m.d.comb += found.eq(bits.any())
        return found

    def _narrow(self, live: SimpleNamespace, more: int) -> None:
        """Takes off the bits above what may be kept where at most ``more`` follows."""
        if self.width is None:
            return
        most = 1 + self.width + more
        if len(live.kept) > most:
            above = live.kept[most - 1 :] ^ live.sign.replicate(len(live.kept) - most + 1)
            live.over = Cat(live.over, above)
            live.kept = live.kept[:most]

    def whole(self, live: SimpleNamespace) -> Value:
        """The number rounded down."""
        number = live.kept[1:]
        if self.width is not None:
            missing = max(self.width - len(number), 0)
            return Cat(number, live.sign.replicate(missing))[: self.width].as_signed()
        return Cat(number, live.sign).as_signed()

    def rest(self, live: SimpleNamespace, whole: Value) -> Rest:
        """What is known of the bits below."""
        guard, lost = live.kept[0], live.lost.any()
        return Rest(guard & lost, guard & ~lost, guard | lost, whole[0], live.sign)


class ShiftToInteger(Pipelined):
    """``i / 2**distance`` rounded to an integer, plus a constant, saturated.

    The distance is ``base`` plus ``shift``; negative ones multiply. With ``first``, what is shifted
    by up to so many places is rounded before, ties toward +infinity, and then shifted by the rest:
    the two roundings of TFLite. Pipeline as :class:`Pipelined`: one number a cycle.

    Parameters
    ----------
    values : :class:`Range`
        Bounds of the number.
    base : :class:`int`
    shifts : :class:`Range` or None
        Bounds of ``shift``, None for a constant distance.
    ends : tuple of int
        The least and the greatest result, within the code's bits.
    bits : :class:`int`
        Bits of the result's code.
    zero : :class:`int`
        What is added after rounding.
    rounding : :class:`str`
        As of :data:`macsmith.golden.units.requantize_rules.SHIFT_ROUNDINGS`.
    first : :class:`int` or None
        Where the first of two roundings takes place.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i : :py:`In(shape_of(values))`
    shift : :py:`In(shape_of(shifts))`
        Only where the distance is no constant.
    o : :py:`Out(bits)`
        The result's code.
    """

    def __init__(
        self,
        values: Range,
        base: int,
        shifts: Range | None,
        *,
        ends: tuple[int, int],
        bits: int,
        zero: int = 0,
        rounding: str = "nearest_even",
        first: int | None = None,
        stages: int = 0,
    ):
        self.values, self.shifts, self.ends, self.zero = values, shifts, ends, zero
        self.bits, self.rounding = bits, "nearest_away" if first is not None else rounding
        low, high = (shifts.low, shifts.high) if shifts is not None else (0, 0)
        self.low = low
        # Bounds before the constant is added: where they hold, the code's bits hold the sum.
        self.bounds = ends[0] - zero, ends[1] - zero
        width = max(Range(0, *self.bounds).width, bits) + 1
        sticky = self.rounding != "nearest_up"
        self.early: RightShift | None = None
        if first is None:
            self.main = RightShift(values, base + low, (high - low).bit_length(), width, sticky)
        else:
            before = max(first - base - low, 0)
            after, most = (max(base + shift - first, 0) for shift in (low, high))
            least = min(base + low, first)
            self.early = RightShift(values, least, before.bit_length(), None, False)
            if least < 0:
                shown = Range(0, values.low << -least, values.high << -least)
            else:  # rounded up, it may be one more
                shown = Range(0, values.low >> least, (values.high >> least) + 1)
            self.between = shown
            self.main = RightShift(shown, after, (most - after).bit_length(), width, sticky)
            self.before = before
        early = [2] * len(self.early.stages) + [2] if self.early else []
        levels = [*([1] * (shifts is not None and low < 0)), *early, *([2] * len(self.main.stages))]
        ports = {"i": In(shape_of(values)), "o": Out(bits)}
        if shifts is not None:
            ports["shift"] = In(shape_of(shifts))
        super().__init__(ports, (*levels, 3, 2), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        live = SimpleNamespace(value=io.i)
        if self.shifts is not None:
            live.amount, live.later = self._split(m, io.shift)
            if self.low < 0:
                live = pipe.cut(live)
        else:
            live.amount = live.later = Const(0, 1)
        if self.early is not None:
            live = self._round_early(m, pipe, live)
        del live.later
        self.main.start(live)
        for number in range(len(self.main.stages)):
            self.main.stage(m, live, number, "moved")
            live = pipe.cut(live)
        del live.amount
        live = pipe.cut(self._judge(m, live))
        m.d.comb += io.o.eq(pipe.cut(SimpleNamespace(code=self._ended(m, live))).code)

    def _split(self, m: Module, shift: Value) -> tuple[Value, Value]:
        """How far beyond the least distance to shift, before and behind the first rounding."""
        assert self.shifts is not None
        above = Signal(max((self.shifts.high - self.low).bit_length(), 1), name="above")
        signed = self.low == -(1 << len(shift) - 1)
        m.d.comb += above.eq(Cat(shift[:-1], ~shift[-1]) if signed else shift - self.low)
        if self.early is None:
            return above, Const(0, 1)
        far = Signal(name="far")
        early, late = (Signal(len(above), name=name) for name in ("early", "late"))
        m.d.comb += [
            far.eq(at_least(above, self.before)),
            early.eq(Mux(far, self.before, above)),
            late.eq(Mux(far, above - self.before, 0)),
        ]
        return early, late

    def _round_early(self, m: Module, pipe: Pipeline, live: SimpleNamespace) -> SimpleNamespace:
        """The first rounding: what it gives is a number again."""
        shift = self.early
        assert shift is not None
        shift.start(live)
        for number in range(len(shift.stages)):
            shift.stage(m, live, number, "before")
            live = pipe.cut(live)
        value = Signal(shape_of(self.between), name="rounded")
        m.d.comb += value.eq(shift.whole(live) + live.kept[0])
        return pipe.cut(SimpleNamespace(value=value, amount=live.later, later=Const(0, 1)))

    def _judge(self, m: Module, live: SimpleNamespace) -> SimpleNamespace:
        """Whether the number rounded down is replaced by a bound, or grows by one.

        A number that is the greatest when rounded down stays so, and one that is less than the
        least becomes the least, whatever is to be added.
        """
        whole, low, high = self.main.whole(live), *self.bounds
        rest = self.main.rest(live, whole)
        over, sign = live.over.any(), live.sign
        above, below, up = (Signal(name=name) for name in ("above_most", "below_least", "round_up"))
        up_here = live.kept[0] if self.rounding == "nearest_up" else rises(self.rounding, rest)
        m.d.comb += [
            above.eq(Mux(over, ~sign, at_least(whole, high))),
            below.eq(Mux(over, sign, ~at_least(whole, low))),
            up.eq(up_here),
        ]
        kept = Signal(self.bits, name="rounded_down")
        m.d.comb += kept.eq(whole)
        return SimpleNamespace(kept=kept, above=above, below=below, up=up)

    def _ended(self, m: Module, live: SimpleNamespace) -> Value:
        """The number or a bound in its stead, plus the constant."""
        low, high = self.bounds
        bound = live.above | live.below
        chosen, result = Signal(self.bits, name="chosen"), Signal(self.bits, name="result")
        m.d.comb += [
            chosen.eq(Mux(bound, Mux(live.above, high, low), live.kept)),
            result.eq(chosen + self.zero + (live.up & ~bound)),
        ]
        return result
