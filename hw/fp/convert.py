"""Floats to other floats, and to integers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.formats import Integer, Minifloat
from ..arith.shapes import shape_of
from .align import Alignment
from .pack import at_least
from .pipeline import Pipeline, Pipelined
from .round import Rounding
from .rules import NEAREST_EVEN, Rest, grows
from .unpack import exponents, told, unpack


class FloatToFloat(Pipelined):
    """A float in another format, rounded once.

    The sign of zero is kept. Pipeline as :class:`Pipelined`: one number a cycle, ``latency`` cycles
    with ``enable``.

    Parameters
    ----------
    source, format : :class:`Minifloat`
        The operand's format and the result's. E8M0 may be the operand's.
    subnormals : :class:`bool`
        Without them, the caller promises that no operand and no result is subnormal, nor
        underflows to zero.
    saturate : :class:`bool`
        Overflow and infinity give the greatest value instead of infinity or NaN.
    rounding : :class:`str`
        The rule.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i : :py:`In(source.bits)`
        The operand's code.
    o : :py:`Out(format.bits)`
        The result's code.
    """

    def __init__(
        self,
        source: Minifloat,
        format: Minifloat,
        *,
        subnormals: bool = True,
        saturate: bool = False,
        rounding: str = NEAREST_EVEN,
        stages: int = 0,
    ):
        self.source, self.format = source, format
        self.subnormals, self.saturate = subnormals, saturate
        change = format.bias - source.bias - 1
        low, high = (bound + change for bound in exponents(source))
        # Only subnormals have leading zeros, and they can move up by the least exponent at most.
        most = min(source.mantissa_width, max(low, 0)) if subnormals and source.has_zero else 0
        self.rounding = Rounding(
            format,
            source.significand_width,
            low,
            high,
            most=most,
            settled=not source.has_zero or low + 1 <= format.max_exponent,
            subnormals=subnormals,
            saturate=saturate,
            rounding=rounding,
        )
        self._change = change + self.rounding.offset
        ports = {"i": In(source.bits), "o": Out(format.bits)}
        super().__init__(ports, (3, *self.rounding.levels), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        part = unpack(m, self.source, io.i, subnormals=self.subnormals)
        greatest = (1 << self.source.exponent_width) - 1
        shape = shape_of(Range(0, self._change, self._change + greatest))
        exponent = Signal(shape, name="exponent")
        m.d.comb += exponent.eq(part.exponent + self._change)
        live = SimpleNamespace(
            value=part.significand, exponent=exponent, sign=part.sign, nan=part.nan, inf=part.inf
        )
        self.rounding.begin(m, live)
        m.d.comb += io.o.eq(self.rounding.build(m, pipe, pipe.cut(live)))


class FloatToInteger(Pipelined):
    """A float as an integer, rounded once, saturating; NaN becomes zero.

    Pipeline as :class:`Pipelined`: one number a cycle, ``latency`` cycles with ``enable``.

    Parameters
    ----------
    source : :class:`Minifloat`
        The operand's format.
    format : :class:`Integer`
        The result's format, in units of ``2**format.lsb``.
    rounding : :class:`str`
        The rule.
    short : :class:`bool`
        Shifts in steps of fewer levels of LUTs, for a step more where their number is even; what is
        special of the operand is told a step later.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i : :py:`In(source.bits)`
        The operand's code.
    o : :py:`Out(format.bits)`
        The result's code.
    """

    def __init__(
        self,
        source: Minifloat,
        format: Integer,
        *,
        rounding: str = NEAREST_EVEN,
        short: bool = False,
        stages: int = 0,
    ):
        self.source, self.format, self.rounding, self.short = source, format, rounding, short
        least, greatest = exponents(source)
        # The integer's width, and the exponent of a number that fills it.
        unit = source.bias + format.lsb - 1
        widest = max(format.significand_width, 1)
        self.width = max(min(widest, greatest - unit), least - unit, 1)
        self._top = unit + self.width
        self._distance_width = max(self._top, 1).bit_length()
        self.alignment = Alignment(source.significand_width, self.width + 1, self._distance_width)
        ports = {"i": In(source.bits), "o": Out(format.bits)}
        # A step shifts twice; the first one, which looks at all of the distance, once if short.
        count = len(self.alignment.stages)
        self._ends = {n for n in range(count) if n % 2 != short} | {count - 1}
        super().__init__(ports, (3, *[3] * len(self._ends), 3), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        part = unpack(m, self.source, io.i)
        below = Signal(signed(max(self._distance_width, self.source.exponent_width) + 2))
        m.d.comb += below.eq(self._top - part.exponent)
        live = SimpleNamespace(
            small=part.significand,
            distance=below[: self._distance_width],
            sign=part.sign,
            nan=part.nan,
            over=below[-1] | part.inf,
        )
        fields = told(self.source, io.i) if self.short else None
        if fields is not None:  # what is special, a step later
            live.over, live.nan = below[-1], Const(0, 1)
            live.top, live.tail = fields.top, fields.tail
        live = pipe.cut(live)
        if fields is not None:
            live.nan, live.over = live.top & live.tail, live.over | (live.top & ~live.tail)
            del live.top, live.tail
        self.alignment.begin(m, live)
        for number in range(len(self.alignment.stages)):
            self.alignment.shift(m, live, number)
            if number in self._ends:
                live = pipe.cut(live)
        self.alignment.finish(live)
        result = Signal(self.format.bits, name="result")
        m.d.comb += result.eq(self._rounded(m, live))
        m.d.comb += io.o.eq(pipe.cut(SimpleNamespace(code=result)).code)

    def _rounded(self, m: Module, live: SimpleNamespace) -> Value:
        """The integer with its sign: -(x + up) is ~x + 1 - up.

        A magnitude that is the greatest or more when rounded down does not wait for the rounding.
        """
        fmt, sign = self.format, live.sign
        sticky, guard, whole = live.sticky, live.small[0], live.small[1:]
        above, below = at_least(whole, fmt.high), at_least(whole, -fmt.low)
        bounded, carry = Signal(name="bounded"), Signal(name="carry")
        chosen = Signal(fmt.bits, name="chosen")
        rest = Rest(guard & sticky, guard & ~sticky, guard | sticky, whole[0], sign)
        up = grows(self.rounding, rest)
        extended = Signal(fmt.bits, name="inverted")
        m.d.comb += [
            bounded.eq(live.over | Mux(sign, below, above)),
            extended.eq(whole ^ sign.replicate(len(whole))),
            carry.eq((sign ^ up) & ~(live.nan | bounded)),
        ]
        if len(whole) < fmt.bits:
            m.d.comb += extended[len(whole) :].eq(sign.replicate(fmt.bits - len(whole)))
        bound = Mux(sign, fmt.low, fmt.high)
        m.d.comb += chosen.eq(Mux(live.nan, 0, Mux(bounded, bound, extended)))
        return chosen + carry
