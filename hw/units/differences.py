"""N times what a float is above its token's mean, rounded once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.formats import Minifloat
from ...golden.formats.minifloat import POLICIES
from ...golden.units.value_sum import SPAN_BITS, ValueSum
from ..arith.rows import plus, segment_of
from ..arith.table import look_up
from ..arith.timing import select
from ..fp.pipeline import Pipeline, Pipelined
from ..fp.rows import digits, multiply
from ..fp.unpack import unpack

#: The exponent of 1 in an integer as a float: far from subnormals, which need not be looked for.
FAR = 64
#: Bits of a place in a window that a multiplexer takes.
_AT_ONCE = 2


class Difference(Pipelined):
    """N·x - S of a value x, exactly, in the unit of its token's lowest window.

    N's odd part is multiplied by, the rest is where x is placed. Pipeline as :class:`Pipelined`.

    Parameters
    ----------
    values : :class:`ValueSum`
        What is computed.
    low_width : :class:`int`
        Bits of ``low``.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i : :py:`In(values.values.bits)`
        The code of x.
    minus : :py:`In(width)`
        -S.
    low : :py:`In(low_width)`
        The lowest window that counts, less ``values.base``.
    o : :py:`Out(width)`
        The difference.
    """

    def __init__(self, values: ValueSum, low_width: int, stages: int = 0):
        self.values = values
        self.twos = (values.count & -values.count).bit_length() - 1
        self.odd = values.count >> self.twos
        self.bounds = Range(0, -2 * values.total, 2 * values.total)
        width = self.bounds.width
        segment = segment_of(width) or width
        self.cuts = [(start, min(start + segment, width)) for start in range(0, width, segment)]
        ports = {
            "i": In(values.values.bits),
            "minus": In(Range(0, -values.total, values.total).width),
            "low": In(low_width),
            "o": Out(width),
        }
        rows = digits(self.odd.bit_length()) if self.odd > 1 else 0
        levels = (3, *[2] * rows, *[1] * (SPAN_BITS // _AT_ONCE), 1, *[2] * len(self.cuts))
        super().__init__(ports, levels, stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        values = self.values
        part = unpack(m, values.values, io.i, subnormals=True)
        window = part.exponent[SPAN_BITS:]
        ranks = [window == rank for rank in range(values.kinds)]
        if values.windows > values.kinds:
            ranks = [window == io.low + (values.base + rank) for rank in range(values.kinds)]
        live = SimpleNamespace(
            product=part.significand, sign=part.sign, minus=io.minus,
            place=part.exponent[:SPAN_BITS], ranks=Cat(*ranks),
        )  # fmt: skip
        live = pipe.cut(live)
        if self.odd > 1:
            live.factor = Const(self.odd, self.odd.bit_length())
            live = multiply(m, pipe, live, "factor")
        for low in range(0, SPAN_BITS, _AT_ONCE):
            live.product = self._moved(m, live.product, live.place[:_AT_ONCE], low)
            live.place = live.place[_AT_ONCE:]
            live = pipe.cut(live)
        live.x = self._ranked(m, live)
        del live.product, live.place, live.ranks
        live = pipe.cut(live)

        # Inverted, where negative, its one comes in with the carry.
        width, done = self.bounds.width, Const(0, 0)
        x = Cat(live.x, live.sign.replicate(width - len(live.x)))
        minus = Cat(live.minus, live.minus[-1].replicate(width - len(live.minus)))
        live = SimpleNamespace(x=x, minus=minus, carry=live.sign, done=done)
        for low, high in self.cuts:
            size = high - low
            total = plus(live.x[:size], live.minus[:size], live.carry, width=size + 1)
            live.done, live.carry = Cat(live.done, total[:size]), total[size]
            live.x, live.minus = live.x[size:], live.minus[size:]
            live = pipe.cut(live)
        m.d.comb += io.o.eq(live.done)

    @staticmethod
    def _moved(m: Module, value: Value, place: Value, low: int) -> Value:
        """A number moved up by ``place`` times 2^low."""
        most = (1 << _AT_ONCE) - 1 << low
        ways = [
            Cat(Const(0, way << low), value, Const(0, most - (way << low)))
            for way in range(1 << _AT_ONCE)
        ]
        return select(m, ways, place, f"moved_{low}")

    def _ranked(self, m: Module, live: SimpleNamespace) -> Value:
        """The number in its window, or 0, inverted where it is negative."""
        above = self.values.kinds - 1 << SPAN_BITS
        width = self.twos + len(live.product) + above
        found = Signal(width, name="ranked")
        ways = [
            Cat(Const(0, self.twos + (rank << SPAN_BITS)), live.product, Const(0, width))[:width]
            & live.ranks[rank].replicate(width)
            for rank in range(self.values.kinds)
        ]
        total: Value = ways[0]
        for way in ways[1:]:
            total = total | way
        m.d.comb += found.eq(total ^ live.sign.replicate(width))
        return found


class Centred(Pipelined):
    """The code of a difference in ``values.centred``, of an integer as a float and its window.

    Parameters
    ----------
    values : :class:`ValueSum`
    integer : :class:`Minifloat`
        The format of the integer, see :func:`integer_format`.
    low_width : :class:`int`
    stages : :class:`int`

    Members
    -------
    enable : :py:`In(1)`
    i : :py:`In(integer.bits)`
    low : :py:`In(low_width)`
    bad : :py:`In(1)`
        The result is NaN.
    o : :py:`Out(values.centred.bits)`
    """

    def __init__(self, values: ValueSum, integer: Minifloat, low_width: int, stages: int = 0):
        self.values, self.integer = values, integer
        ports = {
            "i": In(integer.bits),
            "low": In(low_width),
            "bad": In(1),
            "o": Out(values.centred.bits),
        }
        super().__init__(ports, (2, 1), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        fmt, mantissa = self.values.centred, self.integer.mantissa_width
        field = io.i[mantissa:-1]
        width = fmt.exponent_width
        offsets = [
            (low << SPAN_BITS) + 1 - FAR & (1 << width) - 1 for low in range(1 << len(io.low))
        ]
        added = look_up(m, io.low, offsets, width, "offset")
        live = SimpleNamespace(
            mantissa=io.i[:mantissa], sign=io.i[-1], bad=io.bad, there=field.any(),
            exponent=(added + field)[:width],
        )  # fmt: skip
        live = pipe.cut(live)
        whole = Cat(live.mantissa, live.exponent, live.sign)
        code = Mux(live.bad, fmt.nan_code, Mux(live.there, whole, 0))
        m.d.comb += io.o.eq(pipe.cut(SimpleNamespace(code=code)).code)


def integer_format(values: ValueSum, bounds: Range) -> Minifloat:
    """Differences as floats, in the unit of the lowest window."""
    width = (bounds.width + FAR + 2).bit_length()
    return Minifloat("difference", width, values.bits - 1, POLICIES["ieee"], FAR)
