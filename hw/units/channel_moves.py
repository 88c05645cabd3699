"""Values less their channel's shift, times its factor: each rounded once."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Value

from ...golden.formats import Minifloat
from ...golden.units import Quantize
from ..arith.shared import instance
from ..arith.timing import delayed
from ..fp import FloatAdd, FloatMultiply


@dataclass(frozen=True)
class ChannelMoves:
    """How a unit's values become those that it quantizes.

    Parameters
    ----------
    unit : :class:`Quantize`
        With a shift, a factor or both for each channel.
    """

    unit: Quantize

    @property
    def _formats(self) -> tuple[Minifloat, Minifloat]:
        values, inner = self.unit.values, self.unit.inner
        assert isinstance(values, Minifloat) and isinstance(inner, Minifloat)
        return values, inner

    @property
    def _sum(self) -> FloatAdd | None:
        fmt, (values, inner) = self.unit.shift, self._formats
        assert fmt is None or isinstance(fmt, Minifloat)
        return FloatAdd(values, fmt, inner).staged() if fmt else None

    @property
    def _product(self) -> FloatMultiply | None:
        fmt, (values, inner) = self.unit.factor, self._formats
        assert fmt is None or isinstance(fmt, Minifloat)
        first = inner if self.unit.shift else values
        rows = self.unit.build.policy == "lut"
        return FloatMultiply(first, fmt, inner, rows=rows).staged() if fmt else None

    @property
    def cycles(self) -> int:
        """Cycles of :meth:`move`."""
        return sum(block.latency for block in (self._sum, self._product) if block)

    def move(
        self, m: Module, enable: Value, code: Value, channel: dict[str, Value], lane: int
    ) -> Value:
        """The value in ``inner``, from its code and those of its channel."""
        unit, total, product = self.unit, self._sum, self._product
        late = 0
        if total:
            block = instance(m, f"shift_{lane}", ("shift", unit.values, unit.shift, unit.inner),
                             total.component)  # fmt: skip
            shift = channel["shift"]
            m.d.comb += [
                block.enable.eq(enable),
                block.a.eq(code),
                block.b.eq(Cat(shift[:-1], ~shift[-1])),
            ]
            code, late = block.o, total.latency
        if product:
            block = instance(m, f"factor_{lane}", ("factor", unit.factor, unit.inner),
                             product.component)  # fmt: skip
            factor = delayed(m, enable, channel["factor"], late, f"factor_line_{lane}")
            m.d.comb += [block.enable.eq(enable), block.a.eq(code), block.b.eq(factor)]
            code = block.o
        return code
