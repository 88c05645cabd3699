"""What a code lost of its value: x - q · s, in the format of the values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from amaranth.hdl import Cat, Module, Value

from ...golden.bounds import Range
from ...golden.formats import Format, Integer, Minifloat, lookup
from ...golden.formats.minifloat import POLICIES
from ..arith.shared import instance
from ..arith.timing import delayed
from ..fp import FloatAdd, FloatProduct, IntegerToFloat


@dataclass(frozen=True)
class ResidualCodes:
    """How residuals are made, as :class:`.Augment` has them.

    Parameters
    ----------
    values, element : :class:`Format`
        Formats of x and q.
    scales : sequence of :class:`Format`
        Those of what q is multiplied by.
    rows : :class:`bool`
        Multiply in LUTs.
    """

    values: Format
    element: Format
    scales: tuple[Format, ...]
    rows: bool

    @cached_property
    def _float(self) -> IntegerToFloat | None:
        """Of integers, q as a float: exactly, far from subnormals."""
        if not isinstance(self.element, Integer):
            return None
        fmt, bits = self.element, self.element.bits
        made = Minifloat("element", 7, bits - 1, POLICIES["ieee"], 32)
        return IntegerToFloat(
            Range(fmt.lsb, fmt.low, fmt.high), made, fine=True, short=True
        ).staged()

    @cached_property
    def _product(self) -> FloatProduct:
        source = self._float.format if self._float else self.element
        factors = tuple(fmt for fmt in self.scales if isinstance(fmt, Minifloat))
        single = lookup("fp32")
        assert isinstance(source, Minifloat) and isinstance(single, Minifloat)
        return FloatProduct(
            source, factors, single, rows=self.rows, fine=True, short=True, apart=True
        ).staged()  # fmt: skip

    @cached_property
    def _sum(self) -> FloatAdd:
        values, single = self.values, lookup("fp32")
        assert isinstance(values, Minifloat) and isinstance(single, Minifloat)
        return FloatAdd(values, single, values, fine=True, short=True).staged()

    @property
    def _before(self) -> int:
        """Cycles to q as a float."""
        return self._float.latency if self._float else 0

    @property
    def cycles(self) -> int:
        """Cycles with ``enable`` of :meth:`write`."""
        return self._before + self._product.latency + self._sum.latency

    def write(
        self, m: Module, enable: Value, x: Value, code: Value, scales: Sequence[Value], name: str
    ) -> Value:
        """The code of a residual, ``cycles`` later."""
        if self._float:
            block = instance(m, f"{name}_float", ("residual_float",), self._float.component)
            m.d.comb += [block.enable.eq(enable), Value.cast(block.i).eq(code)]
            code = Value.cast(block.o)
        factors = delayed(m, enable, Cat(*scales), self._before, f"{name}_factors")
        product = instance(m, f"{name}_product", ("residual_product",), self._product.component)
        total = instance(m, f"{name}_sum", ("residual_sum",), self._sum.component)
        late = self._before + self._product.latency
        m.d.comb += [
            product.enable.eq(enable), total.enable.eq(enable),
            product.i.eq(code), Value.cast(product.scales).eq(factors),
            total.a.eq(delayed(m, enable, x, late, f"{name}_value")),
            total.b.eq(Cat(product.o[:-1], ~product.o[-1])),
        ]  # fmt: skip
        return Value.cast(total.o)
