"""Fixed-point integers to floats."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Const, Module
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.flags import Reachable
from ...golden.formats import Minifloat
from ..arith.product import FlaggedLayout
from ..arith.shapes import member
from .pipeline import Pipeline, Pipelined
from .round import Rounding
from .rules import NEAREST_EVEN

NO_FLAGS = Reachable(False, False)


class IntegerToFloat(Pipelined):
    """An exact fixed-point number, rounded once.

    Zero becomes +0. A flag gives NaN or infinity, whatever the value; both infinities give NaN.
    Pipeline as :class:`Pipelined`: one number a cycle, ``latency`` cycles with ``enable``.

    Parameters
    ----------
    values : :class:`Range`
        Bounds and unit of the number.
    format : :class:`Minifloat`
        The result's format.
    flags : :class:`Reachable`
        The flags beside the number.
    saturate : :class:`bool`
        Overflow and infinity give the greatest value instead of infinity or NaN.
    rounding : :class:`str`
        The rule.
    fine, short : :class:`bool`
        As of :class:`FloatMultiply`.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i : :py:`In(FlaggedLayout(values, flags))`
        The number.
    o : :py:`Out(format.bits)`
        The result's code.
    """

    def __init__(
        self,
        values: Range,
        format: Minifloat,
        flags: Reachable = NO_FLAGS,
        *,
        saturate: bool = False,
        rounding: str = NEAREST_EVEN,
        fine: bool = True,
        short: bool = False,
        stages: int = 0,
    ):
        self.values = values
        self.format = format
        self.flags = flags
        self.saturate = saturate
        width = max(values.width - values.signed, 1)
        exponent = values.lsb + width - 2 + format.bias
        self.rounding = Rounding(
            format,
            width,
            exponent,
            exponent,
            saturate=saturate,
            rounding=rounding,
            fine=fine,
            short=short,
        )
        self.exponent = max(exponent + self.rounding.offset, 0)
        ports = {"i": In(FlaggedLayout(values, flags)), "o": Out(format.bits)}
        super().__init__(ports, self.rounding.levels, stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        live = integer_parts(io.i, self.values, self.flags)
        live.exponent = Const(self.exponent, max(self.exponent.bit_length(), 1))
        self.rounding.begin(m, live)
        m.d.comb += io.o.eq(self.rounding.build(m, pipe, live))


def integer_parts(i: Any, values: Range, flags: Reachable) -> SimpleNamespace:
    """The value, its sign, and whether flags make it NaN or infinity."""
    positive, negative = member(i, "positive"), member(i, "negative")
    minus = i.value[-1] if values.signed else Const(0, 1)
    return SimpleNamespace(
        value=i.value,
        sign=negative | (minus & ~positive) if flags.infinite else minus,
        nan=member(i, "nan") | (positive & negative) if flags.infinite else member(i, "nan"),
        inf=positive | negative if flags.infinite else Const(0, 1),
    )
