"""What tokens' values are above their mean: they wait in a memory for their sum."""

from __future__ import annotations

from collections.abc import Mapping

from amaranth.hdl import Cat, Const, Module, Value

from ...golden.units import LayerNorm
from ..arith.shared import instance
from ..arith.timing import delayed
from ..fp import IntegerToFloat
from .differences import Centred, Difference, integer_format
from .token_store import TokenStore
from .value_windows import ValueWindows


class Centring(TokenStore):
    """N·x - S of every value x, S the sum of its token of N values, as floats of ``unit.source``.
    See :class:`.TokenStore`.

    Parameters
    ----------
    unit : :class:`LayerNorm`
        What is computed.
    """

    def __init__(self, unit: LayerNorm):
        self.unit, values = unit, unit.centre
        super().__init__(
            unit.vectors, unit.lanes, unit.beats, unit.values.bits, unit.source.bits, {}
        )
        self.sums = ValueWindows(values, unit.lanes)
        self.difference = Difference(values, self.sums.low_width).staged()
        bounds = self.difference.bounds
        integer = integer_format(values, bounds)
        self.float = IntegerToFloat(bounds, integer, short=True).staged()
        self.centred = Centred(values, integer, self.sums.low_width).staged()

    @property
    def making(self) -> int:
        return self.sums.latency

    @property
    def working(self) -> int:
        return self.difference.latency + self.float.latency + self.centred.latency

    def number(self, m: Module, vector: int, values: Value, marks: Value) -> tuple[Value, Value]:
        sums = instance(m, f"sums_{vector}", ("sums",), self.sums.component)
        m.d.comb += [
            sums.i.eq(values),
            Cat(sums.valid, sums.first, sums.last).eq(marks),
        ]
        done = sums.done if not vector else Const(0, 1)
        return done, Cat(sums.total, sums.low, sums.bad)

    def work(
        self, m: Module, enable: Value, value: Value, beside: Mapping[str, Value], place: int
    ) -> Value:
        width = len(beside["number"]) - self.sums.low_width - 1
        minus, low, bad = (
            beside["number"][:width], beside["number"][width:-1], beside["number"][-1]
        )  # fmt: skip
        difference = instance(m, f"difference_{place}", ("difference",), self.difference.component)
        float_ = instance(m, f"float_{place}", ("float",), self.float.component)
        centred = instance(m, f"centred_{place}", ("centred",), self.centred.component)
        late = self.difference.latency + self.float.latency
        m.d.comb += [
            difference.enable.eq(enable), float_.enable.eq(enable), centred.enable.eq(enable),
            difference.i.eq(value), difference.minus.eq(minus), difference.low.eq(low),
            Value.cast(float_.i).eq(difference.o),
            centred.i.eq(float_.o),
            centred.low.eq(delayed(m, enable, low, late, f"low_{place}")),
            centred.bad.eq(delayed(m, enable, bad, late, f"bad_{place}")),
        ]  # fmt: skip
        return Value.cast(centred.o)
