"""Rules by which sums become narrow codes: what each needs, and exactly what it gives.

All integers are exact: Python's own where 63 bits do not hold them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.choices import Choices
from ..errors import DesignError, UnknownName
from ..exact import to_float
from ..formats import ROUNDINGS, Format, Integer, Minifloat, lookup
from ..tail import clamped
from .scaled import of_integers, rounded_product

if TYPE_CHECKING:
    from .requantize import Requantize

Array = npt.NDArray[Any]

#: Rounding of what is shifted out; ``nearest_up``: ties toward +infinity.
SHIFT_ROUNDINGS = (*ROUNDINGS, "nearest_up")

#: Bits of TFLite's multipliers behind the point: they are fractions in Q31.
Q31 = 31

#: Greatest distance of a shift.
FARTHEST = 64


class Rule(ABC):
    """A rule; ``needs`` says what its multiplier is, in words."""

    name: ClassVar[str]
    about: ClassVar[str]
    needs: ClassVar[str]

    @abstractmethod
    def check(self, unit: Requantize) -> None:
        """Raise DesignError unless ``unit`` can follow the rule."""

    #: Whether its sums may be floats.
    floats: ClassVar[bool] = False

    @abstractmethod
    def apply(self, unit: Requantize, sums: Array, held: Mapping[str, Array]) -> Array:
        """Exact integers (of any size), or codes of ``unit.summed`` -> codes of results. ``held``
        are codes, which broadcast."""


class Shifted(Rule):
    """Multiplies by an integer and shifts to the right."""

    needs = "an integer multiplier or none"

    def check(self, unit: Requantize) -> None:
        if unit.floats:
            raise DesignError(
                f"rule {unit.rule}: sums are integers of up to 64 bits, got {unit.sums.name}: "
                "choose rule qlinear for integer results, scale for floats"
            )
        multiplier = unit.multiplier
        if multiplier is not None and not isinstance(multiplier, Integer):
            raise DesignError(
                f"rule {unit.rule} takes {self.needs}, got {multiplier.name}"
                + (": choose rule qlinear or scale" if isinstance(multiplier, Minifloat) else "")
            )
        if not isinstance(unit.result, Integer):
            floats = isinstance(unit.result, Minifloat)
            raise DesignError(
                f"rule {unit.rule} gives integers, got result {unit.result.name}"
                + (": choose rule scale" if floats else "")
            )
        if not 0 <= unit.constant <= FARTHEST:
            raise DesignError(f"distance must be 0 to {FARTHEST}, got {unit.constant}")
        low, high = unit.shifts
        if low < -FARTHEST or high > 2 * FARTHEST:
            raise DesignError(
                f"distance and shift together must lie in {-FARTHEST} to {2 * FARTHEST}, got "
                f"{low} to {high}: take a narrower format for the shift"
            )

    def apply(self, unit: Requantize, sums: Array, held: Mapping[str, Array]) -> Array:
        products = sums
        if unit.multiplier is not None:
            assert isinstance(unit.multiplier, Integer)
            products = sums * _whole(unit.multiplier, held["multiplier"])
        distance = np.full(products.shape, unit.constant, object)
        if unit.shift is not None:
            assert isinstance(unit.shift, Integer)
            distance = distance + _whole(unit.shift, held["shift"])
        return unit.ended(self.shifted(unit, products, distance))

    def shifted(self, unit: Requantize, products: Array, distance: Array) -> Array:
        """Products over 2**distance, rounded; where it is negative, times as much."""
        return shift_right(products, distance, unit.rounding)


class Dyadic(Shifted):
    """HAWQ-V3: y = round(x · m / 2^e)."""

    name = "dyadic"
    about = "x · m / 2^e, rounded once (HAWQ-V3 to nearest even); without a multiplier, x / 2^e"


class Tflite(Shifted):
    """TFLite and gemmlowp with double rounding, a multiplier in Q31 and a right shift.

    SaturatingRoundingDoublingHighMul gives x · m / 2^31, ties toward +infinity;
    RoundingDivideByPOT shifts it to the right, ties away from zero. A shift to the left comes
    before both, where it is exact here (there, it must not overflow). Source:
    gemmlowp, fixedpoint.h; TFLite, common.h: MultiplyByQuantizedMultiplier.
    """

    name = "tflite"
    about = "x · m / 2^31, ties up, then shifted to the right, ties away from zero (TFLite)"

    def check(self, unit: Requantize) -> None:
        if unit.multiplier is None:
            raise DesignError("rule tflite needs a multiplier, such as int32: got none")
        if unit.constant != Q31:
            raise DesignError(
                f"rule tflite multiplies by fractions in Q{Q31}: distance must be {Q31}, got "
                f"{unit.constant}"
            )
        if unit.rounding != "nearest_even":
            raise DesignError(
                f"rule tflite has its own roundings, got rounding {unit.rounding}: leave it out, "
                "or choose rule dyadic"
            )
        super().check(unit)

    def shifted(self, unit: Requantize, products: Array, distance: Array) -> Array:
        first = np.minimum(distance, Q31)
        upper = shift_right(products, first, "nearest_up")
        return shift_right(upper, distance - first, "nearest_away")


class Scale(Rule):
    """The exact product of a sum and a float scale, rounded once to a float."""

    name = "scale"
    about = "x · s exactly, rounded once to a float result"
    needs = "a float multiplier or none"
    floats = True

    def check(self, unit: Requantize) -> None:
        if unit.multiplier is not None and not isinstance(unit.multiplier, Minifloat):
            raise DesignError(
                f"rule scale takes {self.needs}, got {unit.multiplier.name}: choose a float such "
                "as fp32" + (", or rule dyadic" if isinstance(unit.multiplier, Integer) else "")
            )
        if not isinstance(unit.result, Minifloat) or not unit.result.has_zero:
            raise DesignError(
                f"rule scale gives floats with a zero, got result {unit.result.name}"
                + (": choose rule qlinear" if isinstance(unit.result, Integer) else "")
            )
        no_shift(unit)
        if unit.zero:
            raise DesignError(
                f"zero points belong to integer results, got zero {unit.zero} beside result "
                f"{unit.result.name}: leave zero out"
            )
        bring = [fmt for fmt in (unit.sums, unit.multiplier) if isinstance(fmt, Minifloat)]
        source = next((fmt.name for fmt in bring if fmt.has_nan), None)
        if source and not unit.result.has_nan and unit.nan != "zero":
            raise DesignError(
                f"{unit.result.name} cannot hold NaN, which {source} can bring: nan = 'zero' makes "
                "it +0, or choose a result with NaN"
            )

    def apply(self, unit: Requantize, sums: Array, held: Mapping[str, Array]) -> Array:
        factors = [unit.summed.fields(sums) if unit.floats else of_integers(sums, unit.sums.lsb)]
        if unit.multiplier is not None:
            factors.append(unit.multiplier.fields(held["multiplier"]))
        codes = rounded_product(factors, unit.result, unit.saturates)
        codes = relu(unit.result, codes) if unit.relu else codes
        return clamped(codes, unit.result, *unit.clamp) if unit.clamp else codes


class Qlinear(Rule):
    """ONNX QLinearMatMul: FP32(x) · s in FP32, rounded to an integer, then the zero point.

    Each step rounds to nearest even, and the result saturates. NaN becomes the zero point. Source:
    ONNX, QLinearMatMul and QuantizeLinear; onnxruntime.
    """

    name = "qlinear"
    about = "FP32(x) · s in FP32, to the nearest integer, plus the zero point (ONNX QLinearMatMul)"
    needs = "fp32"
    floats = True

    def check(self, unit: Requantize) -> None:
        bare = unit.floats and unit.multiplier is None
        if unit.multiplier != lookup("fp32") and not bare:
            got = unit.multiplier.name if unit.multiplier else "none"
            raise DesignError(
                f"rule qlinear multiplies by fp32 scales, got multiplier {got}: choose fp32"
                + " or none" * unit.floats
            )
        if not isinstance(unit.result, Integer):
            raise DesignError(
                f"rule qlinear gives integers, got result {unit.result.name}"
                + (": choose rule scale" if isinstance(unit.result, Minifloat) else "")
            )
        no_shift(unit)

    def apply(self, unit: Requantize, sums: Array, held: Mapping[str, Array]) -> Array:
        single = lookup("fp32")
        if unit.floats:
            product = np.asarray(unit.summed.decode(sums))
        else:
            value = to_float(sums, unit.sums.lsb)
            product = np.asarray(single.decode(single.encode(value, saturate=False)))
        if unit.multiplier is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                exact = product * single.decode(held["multiplier"])
                product = np.asarray(single.decode(single.encode(exact, saturate=False)))
        bound = float(1 << unit.result.bits + 2)
        nearest = np.rint(np.clip(np.where(np.isnan(product), 0.0, product), -bound, bound))
        return unit.ended(nearest.astype(np.int64).astype(object))


#: The rules by name; hardware for each: macsmith.hw.units.requantizers.
RULES: Choices[Rule] = Choices("rule", "macsmith.golden.units.requantize_rules")
for _rule in (Dyadic(), Tflite(), Scale(), Qlinear()):
    RULES.register(_rule.name, _rule)


def no_shift(unit: Requantize) -> None:
    """Raise DesignError for what only integer multipliers have."""
    if unit.shift is not None or unit.constant:
        raise DesignError(
            f"shift and distance belong to integer multipliers, rule {unit.rule} takes none: got "
            f"shift {unit.shift.name if unit.shift else 'none'}, distance {unit.constant}; leave "
            "them out"
        )
    if unit.rounding != "nearest_even":
        raise DesignError(
            f"rule {unit.rule} rounds to nearest_even, got {unit.rounding}: leave rounding out"
        )


def check_rounding(name: str) -> None:
    if name not in SHIFT_ROUNDINGS:
        raise UnknownName("rounding", name, SHIFT_ROUNDINGS)


def shift_right(values: Array, distance: Array, rounding: str) -> Array:
    """Integers over ``2**distance``, rounded to integers; times as much where it is negative."""
    left = np.maximum(-distance, 0).astype(object)
    values, distance = values.astype(object) << left, distance.astype(object) + left
    power = 1 << distance
    whole = values >> distance  # rounded down
    rest = values - whole * power
    half = (2 * rest > power).astype(np.int8) - (2 * rest < power)
    half, inexact, negative = half.astype(np.int8), rest != 0, values < 0
    odd = whole & 1 == 1
    up = {
        "nearest_up": half >= 0,
        "nearest_away": (half > 0) | ((half == 0) & ~negative),
        "nearest_even": (half > 0) | ((half == 0) & odd),
        "toward_zero": inexact & negative,
        "up": inexact,
        "down": np.zeros_like(inexact),
        "odd": inexact & ~odd,
    }[rounding]
    return np.asarray(whole + up.astype(object))


def relu(result: Format, codes: Array) -> Array:
    """Codes of a float with negative ones as +0; NaN stays."""
    value = result.decode(codes)
    return np.where((value < 0) | ((value == 0) & np.signbit(value)), 0, codes).astype(codes.dtype)


def _whole(fmt: Integer, codes: Array) -> Array:
    return np.asarray(fmt.integers(codes)).astype(object)
