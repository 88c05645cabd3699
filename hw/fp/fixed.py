"""Fixed-point integers to integers of another unit and width."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.flags import Reachable
from ...golden.formats import Integer
from ..arith.product import FlaggedLayout
from ..arith.shapes import member
from .pack import at_least
from .pipeline import Pipeline, Pipelined
from .rules import NEAREST_EVEN, Rest, rises


class FixedToInteger(Pipelined):
    """A fixed-point number as an integer, rounded once to nearest even, saturating.

    Infinities saturate; NaN, by its flag or by both infinities, becomes zero. Pipeline as
    :class:`Pipelined`: one number a cycle, ``latency`` cycles with ``enable``.

    Parameters
    ----------
    values : :class:`Range`
        Bounds and unit of the number.
    flags : :class:`Reachable`
        The flags beside the number.
    format : :class:`Integer`
        The result's format, in units of ``2**format.lsb``.
    rounding : :class:`str`
        The rule.
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
        flags: Reachable,
        format: Integer,
        *,
        rounding: str = NEAREST_EVEN,
        stages: int = 0,
    ):
        self.values, self.flags, self.format, self.rounding = values, flags, format, rounding
        #: Bits of the number below the result's last place; where negative, zeros to append.
        self.shift = format.lsb - values.lsb
        ports = {"i": In(FlaggedLayout(values, flags)), "o": Out(format.bits)}
        super().__init__(ports, (3, 2), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        value, up = self._split(m, io)
        live = pipe.cut(self._choose(m, io, value, up))
        result = Signal(self.format.bits, name="result")
        m.d.comb += result.eq(live.chosen + live.up)
        m.d.comb += io.o.eq(pipe.cut(SimpleNamespace(code=result)).code)

    def _split(self, m: Module, io: Any) -> tuple[Value, Value]:
        """The number rounded down, in units of the result, and whether one is to be added."""
        number = io.i.value
        if self.shift <= 0:
            padded = Cat(Const(0, -self.shift), number)
            return padded.as_signed() if self.values.signed else padded, Const(0, 1)
        sign = number[-1] if self.values.signed else Const(0, 1)
        missing = max(self.shift + 1 - len(number), 0)
        number = Cat(number, sign.replicate(missing))
        low, whole = number[: self.shift], number[self.shift :]
        up = Signal(name="round_up")
        guard, sticky = low[-1], low[:-1].any()
        rest = Rest(guard & sticky, guard & ~sticky, guard | sticky, whole[0], sign)
        m.d.comb += up.eq(rises(self.rounding, rest))
        return whole.as_signed() if self.values.signed else whole, up

    def _choose(self, m: Module, io: Any, value: Value, up: Value) -> SimpleNamespace:
        """What the last step adds up: the number, or a bound or zero in its stead.

        A number that is the greatest when rounded down stays so, and one that is less than the
        least becomes the least, whatever is to be added: so neither waits for the sum.
        """
        fmt, i = self.format, io.i
        positive, negative = member(i, "positive"), member(i, "negative")
        above, below, nan = (Signal(name=name) for name in ("above", "below", "is_nan"))
        m.d.comb += [
            nan.eq(member(i, "nan") | (positive & negative)),
            above.eq(positive | (at_least(value, fmt.high) & ~negative)),
            below.eq(negative | (~at_least(value, fmt.low) & ~positive)),
        ]
        chosen, carry = Signal(fmt.bits, name="chosen"), Signal(name="carry")
        bound = Mux(above, fmt.high, fmt.low)
        m.d.comb += [
            chosen.eq(Mux(nan, 0, Mux(above | below, bound, value))),
            carry.eq(up & ~(nan | above | below)),
        ]
        return SimpleNamespace(chosen=chosen, up=carry)
