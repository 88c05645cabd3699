"""Every binary floating-point format, from E1M1 to FP32, signed or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from ..errors import DesignError
from .base import Array, Fields, Format, Kind, check_exponent
from .rounding import Rounding, round_magnitude, stays_finite


class Policy(StrEnum):
    """Which codes are special.

    ``finite``: none. ``fn``: only the largest magnitude is NaN (OCP E4M3). ``ieee``: the exponent
    of all ones holds infinity (mantissa 0) and NaN. ``fnuz``: the code of -0 is NaN, and the
    default bias is one larger. ``e8m0``: as ``fn``, but exponent 0 is an ordinary binade: no
    zero, no subnormals. ``normal``: as ``e8m0``, without NaN (the powers of two of DenseShift).
    """

    FINITE = "finite"
    FN = "fn"
    IEEE = "ieee"
    FNUZ = "fnuz"
    E8M0 = "e8m0"
    NORMAL = "normal"


#: (exponent bits, mantissa bits, policy, bias) -> its name as a type of NumPy or ml_dtypes.
TYPES = {
    (8, 23, Policy.IEEE, 127): "float32",
    (5, 10, Policy.IEEE, 15): "float16",
    (8, 7, Policy.IEEE, 127): "bfloat16",
    (4, 3, Policy.FN, 7): "float8_e4m3fn",
    (4, 3, Policy.FNUZ, 8): "float8_e4m3fnuz",
    (4, 3, Policy.FNUZ, 11): "float8_e4m3b11fnuz",
    (4, 3, Policy.IEEE, 7): "float8_e4m3",
    (3, 4, Policy.IEEE, 3): "float8_e3m4",
    (5, 2, Policy.IEEE, 15): "float8_e5m2",
    (5, 2, Policy.FNUZ, 16): "float8_e5m2fnuz",
    (8, 0, Policy.E8M0, 127): "float8_e8m0fnu",
    (2, 3, Policy.FINITE, 1): "float6_e2m3fn",
    (3, 2, Policy.FINITE, 3): "float6_e3m2fn",
    (2, 1, Policy.FINITE, 1): "float4_e2m1fn",
}


@dataclass(frozen=True)
class Minifloat(Format):
    """Sign, ``exponent_width`` bits of biased exponent, ``mantissa_width`` bits of mantissa.

    An exponent field E > 0 stands for ``(2**m + M) * 2**(E-bias-m)``, E = 0 for ``M *
    2**(1-bias-m)``. Source: IEEE 754-2019, 3.4; OCP OFP8 and MX v1.0 for the policies.

    When not saturating, ``encode`` overflows to infinity (``ieee``) or NaN (``fn``, ``fnuz``), if
    the rounding does not lead a finite value back to the greatest one (IEEE 754-2019, 7.4);
    ``finite`` formats always saturate. A negative value in an unsigned format becomes the least
    value when saturating, else NaN.
    """

    name: str = field(compare=False)
    exponent_width: int
    mantissa_width: int
    policy: Policy
    bias: int
    signed: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.exponent_width <= 8 or not 0 <= self.mantissa_width <= 23:
            raise DesignError(
                "a float has 1 to 8 exponent bits and 0 to 23 mantissa bits, got "
                f"{self.exponent_width} and {self.mantissa_width}"
            )
        check_exponent(self.name, self.bias, "bias")
        if self.policy is Policy.FNUZ and not self.signed:
            raise DesignError(f"policy fnuz needs a sign bit to spare: {self.name}")
        if self.max_code < (0 if not self.has_zero else 1):
            raise DesignError(f"{self.name} has no finite value but zero")

    @property
    def type_name(self) -> str | None:
        # Of a format without sign the type with one: its codes below zero are refused.
        if self.signed and self.policy is Policy.E8M0:
            return None
        return TYPES.get((self.exponent_width, self.mantissa_width, self.policy, self.bias))

    @property
    def type_only(self) -> bool:
        return True

    @property
    def bits(self) -> int:
        return self.signed + self.exponent_width + self.mantissa_width

    @property
    def _subnormal(self) -> bool:
        return self.policy not in (Policy.E8M0, Policy.NORMAL)

    @property
    def lsb(self) -> int:
        return self._subnormal - self.bias - self.mantissa_width

    @property
    def max_code(self) -> int:
        """The greatest finite magnitude, as a code without sign."""
        everything = 1 << (self.exponent_width + self.mantissa_width)
        if self.policy is Policy.IEEE:
            return everything - 1 - (1 << self.mantissa_width)
        return everything - 1 - (self.policy in (Policy.FN, Policy.E8M0))

    @property
    def high(self) -> int:
        fields = self._fields(np.asarray(self.max_code), 0)
        return int(fields.significand) << (int(fields.exponent) - self.lsb)

    @property
    def low(self) -> int:
        return -self.high if self.signed else (0 if self.has_zero else 1)

    @property
    def significand_width(self) -> int:
        return self.mantissa_width + 1

    @property
    def exponent_span(self) -> int:
        return max((self.max_code >> self.mantissa_width) - self._subnormal, 0)

    @property
    def has_nan(self) -> bool:
        if self.policy is Policy.IEEE:
            return self.mantissa_width > 0
        return self.policy not in (Policy.FINITE, Policy.NORMAL)

    @property
    def has_inf(self) -> bool:
        return self.policy is Policy.IEEE

    @property
    def has_zero(self) -> bool:
        return self._subnormal

    @property
    def nan_code(self) -> int:
        """The canonical NaN: positive, and quiet where there is a choice."""
        if not self.has_nan:
            raise DesignError(f"{self.name} has no NaN")
        if self.policy is Policy.FNUZ:
            return 1 << (self.bits - 1)
        if self.policy is Policy.IEEE:
            return self.inf_code | 1 << (self.mantissa_width - 1)
        return self.max_code + 1

    @property
    def inf_code(self) -> int:
        """The code of +infinity."""
        if not self.has_inf:
            raise DesignError(f"{self.name} has no infinity")
        return self.max_code + 1

    def _fields(self, codes: Array, select: Array | int) -> Fields:
        m = self.mantissa_width
        magnitude_width = self.exponent_width + m
        codes = codes.astype(np.int64)
        sign = (codes >> magnitude_width) & 1 if self.signed else np.zeros_like(codes)
        magnitude = codes & ((1 << magnitude_width) - 1)
        biased, mantissa = magnitude >> m, magnitude & ((1 << m) - 1)
        hidden = (biased > 0) | (not self._subnormal)
        significand = mantissa + (hidden.astype(np.int64) << m)
        exponent = np.maximum(biased, self._subnormal) - self.bias - m

        kind = np.full(codes.shape, Kind.FINITE, np.uint8)
        if self.policy is Policy.FNUZ:
            kind[(sign == 1) & (magnitude == 0)] = Kind.NAN
        elif self.policy is Policy.IEEE:
            special = magnitude > self.max_code
            kind[special] = np.where(mantissa == 0, Kind.INFINITE, Kind.NAN)[special]
        else:
            kind[magnitude > self.max_code] = Kind.NAN
        return Fields(sign.astype(bool), significand, exponent.astype(np.int32), kind)

    def _encode(self, values: Array, rounding: Rounding, saturate: bool, select: int) -> Array:
        nan = np.isnan(values)
        magnitude = np.abs(np.where(nan, 0.0, values))
        infinite = np.isinf(magnitude)
        magnitude = np.where(infinite, 0.0, magnitude)
        negative = (np.signbit(values) if self.signed else values < 0) & ~nan
        m, least = self.mantissa_width, self._subnormal - self.bias

        if self.signed and not self.has_zero and rounding in ("up", "down"):
            # About zero the next value up is the least positive one.
            inner = magnitude < np.ldexp(1.0, least)
            negative = np.where(inner, rounding == "down", negative)

        # The binade, then the integer significand in units of its last place.
        exponent = np.frexp(magnitude)[1].astype(np.int64) - 1
        binade = np.maximum(np.where(magnitude > 0, exponent, least), least)
        scaled = np.ldexp(magnitude, (m - binade).astype(np.int32))
        offset = (binade - least - (not self._subnormal)) << m
        code = np.maximum(round_magnitude(scaled, offset, negative, rounding), 0)
        over = code > self.max_code
        code = np.where(over, self.max_code, code)
        over = infinite | (over & ~stays_finite(rounding, negative))
        return self._finish(code, negative, nan, over, saturate)

    def _finish(
        self, code: Array, negative: Array, nan: Array, over: Array, saturate: bool
    ) -> Array:
        """Apply overflow, sign and specials to a rounded magnitude."""
        saturate = saturate or self.policy in (Policy.FINITE, Policy.NORMAL)
        beyond = self.max_code + (not saturate and self.policy is not Policy.FNUZ)
        code = np.where(over, beyond, code)
        check_exponent(self.name, self.bias, "bias")
        if self.policy is Policy.FNUZ and not saturate:
            nan = nan | over
        if not self.signed:
            below = negative & ((code > 0) | (not self.has_zero))
            code = np.where(below, 0 if saturate else self.nan_code, code)
        elif self.policy is Policy.FNUZ:
            negative = negative & (code > 0)
        if self.signed:
            code = code | (negative.astype(np.int64) << (self.bits - 1))
        if self.has_nan:
            code = np.where(nan, self.nan_code, code)
        return np.asarray(code).astype(self.dtype)
