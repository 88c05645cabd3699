"""What a requantizer can be: types, formats and ends that fit together."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from ..description.output import NANS, Output
from ..errors import DesignError, UnknownName
from ..formats import Format, Integer, Minifloat

if TYPE_CHECKING:
    from .requantize import Requantize

#: Bits of integer sums, and of an integer result, at the most.
WIDEST_SUM, WIDEST_RESULT = 64, 16


def check_types(unit: Requantize) -> None:
    """Raise TypeError for what is no format, number or truth value."""
    numbers = "numbers" if isinstance(unit.result, Minifloat) else "whole numbers"
    for what, kinds, words in (
        ("sums", Format, "a format, such as lookup('int32')"),
        ("result", Format, "a format, such as lookup('int8')"),
        ("multiplier", Format | None, "a format or None"),
        ("shift", Format | None, "a format or None (a constant shift is distance)"),
        ("bias", Format | None, "a format or None"),
        ("rule", str, "a name"),
        ("rounding", str, "a name"),
        ("nan", str, "a name"),
        ("zero", int, "a whole number"),
        ("distance", int | None, "a whole number or None"),
        ("relu", bool, "True or False"),
        ("shared", bool, "True or False"),
        ("clamp", tuple, f"a tuple of two {numbers}, or ()"),
    ):
        value = getattr(unit, what)
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise TypeError(f"{what} must be {words}, got {value!r}")


def check_formats(unit: Requantize) -> None:
    """Raise DesignError for formats that no rule takes."""
    for what in ("sums", "result", "multiplier", "shift", "bias"):
        fmt = getattr(unit, what)
        if isinstance(fmt, Integer) and fmt.exponent:
            raise DesignError(
                f"{what} must be counted in ones, got {fmt.name} in units of "
                f"2^{fmt.exponent}: take int{fmt.bits}, and put the power into distance"
            )
    _check_sums(unit)
    _check_bias(unit)
    shift = unit.shift
    if shift is not None and (not isinstance(shift, Integer) or shift.bits > 32):
        raise DesignError(
            f"a shift is an integer of up to 32 bits, got {shift.name}",
            otherwise="choose shift uint5 or none",
        )
    if unit.multiplier is not None and unit.multiplier.bits > 32:
        raise DesignError(f"a multiplier has up to 32 bits, got {unit.multiplier.name}")
    if isinstance(unit.result, Integer) and unit.result.bits > WIDEST_RESULT:
        raise DesignError(
            f"an integer result has up to {WIDEST_RESULT} bits, got {unit.result.name}"
        )


def _check_sums(unit: Requantize) -> None:
    sums = unit.sums
    if isinstance(sums, Integer) and sums.bits <= WIDEST_SUM:
        return
    if isinstance(sums, Minifloat):
        full = sums.signed and sums.has_zero and sums.has_nan and sums.has_inf
        if full and 5 <= sums.exponent_width <= 8 and sums.bits <= 32:
            return
    raise DesignError(
        f"sums are integers of up to {WIDEST_SUM} bits, or fp32, bf16 or fp16, got {sums.name}"
    )


def _check_bias(unit: Requantize) -> None:
    bias = unit.bias
    if bias is None or bias.bits <= 32 and isinstance(bias, Minifloat if unit.floats else Integer):
        if not unit.floats or bias is None or (bias.signed and bias.has_zero):
            return
    what, such = ("a signed float with zero", "fp32") if unit.floats else ("an integer", "int32")
    raise DesignError(
        f"a bias{' of float sums' * unit.floats} is {what} of up to 32 bits, got {bias.name}",
        otherwise=f"choose bias {such} or none",
    )


def check_ends(unit: Requantize) -> None:
    """Raise DesignError for a zero point, a clamp or a treatment of NaN that the result has not."""
    if unit.nan not in NANS:
        raise UnknownName("treatment of NaN", unit.nan, NANS)
    if isinstance(unit.result, Integer):
        _check_integers(unit, unit.result)
        return
    output_of(unit)  # which says what cannot be
    if unit.relu and unit.clamp and max(unit.clamp) < 0:
        raise DesignError(
            f"nothing is left between 0, where ReLU begins, and the clamp's {max(unit.clamp):g}: "
            "raise the clamp or leave relu out"
        )


def output_of(unit: Requantize) -> Output:
    """What becomes of a float result, as of an engine's output. Raises DesignError."""
    given = unit.clamp or None
    if given is not None and len(given) != 2:
        raise DesignError(f"clamp takes two bounds, low and high, got {list(given)}")
    clamp = (given[0], given[1]) if given else None
    return Output(format=unit.result, relu=unit.relu, clamp=clamp, nan=unit.nan)


def _check_integers(unit: Requantize, result: Integer) -> None:
    if unit.nan != "error":
        raise DesignError(
            f"nan = '{unit.nan}' is for float results without NaN, such as e2m1, got result "
            f"{result.name}, where NaN becomes the zero point: leave nan out"
        )
    if not result.low <= unit.zero <= result.high:
        raise DesignError(
            f"the zero point of {result.name} lies in {result.low} to {result.high}, got "
            f"{unit.zero}"
        )
    if unit.clamp and (
        len(unit.clamp) != 2
        or not all(type(end) is int for end in unit.clamp)
        or not result.low <= unit.clamp[0] <= unit.clamp[1] <= result.high
    ):
        raise DesignError(
            f"a clamp is the least and then the greatest integer of a result, both in "
            f"{result.low} to {result.high}, such as {max(result.low, 0)},{result.high}: got "
            f"{list(unit.clamp)}"
        )
    if unit.relu and unit.zero > unit.ends_of_result[1]:
        raise DesignError(
            f"nothing is left between the zero point {unit.zero}, where ReLU begins, and the "
            f"clamp's {unit.ends_of_result[1]}: raise the clamp or leave relu out"
        )


def in_ones(clamp: tuple[float, ...]) -> tuple[float, ...]:
    """A clamp with its whole numbers as integers, as integer results have them."""
    return tuple(
        int(end) if type(end) is float and abs(end) < inf and end == int(end) else end
        for end in clamp
    )
