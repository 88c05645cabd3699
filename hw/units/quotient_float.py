"""A quotient of significands as a float."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Const, Module, Signal
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.formats import Minifloat
from ..arith.shapes import shape_of
from ..fp.pipeline import Pipeline, Pipelined
from ..fp.round import Rounding


def odd(number: Fraction) -> tuple[int, int]:
    """A dyadic number as an odd integer, and the exponent of its unit."""
    whole, unit = number.numerator, -(number.denominator.bit_length() - 1)
    while whole % 2 == 0:
        whole, unit = whole // 2, unit + 1
    return whole, unit


class QuotientToFloat(Pipelined):
    """A number in 1/2…2 times a power of two, rounded once, saturating.

    Pipeline as :class:`.Pipelined`.

    Parameters
    ----------
    format : :class:`Minifloat`
        The result's format.
    width : :class:`int`
        Bits of the number, the leading one in the top bit or the one below.
    low, high : :class:`int`
        Bounds of ``exponent``, the power of two that the top bit stands for.
    rounding : :class:`str`
        The rule.
    stages : :class:`int`
        Registers on the way.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i, exponent, sticky, nan : :py:`In(…)`
        The number, its exponent, whether there is more below, and whether the result is NaN.
    o : :py:`Out(format.bits)`
        The result's code.
    """

    def __init__(
        self,
        format: Minifloat,
        width: int,
        low: int,
        high: int,
        *,
        rounding: str,
        stages: int = 0,
    ):
        change = format.bias - 1
        self.rounding = Rounding(
            format, width, low + change, high + change, most=1, settled=True, saturate=True,
            rounding=rounding, short=True,
        )  # fmt: skip
        self._change = change + self.rounding.offset
        self._bounds = Range(0, low + self._change, high + self._change)
        ports = {
            "i": In(width),
            "exponent": In(shape_of(Range(0, min(low, -1), max(high, 1)))),
            "sticky": In(1),
            "nan": In(1),
            "o": Out(format.bits),
        }
        super().__init__(ports, (3, *self.rounding.levels), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        exponent = Signal(shape_of(self._bounds), name="biased")
        m.d.comb += exponent.eq(io.exponent + self._change)
        none = Const(0, 1)
        live = SimpleNamespace(
            value=io.i, exponent=exponent, sign=none, nan=io.nan, inf=none, sticky=io.sticky
        )
        self.rounding.begin(m, live)
        m.d.comb += io.o.eq(self.rounding.build(m, pipe, pipe.cut(live)))
