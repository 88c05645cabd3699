"""The scale of a tensor, made of the greatest magnitude of each token."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from ...golden.formats import Minifloat
from ...golden.units.quantize_tokens import greatest as most
from ..arith.shared import instance
from ..arith.timing import delayed
from ..fp import FloatToFloat
from . import token_greatest
from .divided_scale import DividedScale
from .quotient_float import odd


@dataclass(frozen=True)
class TokenScale(DividedScale):
    """The greatest magnitude of a token over the greatest element and scale, rounded.

    Parameters
    ----------
    unit : :class:`Quantize`
        With the length of a token.
    """

    @property
    def scale(self) -> Minifloat:
        assert isinstance(self.unit.tensor, Minifloat)
        return self.unit.tensor

    @property
    def tensor(self) -> Minifloat | None:
        return None

    @cached_property
    def _reach(self) -> tuple[int, int]:
        return odd(Fraction(most(self.unit)))

    @property
    def storing(self) -> int:
        return 1

    def _stored(self, m: Module, enable: Value, code: Value, name: str) -> Value:
        """At least the least normal number."""
        low = self.scale.mantissa_width
        least = Signal(len(code), name=f"{name}_least")
        m.d.comb += least.eq(Mux(code[low:].any(), code, 1 << low))
        return delayed(m, enable, least, 1, f"{name}_normal")

    @property
    def _widening(self) -> int:
        """Cycles from the greatest value to what is divided."""
        if self.wide == self.unit.source:
            return 0
        return FloatToFloat(self.unit.source, self.wide).staged().latency

    @property
    def cycles(self) -> int:
        """Cycles from a token's last beat to its scale."""
        return token_greatest.cycles(self.unit.lanes) + self._widening + self.rounding

    def of_token(
        self, m: Module, lanes: list[Value], taken: Value, last: Value
    ) -> tuple[Value, Value]:
        """The code of the scale, and a mark beside it; of beats that are ``taken``."""
        always = Const(1, 1)
        sizes = [lane[:-1] for lane in lanes]
        total, ends = token_greatest.of_token(m, sizes, taken, last)
        whole: Value = total
        if self._widening:
            source = self.unit.source
            make = FloatToFloat(source, self.wide).staged().component
            block = instance(m, "token_widen", ("widen", source, self.wide), make)
            m.d.comb += [block.enable.eq(1), block.i.eq(Cat(total, Const(0, 1)))]
            whole = block.o[:-1]
        code, _ = self.code(m, always, whole, None, "token_scale")
        late = self.cycles - token_greatest.cycles(len(lanes)) + 1
        mark = delayed(m, always, ends, late, "token_scaled", reset=True)
        return code, mark
