"""Every binary floating-point format, from E1M1 to FP32, signed or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np

from ..errors import DesignError
from ..labels import check_label
from . import single
from .base import Array, Format, check_exponent
from .fields import Fields, Kind
from .rounding import Rounding, round_magnitude, stays_finite


class NaN(StrEnum):
    """Which codes are NaN.

    ``none``; ``last``: the greatest magnitude (OCP E4M3); ``mantissas``: of the exponent of all
    ones, every mantissa but 0 (IEEE 754); ``negative_zero``: the code of -0, which is no zero then.
    """

    NONE = "none"
    LAST = "last"
    MANTISSAS = "mantissas"
    NEGATIVE_ZERO = "negative_zero"


@dataclass(frozen=True)
class Policy:
    """What a float's codes mean beyond sign, exponent and mantissa: facts that do not depend on
    each other.

    Parameters
    ----------
    nan : which codes are NaN.
    infinity : whether the magnitude next to the greatest finite one is infinity.
    subnormals : whether the exponent field 0 stands for zero and subnormals; else it is an ordinary
        binade, and the format has no zero.
    """

    nan: NaN = NaN.NONE
    infinity: bool = False
    subnormals: bool = True


#: Policies by the name that stands behind ``eXmY_``.
POLICIES = {
    "finite": Policy(),  # OCP MX v1.0: E3M2, E2M3, E2M1
    "fn": Policy(NaN.LAST),  # OCP OFP8: E4M3
    "ieee": Policy(NaN.MANTISSAS, infinity=True),  # IEEE 754-2019, 3.4
    "fnuz": Policy(NaN.NEGATIVE_ZERO),  # the default bias is one larger
    "e8m0": Policy(NaN.LAST, subnormals=False),  # OCP MX v1.0: the shared scale
    "normal": Policy(subnormals=False),  # DenseShift's powers of two
}
#: IEEE P3109 (draft): the code of -0 is NaN, in unsigned formats the last code; bias as in fnuz.
P3109_POLICIES = {
    "sf": Policy(NaN.NEGATIVE_ZERO),
    "se": Policy(NaN.NEGATIVE_ZERO, infinity=True),
    "uf": Policy(NaN.LAST),
    "ue": Policy(NaN.LAST, infinity=True),
}


#: (exponent bits, mantissa bits, policy, bias) -> its name as a type of NumPy or ml_dtypes.
TYPES = {
    (8, 23, "ieee", 127): "float32",
    (5, 10, "ieee", 15): "float16",
    (8, 7, "ieee", 127): "bfloat16",
    (4, 3, "fn", 7): "float8_e4m3fn",
    (4, 3, "fnuz", 8): "float8_e4m3fnuz",
    (4, 3, "fnuz", 11): "float8_e4m3b11fnuz",
    (4, 3, "ieee", 7): "float8_e4m3",
    (3, 4, "ieee", 3): "float8_e3m4",
    (5, 2, "ieee", 15): "float8_e5m2",
    (5, 2, "fnuz", 16): "float8_e5m2fnuz",
    (8, 0, "e8m0", 127): "float8_e8m0fnu",
    (2, 3, "finite", 1): "float6_e2m3fn",
    (3, 2, "finite", 3): "float6_e3m2fn",
    (2, 1, "finite", 1): "float4_e2m1fn",
}


@dataclass(frozen=True)
class Minifloat(Format):
    """Sign, ``exponent_width`` bits of biased exponent, ``mantissa_width`` bits of mantissa.

    An exponent field E > 0 stands for ``(2**m + M) * 2**(E-bias-m)``, E = 0 for ``M *
    2**(1-bias-m)``. In the order of magnitudes come the finite values, then infinity if there is
    one, then NaNs if they have codes there. Source: IEEE 754-2019, 3.4; OCP OFP8 and MX v1.0; IEEE
    P3109, interim report 4.0 (draft).

    When not saturating, ``encode`` overflows to infinity, in formats without one to NaN, if the
    rounding does not lead a finite value back to the greatest one (IEEE 754-2019, 7.4); formats
    without either always saturate. A negative value in an unsigned format becomes the least value
    when saturating, else NaN.
    """

    name: str = field(compare=False)
    exponent_width: int
    mantissa_width: int
    policy: Policy
    bias: int
    signed: bool = True

    def __post_init__(self) -> None:
        check_label(self.name, "a format")
        if not 1 <= self.exponent_width <= 8 or not 0 <= self.mantissa_width <= 23:
            raise DesignError(
                "a float has 1 to 8 exponent bits and 0 to 23 mantissa bits, got "
                f"{self.exponent_width} and {self.mantissa_width}"
            )
        check_exponent(self.name, self.bias, "bias")
        if self.policy.nan is NaN.NEGATIVE_ZERO and not (self.signed and self.has_zero):
            raise DesignError(f"NaN takes the code of -0, which {self.name} does not have")
        if self.max_code < (0 if not self.has_zero else 1):
            raise DesignError(f"{self.name} has no finite value but zero")

    @property
    def type_name(self) -> str | None:
        # Of a format without sign the type with one: its codes below zero are refused.
        if self.signed and not self.has_zero:
            return None
        policy = next((name for name, known in POLICIES.items() if known == self.policy), "")
        return TYPES.get((self.exponent_width, self.mantissa_width, policy, self.bias))

    @property
    def type_only(self) -> bool:
        return True

    @property
    def bits(self) -> int:
        return self.signed + self.exponent_width + self.mantissa_width

    @property
    def lsb(self) -> int:
        return self.has_zero - self.bias - self.mantissa_width

    @property
    def _nans(self) -> int:
        """Magnitudes beyond the finite ones and infinity: NaNs."""
        counts = {NaN.LAST: 1, NaN.MANTISSAS: (1 << self.mantissa_width) - 1}
        return counts.get(self.policy.nan, 0)

    @property
    def max_code(self) -> int:
        """The greatest finite magnitude, as a code without sign."""
        codes = 1 << (self.exponent_width + self.mantissa_width)
        return codes - 1 - self._nans - self.has_inf

    @property
    def max_exponent(self) -> int:
        """The greatest biased exponent of a finite value."""
        return self.max_code >> self.mantissa_width

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
        return max(self.max_exponent - self.has_zero, 0)

    @property
    def has_nan(self) -> bool:
        return self._nans > 0 or self.policy.nan is NaN.NEGATIVE_ZERO

    @property
    def has_inf(self) -> bool:
        return self.policy.infinity

    @property
    def has_zero(self) -> bool:
        return self.policy.subnormals

    @property
    def has_negative_zero(self) -> bool:
        """Whether -0 has a code of its own."""
        return self.signed and self.has_zero and self.policy.nan is not NaN.NEGATIVE_ZERO

    @property
    def overflows(self) -> Kind:
        """What a value too large becomes where nothing saturates."""
        if self.has_inf:
            return Kind.INFINITE
        return Kind.NAN if self.has_nan else Kind.FINITE

    @property
    def beyond(self) -> int:
        """The magnitude that overflow gives: infinity, a NaN that keeps its sign, or the greatest
        finite one; where NaN has no magnitude of its own, ``nan_code`` replaces all of it."""
        return self.max_code + (self.has_inf or self._nans > 0)

    @property
    def nan_code(self) -> int:
        """The canonical NaN: positive, and quiet where there is a choice."""
        if not self.has_nan:
            raise DesignError(f"{self.name} has no NaN")
        if self.policy.nan is NaN.NEGATIVE_ZERO:
            return 1 << (self.bits - 1)
        last = (1 << (self.exponent_width + self.mantissa_width)) - 1
        rest = self.mantissa_width - 1 if self.policy.nan is NaN.MANTISSAS else 0
        return last >> rest << rest

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
        hidden = (biased > 0) | (not self.has_zero)
        significand = mantissa + (hidden.astype(np.int64) << m)
        exponent = np.maximum(biased, self.has_zero) - self.bias - m

        kind = np.where(magnitude > self.max_code, Kind.NAN, Kind.FINITE).astype(np.uint8)
        if self.has_inf:
            kind[magnitude == self.inf_code] = Kind.INFINITE
        if self.policy.nan is NaN.NEGATIVE_ZERO:
            kind[(sign == 1) & (magnitude == 0)] = Kind.NAN
        return Fields(sign.astype(bool), significand, exponent.astype(np.int32), kind)

    @cached_property
    def _single(self) -> bool:
        """Whether this is the machine's own float32."""
        return (self.exponent_width, self.mantissa_width, self.bias, self.signed, self.policy) == (
            *(8, 23, 127, True),
            POLICIES["ieee"],
        )

    def _decode(self, codes: Array, select: Array) -> Array:
        if self._single and single.subnormals():
            return single.decode(codes)
        return super()._decode(codes, select)

    def _encode(self, values: Array, rounding: Rounding, saturate: bool, select: int) -> Array:
        if self._single and rounding == "nearest_even" and single.subnormals():
            return single.encode(values, saturate)
        nan = np.isnan(values)
        magnitude = np.abs(np.where(nan, 0.0, values))
        infinite = np.isinf(magnitude)
        magnitude = np.where(infinite, 0.0, magnitude)
        negative = (np.signbit(values) if self.signed else values < 0) & ~nan
        m, least = self.mantissa_width, self.has_zero - self.bias

        if self.signed and not self.has_zero and rounding in ("up", "down"):
            # About zero the next value up is the least positive one.
            inner = magnitude < np.ldexp(1.0, least)
            negative = np.where(inner, rounding == "down", negative)

        # The binade, then the integer significand in units of its last place.
        exponent = np.frexp(magnitude)[1].astype(np.int64) - 1
        binade = np.maximum(np.where(magnitude > 0, exponent, least), least)
        scaled = np.ldexp(magnitude, (m - binade).astype(np.int32))
        offset = (binade - least - (not self.has_zero)) << m
        code = np.maximum(round_magnitude(scaled, offset, negative, rounding), 0)
        over = code > self.max_code
        code = np.where(over, self.max_code, code)
        over = infinite | (over & ~stays_finite(rounding, negative))
        return self._finish(code, negative, nan, over, saturate)

    def _finish(
        self, code: Array, negative: Array, nan: Array, over: Array, saturate: bool
    ) -> Array:
        """Apply overflow, sign and specials to a rounded magnitude."""
        saturate = saturate or self.overflows is Kind.FINITE
        code = np.where(over, self.max_code if saturate else self.beyond, code)
        if not saturate and self.beyond == self.max_code:
            nan = nan | over
        if not self.signed:
            below = negative & ((code > 0) | (not self.has_zero))
            code = np.where(below, 0 if saturate or not self.has_nan else self.nan_code, code)
        else:
            negative = negative & (self.has_negative_zero | (not self.has_zero) | (code > 0))
            code = code | (negative.astype(np.int64) << (self.bits - 1))
        if self.has_nan:
            code = np.where(nan, self.nan_code, code)
        return np.asarray(code).astype(self.dtype)
