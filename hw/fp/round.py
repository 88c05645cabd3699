"""Normalise a fixed-point number, round it once, and pack it.

A negative number is never negated. With z = ~x its magnitude is z + 1, and ones come in from below
as z is shifted: so the one is still missing in the last place of whatever is kept. Let G be the
first bit below the result, R those below it and L the result's last bit. Where all of R is set,
the missing one runs through R into G. So the result grows by one, to nearest even, if

    x >= 0:  G & (L | any of R)        x < 0:  G | (L & all of R)

This also holds where z is zero or ends in ones only: the carry then moves the exponent.
"""

from __future__ import annotations

from types import SimpleNamespace

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value, signed

from ...golden.errors import DesignError
from ...golden.formats import Minifloat
from ..arith.table import look_up
from .normalise import Normalisation, reach, shift_levels
from .pack import Packing, at_least
from .pipeline import Pipeline
from .rules import NEAREST_EVEN, Rest, grows


class Rounding:
    """The last steps of every floating-point block.

    Takes ``value``, an unsigned number of ``width`` bits or a two's complement one of a bit more,
    and ``exponent``: the result's biased exponent, less one, if the top of these bits leads. Where
    the result may be subnormal, this is also how far the value may be moved up.

    Parameters
    ----------
    format : the result's format.
    width : bits of ``value`` without its sign.
    low, high : bounds of ``exponent``; what :meth:`begin` gets is larger by ``offset``.
    most : the most leading zeros of a value that may be moved so far; None if unknown.
    settled : whether a value that may overflow has one leading zero at most, or is zero.
    subnormals : without them, the caller promises that only zero is below the least normal result.
    saturate : overflow and infinity give the greatest value instead of infinity or NaN.
    rounding : a name of :data:`macsmith.golden.formats.ROUNDINGS`.
    fine : as of :class:`.Normalisation`.
    short : as of :class:`.Normalisation`; and where the exponent says late whether the result
        overflows, a step between the two.
    """

    def __init__(
        self,
        format: Minifloat,
        width: int,
        low: int,
        high: int,
        *,
        most: int | None = None,
        settled: bool = False,
        subnormals: bool = True,
        saturate: bool = False,
        rounding: str = NEAREST_EVEN,
        fine: bool = True,
        short: bool = False,
    ):
        self.rounding, self.short = rounding, short
        if not format.has_zero:
            raise DesignError(f"a result needs a format with a zero, got {format.name}")
        self.packing = Packing(format, saturate, rounding)
        # To shift to the right, begin with zeros above and shift less to the left.
        self.offset = min(max(-low, 0), format.significand_width + 1) if subnormals else 0
        self.clamped = low + self.offset < 0
        self.low, self.high = max(low + self.offset, 0), max(high + self.offset, 0)
        self.width = width + self.offset

        most = self.offset + (width - 1 if most is None else most)
        limited = subnormals and self.low < reach(shift_levels(most))
        most = min(most, self.high) if limited else most
        keep = format.significand_width + 1
        self.normalisation = Normalisation(most, keep, limited, fine, short)

        # Overflow shows in the exponent before the shift, if no or only one shift can lead to it.
        excess = high + 1 - self.packing.beyond
        self.exceeds, self._unmoved = excess >= 0, excess <= 1 and not self.offset
        self.late = self.exceeds and not settled and not self._unmoved

    @property
    def levels(self) -> tuple[int, ...]:
        """Levels of logic of each step of :meth:`build`."""
        late = ((2, 2) if self.short else (3,)) if self.late else ()
        return (*self.normalisation.steps, *late, *self.packing.levels)

    def begin(self, m: Module, live: SimpleNamespace) -> None:
        """Takes ``live.exponent``; to be called before the end of the last step before the first.

        What is known of the exponent before the shift: how far the number may be moved, and
        whether that overflows.
        """
        exponent = live.exponent
        if isinstance(exponent, Const):
            live.limit = exponent
        else:
            live.limit = Signal(max(self.high.bit_length(), 1), name="limit")
            m.d.comb += live.limit.eq(Mux(exponent[-1], 0, exponent) if self.clamped else exponent)
        if self.exceeds and not self.late:
            near, bound = Signal(2, name="near"), self.packing.beyond - 1 + self.offset
            flags = [at_least(exponent, bound + 1), at_least(exponent, bound)]
            # With the top set or, by the last shift, the bit below it.
            swapped = self.offset % 2 == 1 or self.normalisation.last is None
            m.d.comb += near.eq(Cat(*(reversed(flags) if swapped else flags)))
            live.near = near
        self.normalisation.begin(m, live)
        del live.exponent

    def build(self, m: Module, pipe: Pipeline, live: SimpleNamespace) -> Value:
        """The result's code, after all steps.

        ``live`` holds value, sign (of the result, even if it is zero), nan, inf, ``sticky`` if the
        exact number may be above a value that is not negative, and what :meth:`begin` left there.
        """
        self._start(live)
        count = len(self.normalisation.levels)
        for index in range(count):
            live = self.normalisation.level(m, pipe, live, index)
            if self.exceeds and self._unmoved:
                near, moved = Signal(2, name=f"near_{index}"), live.amount[:2].any()
                m.d.comb += near.eq(Mux(moved, 0, live.near))
                live.near = near
            live = pipe.cut(live)
        self._settle(m, live)
        if self.late:
            if self.short:
                live = pipe.cut(live)
            near, beyond = Signal(2, name="near"), self.packing.beyond
            m.d.comb += near.eq(Cat(at_least(live.base, beyond - n) for n in (1, 2)))
            live.near = near
            live = pipe.cut(live)
        self._decide(m, live)
        return self.packing.build(m, pipe, live)

    def _start(self, live: SimpleNamespace) -> None:
        """The number as bits and sign."""
        value = live.value
        is_signed = value.shape().signed
        live.negative = value[-1] if is_signed else Const(0, 1)
        bits = value[:-1] if is_signed else value
        live.bits = Cat(bits, live.negative.replicate(self.width - len(bits)))
        live.sticky = getattr(live, "sticky", Const(0, 1))
        self.normalisation.start(live)
        del live.value

    def _settle(self, m: Module, live: SimpleNamespace) -> None:
        """The exponent before the last shift; less one if there is a last shift."""
        if self.normalisation.last is None:
            live.base = live.limit
        elif isinstance(live.limit, Const) and len(live.amount):
            results = [live.limit.value - 2 * n - 1 for n in range(1 << len(live.amount))]
            live.base = look_up(m, live.amount, results, self._base_shape, "base")
        else:
            base = Signal(self._base_shape, name="base")
            distance = Signal(len(base), name="distance")
            m.d.comb += distance.eq(Cat(Const(0, 1), live.amount))
            m.d.comb += base.eq(live.limit + (~distance).as_signed())
            live.base = base
        del live.amount

    @property
    def _base_shape(self) -> Shape:
        return signed(max(self.high.bit_length(), 1) + 1)

    def _decide(self, m: Module, live: SimpleNamespace) -> None:
        """The last shift, what the exponent grows by, whether the result does and overflows."""
        negative, bits = live.negative, live.bits
        lost = len(bits) - self.normalisation.width(len(self.normalisation.levels))
        sticky = live.sticky | bits[:lost].any()
        live.bits = bits = bits[lost:]
        top, second = bits[-1] ^ negative, bits[-2] ^ negative
        last, grow = Signal(name="last"), Signal(2, name="grow")
        if self.normalisation.last is None:
            m.d.comb += grow.eq(top)
            vanish = ~top & ~negative
            del live.gates
        else:
            gate = self.normalisation.last_gate(m, live)
            m.d.comb += last.eq(~top & gate)
            m.d.comb += grow.eq(Cat(~top & (~gate | second), top))
            vanish = ~negative & last & ~second & ~live.held
        over = Const(0, 1)
        if self.exceeds:
            over = (grow[0] & live.near[0]) | (grow[1] & live.near[1])
            del live.near
        live.up = self._up(m, live, last, sticky, grow)
        live.last, live.grow, live.vanish, live.over = last, grow, vanish, over
        del live.sticky, live.held, live.limit

    def _up(
        self, m: Module, live: SimpleNamespace, last: Value, sticky: Value, grow: Value
    ) -> Value:
        """Whether the result grows by one in its last place."""
        negative, bits, up = live.negative, live.bits, Signal(name="up")
        guard = Mux(last, bits[0], bits[1]) ^ negative
        odd = Mux(last, bits[1], bits[2]) ^ negative
        if self.packing.format.mantissa_width == 0:
            odd = live.base[0] ^ grow[0]  # the exponent's last bit is the code's
        rest = sticky | (bits[0] & ~last)
        if self.rounding == NEAREST_EVEN:
            m.d.comb += up.eq(Mux(negative, guard | (odd & ~rest), guard & (odd | rest)))
            return up
        # Below zero the missing one makes G a half, or carries beyond it: then nothing is lost.
        half = ~rest & (guard ^ negative)
        carried = negative & ~rest & guard
        found = Rest(rest & guard, half, half | rest, odd, live.sign)
        m.d.comb += up.eq(carried | grows(self.rounding, found))
        return up
