"""Scales that are powers of two: exponents, and elements by the place of their leading bit.

No number is divided. With a block's scale 2^(X - 127) and M = X + emax, emax the exponent of the
element's greatest value, a value whose biased exponent is E has its leading bit M - E places below
that of the greatest value. So M - E says what an element's exponent is, and where it is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed

from ...golden.formats import Minifloat, lookup
from ...golden.quantize.rules import reach
from ...golden.units import Quantize
from ..arith.shift import leading_zeros, shift_left
from ..arith.timing import delayed
from .element_codes import ElementCodes
from .stochastic_codes import rounded_by

#: The bias of E8M0, and of the floats that come in, once they are as wide.
BIAS = 127


def widened(source: Minifloat) -> Minifloat:
    """``source`` with 8 exponent bits: then nothing is subnormal, if it had fewer."""
    if source.exponent_width == 8:
        return source
    found = lookup(f"e8m{source.mantissa_width}_ieee")
    assert isinstance(found, Minifloat)
    return found


class Prepared(NamedTuple):
    """What is left of a value.

    Parameters
    ----------
    key : grows with its magnitude: the exponent, and below it whether the rule takes the next one.
    kept : sign, exponent and the top of the significand, as :class:`PowerScale` reads them.
    """

    key: Value
    kept: Value


@dataclass(frozen=True)
class PowerScale:
    """How a unit's values become codes with E8M0 scales.

    Parameters
    ----------
    unit : :class:`Quantize`
        With a power-of-two rule.
    """

    unit: Quantize

    #: Numbers of a value of which the greatest of a block is wanted.
    keys = 1

    # Formats.

    @property
    def wide(self) -> Minifloat:
        """What values become first: 8 exponent bits, so that E8M0 has no smaller unit than they."""
        return widened(self.unit.quantized)

    @property
    def elements(self) -> ElementCodes:
        """How significands become codes."""
        plain = ElementCodes(self.unit.element, True)
        plain = replace(plain, sticky=self.wide.mantissa_width > plain.digits + 1)
        return rounded_by(self.unit, plain)

    @property
    def digits(self) -> int:
        return self.elements.digits

    @property
    def top(self) -> int:
        return self.elements.top

    @property
    def raised(self) -> int:
        """How far a subnormal value may have to be shifted up, beyond one place.

        Further down than that, where it is rounded does not depend on its leading bit.
        """
        if self.wide != self.unit.quantized:
            return 0  # nothing is subnormal there
        return max(self.elements.span - self.top, 0)

    @property
    def counts(self) -> bool:
        """Whether the rule may take the next power of two."""
        return self.unit.rule != "floor"

    @property
    def key_width(self) -> int:
        return 8 + self.counts

    @property
    def exponent_bits(self) -> int:
        return 8 + bool(self.raised)

    # A value.

    @property
    def preparing(self) -> int:
        """Cycles of :meth:`prepare`."""
        return 1 + 2 * bool(self.raised)

    def prepare(self, m: Module, enable: Value, code: Value, name: str) -> Prepared:
        """A value of format ``wide``, ``preparing`` cycles later."""
        width = self.wide.mantissa_width
        mantissa, exponent, sign = code[:width], code[width : width + 8], code[-1]
        normal = Signal(name=f"{name}_normal")
        m.d.comb += normal.eq(exponent.any())
        # Exponent 0 counts as its own binade, one below that of 1: so it has the leading bit there.
        fraction = Signal(width, name=f"{name}_fraction")
        m.d.comb += fraction.eq(Mux(normal, mantissa, mantissa << 1))
        leads = normal | mantissa[-1]
        key = [exponent]
        if self.counts:
            # Below emax = 1 no subnormal asks for more than the least scale.
            exact = self.top == 0
            judged = fraction if exact else mantissa
            key = [self._next(judged) & (leads if exact else 1), exponent]
        keys = delayed(m, enable, Cat(*key), self.preparing, f"{name}_key")
        if not self.raised:
            kept = Cat(self._significand(fraction, leads), exponent, sign)
            return Prepared(keys, delayed(m, enable, kept, 1, f"{name}_kept"))
        # Subnormal values are shifted up, as far as it matters.
        room = self.raised.bit_length()
        # Zero counts as shifted all the way: its distance is then beyond all normal numbers.
        top = Cat(Const(0, self.raised), mantissa)[-self.raised :]
        zeros = Signal(room, name=f"{name}_zeros")
        with m.If(enable):
            m.d.sync += zeros.eq(Mux(normal, 0, leading_zeros(m, top)))
        first = delayed(m, enable, Cat(fraction, leads, exponent, sign), 1, f"{name}_first")
        moved = shift_left(m, first[: width + 1], zeros, width + 1)
        below = Signal(signed(self.exponent_bits), name=f"{name}_below")
        # With an exponent of 0 there is nothing to subtract from.
        negative = zeros.any()
        opposite = Signal(room, name=f"{name}_opposite")
        m.d.comb += opposite.eq(-zeros)
        low = first[width + 1 : width + 9]
        m.d.comb += below.eq(
            Cat(Mux(negative, opposite, low[:room]), low[room:] | negative.replicate(8 - room),
                negative)
        )  # fmt: skip
        then = delayed(m, enable, Cat(moved, below, first[-1]), 1, f"{name}_moved")
        kept = Cat(self._significand(then[:width], then[width]), then[width + 1 :])
        return Prepared(keys, delayed(m, enable, kept, 1, f"{name}_kept"))

    def _next(self, mantissa: Value) -> Value:
        """Whether the rule takes the power of two above a value of this mantissa."""
        if self.unit.rule == "ceil":
            return mantissa.any()
        width = len(mantissa)
        if self.unit.rule == "even":
            most = self.digits + 1
            # Where values have fewer bits than an element, half a last place is never reached.
            return mantissa[-most:].all() if most <= width else Const(0, 1)
        greatest = int(reach(self.unit.element) / 2.0**self.top * 2.0**width) - (1 << width)
        return mantissa > greatest

    def _significand(self, fraction: Value, leads: Value) -> Value:
        """The bits of an element, those that say how it is rounded, and of nearest even whether
        there is more, from below."""
        width, most = len(fraction), self.elements.wide - self.elements.sticky - 1
        if width <= most:
            return Cat(Const(0, most - width), fraction, leads)
        rest = width - most
        below = [fraction[:rest].any()] if self.elements.sticky else []
        return Cat(*below, fraction[rest:], leads)

    # A block.

    @property
    def holding(self) -> int:
        """Cycles of :meth:`hold`."""
        return 1 + self.counts

    def hold(
        self, m: Module, enable: Value, key: Value, takes: Value, name: str, tensor: Value | None
    ) -> tuple[Value, Value]:
        """M, with a bit above it for blocks that are not finite, and the scale's code X.

        They belong to the greatest ``key`` of a block, ``holding`` cycles later, and then stay:
        ``takes`` is high one cycle before that.
        """
        exponent, bad = key[-8:], Signal(name=f"{name}_bad")
        m.d.comb += bad.eq(exponent.all())
        if self.counts:
            bad = delayed(m, enable, bad, 1, f"{name}_was_bad")
            total = Signal(8, name=f"{name}_total")
            m.d.comb += total.eq(exponent + key[0])
            exponent = delayed(m, enable, total, 1, f"{name}_exponent") | bad.replicate(8)
        # What is less than emax has no bits above those of emax.
        few, clamped = self.top.bit_length(), Signal(8, name=f"{name}_clamped")
        high, scale = Signal(9, name=f"{name}_high"), Signal(8, name=f"{name}_scale")
        nan = Signal(name=f"{name}_nan")
        low = exponent < self.top
        if self.wide != self.unit.quantized:
            # Only zero has an exponent of 0: such a block lies as far off as it can.
            low = exponent < max(self.top, 1)
            bad_or_zero = bad | low
        else:
            bad_or_zero = bad
        # 2^128 is beyond E8M0, which matters where emax is 0.
        if self.counts and not self.top:
            held = Cat(exponent[0] & ~(exponent.all() & ~bad), exponent[1:])
        else:
            held = exponent
        m.d.comb += clamped.eq(Cat(Mux(low, Const(self.top, few), held[:few]), held[few:]))
        with m.If(enable & takes):
            m.d.sync += [
                high.eq(Cat(clamped, bad_or_zero)),
                scale.eq(clamped - self.top),
                nan.eq(bad),
            ]
        # 255 - emax and the bits of emax are the 255 of NaN.
        return high, scale | Mux(nan, self.top, 0)

    # An element.

    @property
    def coding(self) -> int:
        """Cycles of :meth:`codes`."""
        return 1 + self.elements.coding

    @property
    def waits(self) -> int:
        """Cycles from values to when their random numbers are wanted."""
        return self.coding - self.elements.coding + 2

    def codes(
        self,
        m: Module,
        enable: Value,
        lines: Sequence[Value],
        high: Value,
        name: str,
        numbers: Sequence[Value] = (),
    ) -> list[Value]:
        """The codes of elements of a block with ``high``, ``coding`` cycles later."""  # fmt: skip
        off = delayed(m, enable, high[8], 1, f"{name}_off")
        return [
            self._code(m, enable, line, high[:8], off, f"{name}_{lane}",
                       numbers[lane] if numbers else None)
            for lane, line in enumerate(lines)
        ]  # fmt: skip

    def _code(
        self, m: Module, enable: Value, kept: Value, high: Value, off: Value, name: str,
        number: Value | None,
    ) -> Value:  # fmt: skip
        wide = self.elements.wide
        bits, exponent, sign = kept[:wide], kept[wide:-1], kept[-1]
        exponent = exponent.as_signed() if self.raised else exponent
        distance = Signal(8 + bool(self.raised), name=f"{name}_distance")
        with m.If(enable):
            m.d.sync += distance.eq(high - exponent)
        # No value is beyond the elements of its block by more than its rounding.
        line = delayed(m, enable, Cat(bits, Const(0, 1), sign), 1, f"{name}_beside")
        few = self.elements.far.bit_length()
        near = Signal(few, name=f"{name}_near")
        m.d.comb += near.eq(Mux(off | distance[few:].any(), self.elements.far, distance[:few]))
        return self.elements.write(m, enable, near, line, name, number)
