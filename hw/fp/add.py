"""Floating-point addition."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.formats import Minifloat
from ..arith.shapes import shape_of
from ..arith.table import plus
from .align import Alignment
from .pipeline import Pipeline, Pipelined
from .round import Rounding
from .unpack import exponents, unpack


class FloatAdd(Pipelined):
    """``a + b``, rounded once to nearest even.

    x - x is +0, and -0 - 0 is -0; the sum of opposite infinities is NaN. Subnormals are exact on
    both sides. Pipeline as :class:`Pipelined`: one sum a cycle, ``latency`` cycles with ``enable``.

    The operand with the greater exponent stays, the other one is shifted and added or subtracted.
    Which is larger is not asked: with equal exponents the difference may be negative, and the
    rounding takes it as it is.

    Parameters
    ----------
    a_format, b_format, format : :class:`Minifloat`
        The operands' formats and the result's.
    subnormals : :class:`bool`
        Without them, the caller promises that no operand and no result is subnormal.
    saturate : :class:`bool`
        Overflow and infinity give the greatest value instead of infinity or NaN.
    fine : :class:`bool`
        Registers also within the levels of the normalisation, so that three levels of LUTs suffice.
    short : :class:`bool`
        A step of its own for the distance, so that three levels of LUTs suffice for wide exponents.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    a, b : :py:`In(a_format.bits)`, :py:`In(b_format.bits)`
        The operands' codes.
    o : :py:`Out(format.bits)`
        The result's code.
    """

    def __init__(
        self,
        a_format: Minifloat,
        b_format: Minifloat,
        format: Minifloat,
        *,
        subnormals: bool = True,
        saturate: bool = False,
        fine: bool = True,
        short: bool = False,
        stages: int = 0,
    ):
        self.a_format, self.b_format, self.format = a_format, b_format, format
        self.subnormals, self.saturate, self.short = subnormals, saturate, short
        formats = (a_format, b_format)
        # Exponents count from the smaller of both formats' zeros.
        bias = max(fmt.bias for fmt in formats)
        self._offsets = [bias - fmt.bias for fmt in formats]
        bounds = [exponents(fmt) for fmt in formats]
        lowest, highest = (
            [ends[side] + offset for ends, offset in zip(bounds, self._offsets, strict=True)]
            for side in (0, 1)
        )
        self._even = lowest[0] == lowest[1]
        # A zero must never stand above a number: those of the format of larger numbers sink.
        self._sinks = [least > min(lowest) for least in lowest]
        self._exponent_width = max(highest).bit_length()
        self.precision = max(fmt.significand_width for fmt in formats)
        self.fraction = self._fraction()

        self._origin = format.bias - bias
        low = min(lowest) if self._even else 0
        self.rounding = Rounding(
            format,
            self.precision + self.fraction + 1,
            self._origin + low,
            self._origin + max(highest),
            subnormals=subnormals,
            saturate=saturate,
            fine=fine,
            short=short,
        )
        self.alignment = Alignment(
            self.precision + 1, self.precision + self.fraction, self._exponent_width
        )
        rest = len(self.alignment.stages) - self._early
        swap = (2, self._early) if short else (3,)
        levels = (3, *swap, *([rest] if rest > 1 else []), 2, *self.rounding.levels)
        ports = {"a": In(a_format.bits), "b": In(b_format.bits), "o": Out(format.bits)}
        super().__init__(ports, levels, stages)

    def _fraction(self) -> int:
        """Bits below the greater operand's last place; what is below them is only known to be.

        At a distance of two or more the sum has lost one place at most: it needs a bit more than
        the rounding looks at. Only where one format's least exponent is above the other's, a
        subnormal may stand above a number that is larger: then no bit of that one may be lost.
        """
        wanted = self.format.significand_width + 2
        if self._even or not self.subnormals:
            return max(wanted - self.precision, 1)
        return max(self.precision, wanted)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        live = pipe.cut(self._compare(m, io))
        self._swap(m, live)
        self.alignment.begin(m, live)
        if self.short:
            live = pipe.cut(live)
        for number in range(self._early):
            self.alignment.shift(m, live, number)
        live = pipe.cut(live)
        for number in range(self._early, len(self.alignment.stages)):
            self.alignment.shift(m, live, number)
        if len(self.alignment.stages) - self._early > 1:
            live = pipe.cut(live)
        self.alignment.finish(live)
        self._add(m, live)
        self.rounding.begin(m, live)
        live = pipe.cut(live)
        self._sign(m, live)
        m.d.comb += io.o.eq(self.rounding.build(m, pipe, live))

    @property
    def _early(self) -> int:
        """Stages of the alignment that share a step with the swap."""
        return min(2, len(self.alignment.stages))

    def _compare(self, m: Module, io: Any) -> SimpleNamespace:
        """Which exponent is greater, by how much."""
        live = SimpleNamespace()
        for index, (name, fmt, code) in enumerate(
            (("a", self.a_format, io.a), ("b", self.b_format, io.b))
        ):
            part = unpack(m, fmt, code, subnormals=self.subnormals)
            exponent = plus(
                m, part.exponent, self._offsets[index], self._exponent_width, f"{name}_moved"
            )
            if self._sinks[index]:
                exponent = Mux(part.zero, 0, exponent)
            held = Signal(self._exponent_width, name=f"{name}_exponent")
            m.d.comb += held.eq(exponent)
            padding = Const(0, self.precision - len(part.significand))
            parts = {
                f"{name}_exponent": held,
                f"{name}_significand": Cat(padding, part.significand),
                f"{name}_sign": part.sign,
                f"{name}_nan": part.nan,
                f"{name}_inf": part.inf,
            }
            vars(live).update(parts)
        live.difference = Signal(self._exponent_width + 1, name="difference")
        m.d.comb += live.difference.eq(live.a_exponent - live.b_exponent)
        return live

    def _swap(self, m: Module, live: SimpleNamespace) -> None:
        """The greater and the smaller operand, by their exponents; what is special.

        Where ``b`` is the greater, the distance is one more than the inverted difference.
        """
        swapped = live.difference[-1]
        distance = live.difference[:-1] ^ swapped.replicate(self._exponent_width)
        great = Signal(self.precision, name="great")
        small = Signal(self.precision + 1, name="small")
        exponent = Signal(self._exponent_width, name="exponent")
        m.d.comb += [
            great.eq(Mux(swapped, live.b_significand, live.a_significand)),
            small.eq(Mux(swapped, live.a_significand, Cat(Const(0, 1), live.b_significand))),
            exponent.eq(Mux(swapped, live.b_exponent, live.a_exponent)),
        ]
        live.great, live.small, live.distance = great, small, distance
        live.exponent, live.subtract = exponent, live.a_sign ^ live.b_sign
        live.inf = live.a_inf | live.b_inf
        live.nan = live.a_nan | live.b_nan | (live.a_inf & live.b_inf & live.subtract)
        live.infinite_sign = Mux(live.a_inf, live.a_sign, live.b_sign)
        live.sign = Mux(swapped, live.b_sign, live.a_sign)
        for name in ("significand", "exponent", "sign", "nan", "inf"):
            delattr(live, f"a_{name}")
            delattr(live, f"b_{name}")
        del live.difference

    def _add(self, m: Module, live: SimpleNamespace) -> None:
        """The sum, in two's complement, and its exponent in the result's terms.

        Where anything below was lost, the sum is rounded down: of a difference, the one that its
        negation adds at the bottom goes there.
        """
        great = Cat(Const(0, self.fraction), live.great)
        width = len(great) + 2
        small = Signal(width, name="addend")
        m.d.comb += small.eq(live.small ^ live.subtract.replicate(width))
        # As a difference of inverted numbers, with the one of the negation from below.
        total, one = Signal(width + 1, name="sum"), Signal(name="one")
        m.d.comb += one.eq(live.subtract & ~live.sticky)
        m.d.comb += total.eq(Cat(one, great, Const(0, 2)) - Cat(~one, ~small))
        live.value = total[1:].as_signed()
        del live.great, live.small
        offset = self._origin + self.rounding.offset
        if offset:
            span = Range(0, offset, offset + (1 << self._exponent_width) - 1)
            moved = Signal(shape_of(span), name="moved")
            m.d.comb += moved.eq(live.exponent + offset)
            live.exponent = moved

    def _sign(self, m: Module, live: SimpleNamespace) -> None:
        """The result's sign: that of the sum, which is +0 where the operands cancel."""
        sign = Signal(name="sign")
        cancelled = live.subtract & ~live.value.any()
        finite = (live.sign ^ live.value[-1]) & ~cancelled
        m.d.comb += sign.eq(Mux(live.inf, live.infinite_sign, finite))
        live.sign = sign
        del live.infinite_sign, live.subtract
