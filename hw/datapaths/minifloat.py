"""``minifloat``: magnitudes of six bits in all, multiplied by tables of one LUT a bit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import data

from ...golden.bounds import Range
from ...golden.formats import Format, Minifloat
from ..arith.digits import Digit, Row, chain_sites
from ..arith.table import look_up
from .base import SETTING, Setting
from .chain import Chained
from .recoded import inverted

#: Inputs of a LUT.
_INPUTS = 6


@dataclass(frozen=True)
class MinifloatTable(Chained):
    """The magnitude of a product is a function of six bits; its sign goes in as a carry.

    Where a product has at most one bit in an even and one in an odd position (E2M1 × E2M1), five
    signals say which, and the LUT that adds a bit decodes it.
    """

    name = "minifloat"
    scope = "two minifloats without NaN whose codes, without signs, have up to 6 bits together"

    @classmethod
    def serves(cls, weight: Format, activation: Format) -> bool:
        pair = weight, activation
        finite = all(isinstance(f, Minifloat) and not (f.has_nan or f.has_inf) for f in pair)
        return finite and sum(_magnitude_bits(f) for f in pair) <= _INPUTS

    @classmethod
    def estimate(cls, weight: Format, activation: Format, setting: Setting = SETTING) -> float:
        plan = cls(weight, activation, lanes=1)
        return chain_sites(plan.digits, setting.lanes) + plan.controls

    @property
    def controls(self) -> int:
        return int(self.layouts[0].size)

    @cached_property
    def magnitudes(self) -> list[int]:
        """The product's magnitude, for each code of a weight (low bits) and an activation."""
        weights, activations = (
            [abs(int(v)) for v in f.integers(range(1 << _magnitude_bits(f)))]
            for f in (self.weight, self.activation)
        )
        return [w * a for a in activations for w in weights]

    @property
    def width(self) -> int:
        return max(self.magnitudes).bit_length()

    @property
    def layouts(self) -> tuple[data.StructLayout, ...]:
        body = {"even": 2, "odd": 2, "end": 1} if self._paired else {"magnitude": self.width}
        return (data.StructLayout({**body, "sign": 1}),)

    @property
    def _paired(self) -> bool:
        return set(self.magnitudes) <= set(map(_value, range(32)))

    def encode(self, m: Module, stage: int, weight: Value, activation: Value, before: Any) -> Value:
        codes = weight, activation
        bits = [_magnitude_bits(f) for f in (self.weight, self.activation)]
        index = Cat(*(code[:width] for code, width in zip(codes, bits, strict=True)))
        sign = Const(0, 1)
        for code, width in zip(codes, bits, strict=True):
            sign = sign ^ code[width:].any()
        table, width = self.magnitudes, self.width
        if self._paired:
            states = {_value(state): state for state in reversed(range(32))}
            table, width = [states[magnitude] for magnitude in table], 5
        return Cat(look_up(m, index, table, width, "encoded"), sign)

    @property
    def digits(self) -> tuple[Digit, ...]:
        greatest, signed = max(self.magnitudes), self.product.signed
        return (
            Digit(
                Range(0, -greatest - 1 if signed else 0, greatest),
                Range(0, -greatest if signed else 0, greatest),
                signed,
            ),
        )

    def rows(self, m: Module, weight: Value, activation: Value, encoded: Any) -> list[Row]:
        magnitude = self._magnitude(m, encoded)
        if not self.product.signed:
            return [Row(magnitude, Const(0, 1))]
        sign = encoded.sign
        width = self.digits[0].bits.width - 1
        bits = inverted(Cat(magnitude, Const(0, width - len(magnitude))), sign)
        return [Row(Cat(bits, sign), sign)]

    def _magnitude(self, m: Module, encoded: Any) -> Value:
        if not self._paired:
            return encoded.magnitude
        low = Signal(self.width, name="low")
        even, odd, end = encoded.even, encoded.odd, encoded.end
        m.d.comb += low.eq(Cat(
            end & (even == 0), odd == 1, even == 1, odd == 2,
            even == 2, odd == 3, even == 3, end & (even == 2),
        ))  # fmt: skip
        return low


def _value(state: int) -> int:
    """The magnitude that five signals stand for: ``even``, ``odd``, ``end``, lowest first.

    ``even`` and ``odd`` name a bit of 2, 4, 6 and 1, 3, 5; ``end`` bit 0, or bit 7 beside bit 4.
    """
    even, odd, end = state & 3, state >> 2 & 3, state >> 4
    value = (1 << 2 * even if even else 0) | (1 << 2 * odd - 1 if odd else 0)
    return value | (end if even == 0 else end << 7 if even == 2 else 0)


def _magnitude_bits(fmt: Format) -> int:
    return fmt.bits - (fmt.low < 0)
