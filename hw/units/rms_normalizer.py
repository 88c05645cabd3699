"""The component of RMSNorm: tokens wait in a memory for the root of their mean square."""

from __future__ import annotations

from collections.abc import Mapping

from amaranth.hdl import Cat, Const, Module, Value

from ...golden.bounds import Range
from ...golden.formats import Format, Minifloat
from ...golden.units.normalization import Normalization
from ..arith.shared import instance
from ..arith.timing import delayed
from ..fp import FloatAdd, FloatProduct, IntegerToFloat
from .root_reciprocal import RootReciprocal
from .square_windows import SquareWindows
from .token_store import TokenStore


class RmsNormalizer(TokenStore):
    """c · r · gamma of every number c, r made of its whole token; and beta added, where there is
    one. See :class:`.TokenStore`.

    Parameters
    ----------
    unit : :class:`Normalization`
        What is computed.
    beta : :class:`Minifloat`
        The format of what is added, and ``product`` that of what it is added to.
    """

    def __init__(
        self,
        unit: Normalization,
        beta: Format | None = None,
        product: Minifloat | None = None,
    ):
        self.unit = unit
        channel = {name: fmt.bits for name, fmt in unit.channel.items()}
        super().__init__(
            unit.vectors, unit.lanes, unit.beats, unit.source.bits, unit.result.bits, channel
        )
        self.sums = SquareWindows(unit.squares, unit.lanes)
        self.float = IntegerToFloat(Range(0, 0, unit.squares.most), unit.sum, short=True).staged()
        self.root = RootReciprocal(unit).staged()
        factors = [fmt for fmt in (unit.gamma, unit.root) if isinstance(fmt, Minifloat)]
        assert isinstance(unit.result, Minifloat)
        self.product = FloatProduct(
            unit.source, tuple(factors), product if product and beta else unit.result,
            rows=unit.build.policy == "lut", short=True, apart=True,
        ).staged()  # fmt: skip
        self.sum: FloatAdd | None = None
        if product and isinstance(beta, Minifloat):
            self.sum = FloatAdd(product, beta, unit.result).staged()

    @property
    def making(self) -> int:
        return self.sums.latency + self.float.latency + self.root.latency

    @property
    def working(self) -> int:
        return self.product.latency + (self.sum.latency if self.sum else 0)

    def number(self, m: Module, vector: int, values: Value, marks: Value) -> tuple[Value, Value]:
        sums = instance(m, f"squares_{vector}", ("squares",), self.sums.component)
        float_ = instance(m, f"float_{vector}", ("sum",), self.float.component)
        root = instance(m, f"root_{vector}", ("root",), self.root.component)
        window, bad = (
            delayed(m, Const(1, 1), value, self.float.latency, f"{name}_{vector}")
            for name, value in (("window", sums.window), ("bad", sums.bad))
        )
        m.d.comb += [
            sums.i.eq(values),
            Cat(sums.valid, sums.first, sums.last).eq(marks),
            float_.enable.eq(1), root.enable.eq(1),
            Value.cast(float_.i).eq(sums.total),
            root.total.eq(float_.o), root.window.eq(window), root.bad.eq(bad),
        ]  # fmt: skip
        late = self.float.latency + self.root.latency
        done = sums.done if not vector else Const(0, 1)
        return delayed(m, Const(1, 1), done, late, "rooted", reset=True), root.o

    def work(
        self, m: Module, enable: Value, value: Value, beside: Mapping[str, Value], place: int
    ) -> Value:
        block = instance(m, f"product_{place}", ("product",), self.product.component)
        factors = [beside[name] for name in ("gamma", "number") if name in beside]
        m.d.comb += [
            block.enable.eq(enable),
            block.i.eq(value),
            Value.cast(block.scales).eq(Cat(*factors)),
        ]
        if not self.sum:
            return Value.cast(block.o)
        adder = instance(m, f"sum_{place}", ("sum_of_product",), self.sum.component)
        late = delayed(m, enable, beside["beta"], self.product.latency, f"beta_{place}")
        m.d.comb += [adder.enable.eq(enable), adder.a.eq(block.o), adder.b.eq(late)]
        return Value.cast(adder.o)
