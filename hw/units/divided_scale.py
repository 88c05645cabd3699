"""Scales that are floats: the greatest magnitude over a constant, and values over the scale.

Both are divided bit by bit, exactly: what is left decides ties. The scale is rounded to its format
and read again as it is stored, so that values are divided by what a reader will multiply with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from types import SimpleNamespace

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed

from ...golden.formats import Minifloat
from ...golden.quantize.rules import reach
from ...golden.units import Quantize
from ..arith import quotient as division
from ..arith.timing import delayed
from . import significands
from .divided_codes import EXPONENT, DividedCodes
from .element_codes import ElementCodes
from .power_scale import BIAS, Prepared, widened
from .quotient_float import QuotientToFloat, odd
from .stochastic_codes import rounded_by
from .tensor_product import product_cycles, times_tensor

#: The rounding of a scale under each rule.
ROUNDING = {"absmax": "up", "nearest": "nearest_even"}


@dataclass(frozen=True)
class DividedScale:
    """How a unit's values become codes with scales that are no powers of two.

    Parameters
    ----------
    unit : :class:`Quantize`
        With a rule of float scales.
    """

    unit: Quantize

    #: Numbers of a value of which the greatest of a block is wanted.
    keys = 1

    # Formats.

    @property
    def wide(self) -> Minifloat:
        return widened(self.unit.quantized)

    @property
    def small(self) -> bool:
        """Whether values may be subnormal."""
        return self.wide == self.unit.quantized

    @property
    def elements(self) -> ElementCodes:
        return rounded_by(self.unit, ElementCodes(self.unit.element, True))

    @property
    def scale(self) -> Minifloat:
        assert isinstance(self.unit.scale, Minifloat)
        return self.unit.scale

    @property
    def tensor(self) -> Minifloat | None:
        assert self.unit.tensor is None or isinstance(self.unit.tensor, Minifloat)
        return self.unit.tensor

    @cached_property
    def _reach(self) -> tuple[int, int]:
        """The greatest element: an odd number, and the exponent of its unit."""
        return odd(Fraction(reach(self.unit.element)))

    @property
    def _shift(self) -> int:
        """What is taken from a value's biased exponent for that over the greatest element."""
        number, unit = self._reach
        return BIAS + unit + number.bit_length() - 1

    @property
    def key_width(self) -> int:
        return self.wide.bits - 1

    # A value.

    @property
    def preparing(self) -> int:
        return significands.cycles(self.wide, self.small)

    def prepare(self, m: Module, enable: Value, code: Value, name: str) -> Prepared:
        """A value of format ``wide``: its magnitude, and what is divided."""
        found = significands.normalised(m, enable, self.wide, code, name, self.small)
        line = delayed(m, enable, code, self.preparing, f"{name}_code")
        return Prepared(line[:-1], Cat(*found, line[-1]))

    # A block.

    @property
    def _width(self) -> int:
        """Bits of a numerator and a divisor of the scale's quotient."""
        number = self._reach[0].bit_length()
        divisor = number + (self.tensor.significand_width if self.tensor else 0)
        return max(self.wide.significand_width, divisor)

    @property
    def _scale_steps(self) -> int:
        """Bits of that quotient: the scale's, one for a guard, one where the first is zero."""
        return self.scale.significand_width + 2

    @property
    def _rows(self) -> int:
        """Cycles of :meth:`_product`."""
        return product_cycles(self.scale.significand_width) if self.tensor else 0

    @cached_property
    def _rounded(self) -> QuotientToFloat:
        shift = self._shift
        low, high = -self.wide.mantissa_width - shift - 1, self.wide.max_exponent - shift
        if self.tensor:
            low, high = low - self.tensor.bias - 2, high + self.tensor.bias
        made = QuotientToFloat(
            self.scale, self._scale_steps, low, high, rounding=ROUNDING[self.unit.rule]
        )
        # A register after each step: it stands beside elements, not between them.
        return made.with_stages(len(made.levels))

    @property
    def dividing(self) -> int:
        """Cycles of :meth:`_ratio`."""
        return self._opening + division.cycles(self._scale_steps)

    @property
    def storing(self) -> int:
        """Cycles of :meth:`_stored`."""
        return 0

    @property
    def holding(self) -> int:
        """Cycles of :meth:`hold`."""
        return self.rounding + significands.cycles(self.scale) + self._rows + 1

    @property
    def rounding(self) -> int:
        """Cycles of :meth:`code`."""
        return self.dividing + 1 + self._rounded.latency + self.storing

    @property
    def _opening(self) -> int:
        """Cycles until the quotient begins: the value's, or those of the divisor."""
        return max(significands.cycles(self.wide, self.small), 2 if self.tensor else 0)

    def hold(
        self, m: Module, enable: Value, key: Value, takes: Value, name: str, tensor: Value | None
    ) -> tuple[SimpleNamespace, Value]:
        """What the elements of a block are divided by, and the code of its scale."""
        made, bad = self.code(m, enable, key, tensor, name)
        # As it is stored.
        stored = significands.normalised(m, enable, self.scale, made, f"{name}_stored")
        cycles = significands.cycles(self.scale) + self._rows
        code = delayed(m, enable, made, cycles, f"{name}_code")
        bad = delayed(m, enable, bad, cycles, f"{name}_was_bad")
        nothing = delayed(m, enable, ~stored.significand.any(), self._rows, f"{name}_nothing")
        significand, exponent = self._product(m, enable, stored, tensor, name)
        high = Signal(signed(EXPONENT), name=f"{name}_high")
        held = {"significand": significand, "high": high, "bad": bad, "nothing": nothing}
        m.d.comb += high.eq(exponent + (self.elements.top + BIAS - self.scale.bias))
        kept = SimpleNamespace()
        for what, value in {**held, **self._beside(m, enable, key, name), "code": code}.items():
            register = Signal(value.shape(), name=f"{name}_held_{what}", reset_less=True)
            with m.If(enable & takes):
                m.d.sync += register.eq(value)
            setattr(kept, what, register)
        return kept, kept.code

    def code(
        self, m: Module, enable: Value, key: Value, tensor: Value | None, name: str
    ) -> tuple[Value, Value]:
        """The code of the scale of a block with this greatest key: a quotient, rounded. And whether
        it is NaN."""
        ratio, exponent, bad = self._ratio(m, enable, key, tensor, name)
        inputs = {"i": ratio.bits, "exponent": exponent, "sticky": ratio.rest, "nan": bad}
        m.submodules[f"{name}_round"] = block = self._rounded.component()
        m.d.comb += block.enable.eq(enable)
        for port, value in inputs.items():
            m.d.comb += getattr(block, port).eq(delayed(m, enable, value, 1, f"{name}_{port}"))

        made = self._stored(m, enable, block.o, name)
        late = self._rounded.latency + self.storing + 1
        return made, delayed(m, enable, bad, late, f"{name}_no_scale")

    def _ratio(
        self, m: Module, enable: Value, key: Value, tensor: Value | None, name: str
    ) -> tuple[division.Quotient, Value, Value]:
        """The scale before it is rounded, the exponent of its top bit, and whether it is NaN."""
        found = significands.normalised(
            m, enable, self.wide, Cat(key, Const(0, 1)), f"{name}_greatest", self.small
        )
        late = self._opening - significands.cycles(self.wide, self.small)
        top = delayed(m, enable, Cat(*found), late, f"{name}_top")
        bad = key[self.wide.mantissa_width :].all()
        over, power, unfit = self._divisor(m, enable, tensor, name)
        bad = delayed(m, enable, bad, self._opening, f"{name}_bad") | unfit
        width, steps = self._width, self._scale_steps
        wide = self.wide.significand_width
        above = Cat(Const(0, width - wide), top[:wide])
        line = division.divisors(m, enable, over, steps, f"{name}_over")
        ratio = division.quotient(m, enable, above, line, f"{name}_ratio")
        exponent = Signal(signed(EXPONENT), name=f"{name}_exponent")
        m.d.comb += exponent.eq(top[wide:].as_signed() - self._shift - power)
        cycles = division.cycles(steps)
        exponent = delayed(m, enable, exponent, cycles, f"{name}_power")
        return ratio, exponent, delayed(m, enable, bad, cycles, f"{name}_still_bad")

    def _stored(self, m: Module, enable: Value, code: Value, name: str) -> Value:
        """The code of the scale, from that of the rounded quotient."""
        return code

    def _beside(self, m: Module, enable: Value, key: Value, name: str) -> dict[str, Value]:
        """What elements need of the block's greatest key beside its scale."""
        return {}

    def _divisor(
        self, m: Module, enable: Value, tensor: Value | None, name: str
    ) -> tuple[Value, Value, Value]:
        """The greatest element, times the tensor's scale: its significand, its exponent beyond that
        of the greatest element, and whether there is none; ``_opening`` cycles later."""
        width, number = self._width, self._reach[0]
        fmt = self.tensor
        if fmt is None or tensor is None:
            top = number << (width - number.bit_length())
            return Const(top, width), Const(0, 1), Const(0, 1)
        low, wide = fmt.mantissa_width, fmt.exponent_width
        biased = tensor[low : low + wide]
        unfit = tensor[-1] | ~biased.any() | biased.all()
        size = number.bit_length() + low + 1
        product = Signal(size, name=f"{name}_product")
        m.d.comb += product.eq(Cat(tensor[:low], Const(1, 1)) * number)
        product = delayed(m, enable, product, 1, f"{name}_product_late")
        moved = Mux(product[-1], product, product << 1)[:size]
        beyond = Signal(signed(wide + 1), name=f"{name}_beyond")
        early = delayed(m, enable, biased, 1, f"{name}_biased")
        m.d.comb += beyond.eq(early - fmt.bias + product[-1])
        cycles = self._opening - 1
        over = Cat(Const(0, width - size), moved)
        return (
            delayed(m, enable, over, cycles, f"{name}_divisor"),
            delayed(m, enable, beyond, cycles, f"{name}_beyond_late"),
            delayed(m, enable, unfit, self._opening, f"{name}_unfit"),
        )

    def _product(
        self,
        m: Module,
        enable: Value,
        stored: significands.Normal,
        tensor: Value | None,
        name: str,
    ) -> tuple[Value, Value]:
        """The scale as stored, times the tensor's: its significand, and the exponent of that as a
        number in 1…2, and the scale's bias more; ``_rows`` cycles after ``stored``."""
        fmt = self.tensor
        if fmt is None or tensor is None:
            return stored.significand, stored.exponent
        before = self.holding - 1 - self._rows
        line = delayed(m, enable, tensor[:-1], before, f"{name}_tensor")
        return times_tensor(m, enable, stored, line, fmt, name)

    # An element.

    @cached_property
    def _coded(self) -> DividedCodes:
        return DividedCodes(self.elements, self.wide.significand_width)

    @property
    def coding(self) -> int:
        """Cycles of :meth:`codes`."""
        return self._coded.coding

    @property
    def waits(self) -> int:
        """Cycles from values to when their random numbers are wanted."""
        return self._coded.waits

    def codes(
        self,
        m: Module,
        enable: Value,
        lines: Sequence[Value],
        held: SimpleNamespace,
        name: str,
        numbers: Sequence[Value] = (),
    ) -> list[Value]:
        """The codes of elements of a block, ``coding`` cycles later."""  # fmt: skip
        return self._coded.codes(m, enable, lines, held, name, numbers)
