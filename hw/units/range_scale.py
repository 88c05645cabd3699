"""Scales of ranges, with a zero point: both ends of a block over the steps between its codes.

The range is added up exactly, divided by 2^n - 1 and rounded to the scale's format; values are
divided by that as it is stored. So is the lower end: its code is the zero point, which is added to
all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed

from ...golden.formats import Integer
from ..arith.quotient import Quotient
from ..arith.timing import delayed
from . import significands
from .divided_codes import EXPONENT, DividedCodes
from .divided_scale import DividedScale
from .element_codes import ElementCodes
from .power_scale import Prepared
from .range_sum import RangeSum, digits, over_ones
from .stochastic_codes import rounded_by


@dataclass(frozen=True)
class RangeScale(DividedScale):
    """How a unit's values become codes beside a zero point.

    Parameters
    ----------
    unit : :class:`Quantize`
        With a zero point.
    """

    keys = 2

    @property
    def bits(self) -> int:
        """Of a code."""
        return self.unit.element.bits

    @property
    def elements(self) -> ElementCodes:
        """A value over the scale, before the zero point is added."""
        element = self.unit.element
        assert isinstance(element, Integer)
        wide = replace(element, width=element.width + 1, signed=True, symmetric=True)
        return rounded_by(self.unit, ElementCodes(wide, True))

    @cached_property
    def _reach(self) -> tuple[int, int]:
        return (1 << self.bits) - 1, 0

    # A value.

    def prepare(self, m: Module, enable: Value, code: Value, name: str) -> Prepared:
        """What is compared is two numbers: the magnitude of what is positive, and of what is
        not."""
        found = super().prepare(m, enable, code, name)
        line = delayed(m, enable, code, self.preparing - 1, f"{name}_early")
        size, sign = line[:-1], line[-1]
        ends = Cat(Mux(sign, 0, size)[: len(size)], Mux(sign, size, 0)[: len(size)])
        return found._replace(key=delayed(m, enable, ends, 1, f"{name}_ends"))

    # A block.

    @property
    def _fraction(self) -> int:
        """Bits of the range below its leading one: as many as decide each bit of the quotient."""
        return max(self._scale_steps + self.bits - 2, self.wide.mantissa_width)

    @property
    def _sum(self) -> RangeSum:
        return RangeSum(self.wide.significand_width, self._fraction)

    @property
    def _summed(self) -> int:
        """Cycles until the range is there."""
        return significands.cycles(self.wide, self.small) + self._sum.cycles

    @property
    def dividing(self) -> int:
        return self._summed + 1 + digits(self._fraction + 1, self.bits) + 1

    def _ends(self, m: Module, enable: Value, key: Value, name: str) -> list[significands.Normal]:
        """The two ends of a block's range."""
        half = len(key) // 2
        return [
            significands.normalised(
                m, enable, self.wide, Cat(end, Const(0, 1)), f"{name}_{what}", self.small
            )
            for what, end in (("high", key[:half]), ("low", key[half:]))
        ]

    def _ratio(
        self, m: Module, enable: Value, key: Value, tensor: Value | None, name: str
    ) -> tuple[Quotient, Value, Value]:
        half, low = len(key) // 2, self.wide.mantissa_width
        bad = key[low:half].all() | key[half + low :].all()
        ends = self._ends(m, enable, key, f"{name}_end")
        total, more, exponent = self._sum.add(m, enable, ends, f"{name}_range")

        # A block of zeros has the scale 1, as if its range were all steps.
        ones, place = self._reach[0], self._fraction - self.bits + 1
        none = ~total[-1]
        number = delayed(
            m, enable, Mux(none, ones << place, total)[: len(total)], 1, f"{name}_number"
        )
        found = Signal(signed(EXPONENT), name=f"{name}_exponent")
        m.d.comb += found.eq(Mux(none, self._shift, exponent) - self._shift)
        ratio = over_ones(m, enable, number, self.bits, f"{name}_ratio")
        lost = place - (self._scale_steps - 1)
        rest = ratio.rest | ratio.bits[:lost].any() if lost else ratio.rest
        after = self.dividing - self._summed
        rest = rest | delayed(m, enable, more, after, f"{name}_more")
        return (
            Quotient(ratio.bits[lost : lost + self._scale_steps], rest),
            delayed(m, enable, found, after, f"{name}_power"),
            delayed(m, enable, bad, self.dividing, f"{name}_bad"),
        )

    @property
    def storing(self) -> int:
        return 1

    def _stored(self, m: Module, enable: Value, code: Value, name: str) -> Value:
        """No scale of a range is zero: the least is the least above."""
        least = Signal(len(code), name=f"{name}_least")
        m.d.comb += least.eq(Cat(code[0] | ~code.any(), code[1:]))
        return delayed(m, enable, least, 1, f"{name}_above_zero")

    def _beside(self, m: Module, enable: Value, key: Value, name: str) -> dict[str, Value]:
        """The lower end of the range, as elements have it."""
        half = len(key) // 2
        found = significands.normalised(
            m, enable, self.wide, Cat(key[half:], Const(0, 1)), f"{name}_lower", self.small
        )
        late = self.holding - 1 - significands.cycles(self.wide, self.small)
        return {"lower": delayed(m, enable, Cat(*found), late, f"{name}_lower_end")}

    # An element.

    @property
    def coding(self) -> int:
        return super().coding + 2

    @cached_property
    def _nearest(self) -> DividedCodes:
        """How the zero point is made of the lower end."""
        return DividedCodes(ElementCodes(self.elements.element, True), self._coded.wide)

    def codes(
        self,
        m: Module,
        enable: Value,
        lines: Sequence[Value],
        held: SimpleNamespace,
        name: str,
        numbers: Sequence[Value] = (),
    ) -> list[Value]:
        """The codes of elements of a block, and its zero point."""  # fmt: skip
        lower, near = [Cat(held.lower, Const(0, 1))], self._nearest
        if numbers:
            plain = super().codes(m, enable, lines, held, name, numbers)
            [zero] = near.codes(m, enable, lower, held, f"{name}_zero")
            late = self._coded.coding - near.coding
            zero = delayed(m, enable, zero, late, f"{name}_zero_late")
        else:
            *plain, zero = super().codes(m, enable, [*lines, *lower], held, name)
        zero = zero[: self.bits]
        found = []
        for number, code in enumerate(plain):
            total = Signal(signed(self.bits + 2), name=f"{name}_moved_{number}", reset_less=True)
            with m.If(enable):
                m.d.sync += total.eq(code.as_signed() + zero)
            over, below = total[self.bits], total[-1]
            clipped = Mux(below, 0, total[: self.bits] | over.replicate(self.bits))[: self.bits]
            found.append(delayed(m, enable, clipped, 1, f"{name}_clipped_{number}"))
        return [*found, delayed(m, enable, zero, 2, f"{name}_zero")]
